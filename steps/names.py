"""Distinguished names of eHealth: read whatever their order, and written as eHealth's own client writes them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

_IDENTITY = re.compile(r"([A-Z][A-Z0-9_-]*)=([0-9]+)")
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_ATTRIBUTES = {"CN": NameOID.COMMON_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "O": NameOID.ORGANIZATION_NAME}
_ATTRIBUTES |= {"C": NameOID.COUNTRY_NAME}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose certificate it is."""

    identifier_type: str
    identifier: str
    application_id: str | None


def subject_of(name: x509.Name) -> Subject | None:
    """Whose certificate a name belongs to, or None when it is not one of eHealth (PROTOCOL §9.1).

    The order and the string types differ between the years, so only the parts are looked at.
    """
    units = [str(a.value) for a in name.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    common = [str(a.value) for a in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
    for unit in units:
        match = _IDENTITY.fullmatch(unit)
        if match and len(common) == 1 and common[0].startswith(unit):
            application = common[0].removeprefix(unit).removeprefix(",").strip()
            return Subject(match[1], match[2], application or None)
    return None


def parse_dn(text: str) -> x509.Name:
    """The name of a string such as 'CN=SSIN\\=…,OU=…,C=BE', most specific first (PROTOCOL §9.1).

    In DER the order is reversed. '=' inside a value may be escaped or not. Printable strings where the characters
    allow, UTF-8 otherwise. Raises ValueError for anything else.
    """
    attributes = []
    for part in _split(text):
        key, found, value = part.partition("=")
        oid = _ATTRIBUTES.get(key.strip().upper())
        if not found or oid is None or not value:
            raise ValueError(f"cannot read the part {key.strip()!r} of the name")
        attributes.append(_attribute(oid, value))
    return x509.Name(reversed(attributes))


def foreigner_name(surname: str, first_names: str) -> str:
    """The names of a person without a card as his certificate has them: surname first, upper case, without accents.

    Letters that do not decompose stay (PROTOCOL §9.1).
    """
    decomposed = unicodedata.normalize("NFD", f"{surname} {first_names}".strip().upper())
    return re.sub("[\u0300-\u036f]", "", decomposed)


def foreigner_dn(ssin: str, surname: str, first_names: str) -> str:
    """The name of a certificate for a person without a card, for whom eHealth makes no contract (PROTOCOL §9.1)."""
    name = re.sub(r"([\\,=])", r"\\\1", foreigner_name(surname, first_names))
    identity = f"SSIN\\={ssin}"
    return f"CN={identity},OU=eHealth-platform Belgium,OU={name},OU={identity},O=Federal Government,C=BE"


def _split(text: str) -> list[str]:
    """Split at commas that are not escaped, and remove the escapes."""
    parts, escaped = [""], False
    for character in text:
        if escaped or character not in "\\,":
            parts[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append("")
    return [part.strip() for part in parts]


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    printable = _ASN1Type.PrintableString if _PRINTABLE.fullmatch(value) else _ASN1Type.UTF8String
    return x509.NameAttribute(oid, value, _type=printable)
