"""Distinguished names of eHealth certificates (PROTOCOL §9.1): made, read and compared by meaning."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

Attributes = tuple[tuple[str, str], ...]
"""Attribute names and values, sorted: two names with the same ones mean the same, whatever their order."""

PLATFORM = "eHealth-platform Belgium"
ORGANIZATION = "Federal Government"
COUNTRY = "BE"
APPLICATION_ID = re.compile(r"[0-9A-Z_-]{1,30}")

_IDENTIFIER = re.compile(r"([A-Z0-9_-]+)=([0-9]+)")
_SHORT = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.COUNTRY_NAME: "C",
    NameOID.SERIAL_NUMBER: "SERIALNUMBER",
    NameOID.SURNAME: "SN",
    NameOID.GIVEN_NAME: "GN",
}
_OIDS = {short: oid for oid, short in _SHORT.items()}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a distinguished name says: whose certificate it is."""

    identifier_type: str
    identifier: str
    name: str
    application_id: str | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The attributes, most specific first."""
        identifier = f"{self.identifier_type}={self.identifier}"
        common = identifier if self.application_id is None else f"{identifier}, {self.application_id}"
        application = [] if self.application_id is None else [("OU", self.application_id)]
        units = [("OU", PLATFORM), ("OU", self.name), ("OU", identifier), *application]
        return [("CN", common), *units, ("O", ORGANIZATION), ("C", COUNTRY)]

    @property
    def attributes(self) -> Attributes:
        """The attributes for comparing."""
        return tuple(sorted(self.pairs))

    def text(self, *, escaped: bool = True) -> str:
        """The string form; `escaped` also escapes the equals sign inside values."""
        return ",".join(f"{short}={_escape(value, equals=escaped)}" for short, value in self.pairs)

    def x509_name(self) -> x509.Name:
        """The name for a certificate: country first, UTF8String except the country."""
        return x509.Name([x509.NameAttribute(_OIDS[short], value) for short, value in reversed(self.pairs)])


def subject_of(attributes: Attributes) -> Subject | None:
    """Read a name by meaning; None when it is not the name of an eHealth certificate."""
    common = next((value for short, value in attributes if short == "CN"), "")
    units = [value for short, value in attributes if short == "OU" and value != PLATFORM]
    found = next((match for unit in units if (match := _IDENTIFIER.fullmatch(unit))), None)
    if found is None:
        return None
    units.remove(found[0])
    application_id = common.removeprefix(f"{found[0]}, ") if common != found[0] else None
    if application_id in units:
        units.remove(application_id)
    if len(units) != 1:
        return None
    subject = Subject(found[1], found[2], units[0], application_id)
    return subject if subject.attributes == attributes else None


def parse(text: str) -> Attributes:
    r"""Read a string form, with `=` inside values escaped (``SSIN\=…``) or not.

    Raises ValueError when it is not a distinguished name.
    """
    pairs = []
    for part in _split(text):
        short, equals, value = part.strip().partition("=")
        if not equals or not short:
            raise ValueError("not a distinguished name")
        pairs.append((short.strip().upper(), _unescape(value)))
    return tuple(sorted(pairs))


def attributes_of(name: x509.Name) -> Attributes:
    """The attributes of a name in a certificate or a request."""
    return tuple(sorted((_SHORT.get(part.oid, part.oid.dotted_string), str(part.value)) for part in name))


def rfc2253(name: x509.Name) -> str:
    """The string form of a certificate's name, most specific first, as key stores use it for aliases."""
    parts = [(_SHORT.get(part.oid, part.oid.dotted_string), str(part.value)) for part in name]
    return ",".join(f"{short}={_escape(value, equals=True)}" for short, value in reversed(parts))


def plain(name: str) -> str:
    """A name as it stands in a distinguished name: upper case, without accents."""
    decomposed = unicodedata.normalize("NFD", name.upper())
    return re.sub("[\u0300-\u036f]", "", decomposed)


def _escape(value: str, *, equals: bool) -> str:
    escaped = re.sub(r'([,+"\\<>;=])' if equals else r'([,+"\\<>;])', r"\\\1", value)
    return f"\\{escaped}" if escaped.startswith(("#", " ")) else escaped


def _split(text: str) -> list[str]:
    """The parts between commas that are not escaped."""
    return re.findall(r"(?:[^,\\]|\\.)+", text, flags=re.DOTALL)


def _unescape(value: str) -> str:
    """Undo escapes: a backslash before a sign, or before the two hexadecimal digits of a UTF-8 byte."""
    raw = bytearray()
    for escape in re.finditer(r"\\([0-9A-Fa-f]{2})|\\(.)|([^\\]+)", value.strip(), flags=re.DOTALL):
        hexadecimal, sign, plain_text = escape.groups()
        raw += bytes.fromhex(hexadecimal) if hexadecimal else (sign or plain_text).encode()
    return raw.decode("utf-8")
