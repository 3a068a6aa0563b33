"""A card for demonstrations and tests: a token of SoftHSM2, laid out like an identity card."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from steps.ports.signing import PrivateKey

if TYPE_CHECKING:
    import pkcs11

CONFIGURATION = "SOFTHSM2_CONF"
"""The variable of the environment that tells SoftHSM where its configuration is."""

LIBRARIES = (Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib64/softhsm/libsofthsm2.so"))
LABEL = "BELPIC"
_SO_PIN = "12345678"  # of a token that nobody but a demonstration believes


@dataclass(frozen=True, slots=True)
class Entry:
    """A key or a certificate, or both under one number; the numbers of a card are 2, 3, 4 and 6."""

    label: str
    number: int
    certificate: x509.Certificate | None = None
    key: PrivateKey | None = None


def find_library() -> Path | None:
    """The library of SoftHSM2, when it is installed with its tool."""
    places = [*LIBRARIES, *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]
    found = next((path.resolve() for path in places if path.exists()), None)
    return found if shutil.which("softhsm2-util") else None


def configure(folder: Path) -> Path:
    """Make a folder for tokens with its configuration; returns the configuration's path."""
    tokens, file = folder / "tokens", folder / "softhsm2.conf"
    tokens.mkdir(parents=True, mode=0o700)
    file.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
    return file


def make_token(pin: str) -> None:
    """Make an empty token, as the variable `CONFIGURATION` says. `pin` is a fictive one: it stands in an argument."""
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", pin, "--so-pin", _SO_PIN]
    subprocess.run(command, check=True, capture_output=True)


def write_card(folder: Path, library: Path, card: Path, pin: str) -> dict[str, str]:
    """Write a card of files (software.py) on a new token; returns the variables that other processes need to see it."""
    variables = {CONFIGURATION: str(configure(folder))}
    os.environ |= variables
    make_token(pin)
    import pkcs11

    [token] = [slot.get_token() for slot in pkcs11.lib(str(library)).get_slots() if slot.get_token().label == LABEL]
    fill(token, pin, _entries(card, pin))
    pkcs11.unload(str(library))
    return {**variables, "EHCERT_PKCS11_MODULE": str(library)}


def fill(token: pkcs11.Token, pin: str, entries: Iterable[Entry]) -> None:
    """Write keys and certificates with the labels and ids of the official middleware."""
    with token.open(rw=True, user_pin=pin) as session:
        for entry in entries:
            if entry.key is not None:
                session.create_object(_key(entry, entry.key))
            if entry.certificate is not None:
                session.create_object(_certificate(entry, entry.certificate))


def _entries(card: Path, pin: str) -> list[Entry]:
    entries, issuers = [], []
    for label, number in (("Authentication", 2), ("Signature", 3)):
        chain = x509.load_pem_x509_certificates((card / f"{label.lower()}-chain.pem").read_bytes())
        key = load_pem_private_key((card / f"{label.lower()}.pem").read_bytes(), pin.encode())
        entries.append(Entry(label, number, chain[0], key))  # type: ignore[arg-type]
        issuers = chain[1:3]
    return [*entries, *(Entry(*name, one) for name, one in zip((("CA", 4), ("Root", 6)), issuers, strict=True))]


def _certificate(entry: Entry, certificate: x509.Certificate) -> dict[Any, Any]:
    from pkcs11 import Attribute, CertificateType, ObjectClass

    return {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.LABEL: entry.label,
        Attribute.ID: _id(entry),
        Attribute.SUBJECT: certificate.subject.public_bytes(),
        Attribute.VALUE: certificate.public_bytes(Encoding.DER),
        Attribute.TOKEN: True,
        Attribute.PRIVATE: False,
    }


def _key(entry: Entry, key: PrivateKey) -> dict[Any, Any]:
    from pkcs11 import Attribute

    return {
        **_private(key),
        Attribute.LABEL: entry.label,
        Attribute.ID: _id(entry),
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.SIGN: True,
    }


def _private(key: PrivateKey) -> dict[Any, Any]:
    from asn1crypto.keys import ECDomainParameters, NamedCurve
    from pkcs11 import Attribute, KeyType, ObjectClass
    from pkcs11.util.rsa import decode_rsa_private_key

    if isinstance(key, rsa.RSAPrivateKey):
        der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        decoded: dict[Any, Any] = decode_rsa_private_key(der)
        return decoded
    return {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.EC_PARAMS: ECDomainParameters("named", NamedCurve(key.curve.name)).dump(),
        Attribute.VALUE: key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big"),
    }


def _id(entry: Entry) -> bytes:
    """The official middleware's CKA_ID: a C long."""
    return entry.number.to_bytes(8, "little")
