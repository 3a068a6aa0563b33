"""Software cards: what a fictive person's identity card holds, in memory and as a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.sandbox.clock import add_months
from adapters.sandbox.files import private_folder, write_json, write_whole
from adapters.sandbox.people import Person
from adapters.sandbox.pki import Pki, RandomBytes
from steps.ports.keys import KeyMaker
from steps.ports.signing import PrivateKey, Signer

CardKind = Literal["rsa", "ec"]
READER: Final = "Sandbox reader"
PIN_TRIES: Final = 3
LIFE_MONTHS: Final = 120
_AGE_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class SoftwareCard:
    """A card: its serial number (sixteen hexadecimal digits) and its two keys with their chains."""

    serial: str
    authentication: Signer = field(repr=False)
    signature: Signer = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardFolder:
    """A card that was written to a folder."""

    path: Path
    serial: str


def make_card(
    pki: Pki, person: Person, keys: KeyMaker, now: datetime, random_bytes: RandomBytes, kind: CardKind = "rsa"
) -> SoftwareCard:
    """A card that is one year old and lives ten: RSA 2048 (applet 1.7) or EC P-384 (applet 1.8)."""
    start = add_months(now.replace(microsecond=0), -_AGE_MONTHS)
    valid = (start, add_months(start, LIFE_MONTHS))

    def signer(*, signature: bool) -> Signer:
        key: PrivateKey = keys.make() if kind == "rsa" else ec.generate_private_key(ec.SECP384R1())
        serial = int.from_bytes(b"\x10" + random_bytes(15), "big")
        leaf = pki.issue_citizen(
            _subject(person, signature=signature), key.public_key(), valid, serial, signature=signature
        )
        return Signer(key, (leaf, pki.citizen_ca.certificate, pki.belgium_root.certificate))

    return SoftwareCard(random_bytes(8).hex().upper(), signer(signature=False), signer(signature=True))


def write_card(folder: Path, card: SoftwareCard, pin: str) -> CardFolder:
    """Write a card below this folder: keys encrypted with the PIN, chains leaf first, and `card.json` last."""
    path = private_folder(folder / card.serial)
    for name, signer in (("authentication", card.authentication), ("signature", card.signature)):
        encryption = BestAvailableEncryption(pin.encode())
        write_whole(
            path / f"{name}.pem", signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        )
        chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in signer.chain)
        write_whole(path / f"{name}-chain.pem", chain)
    state = {"serial": card.serial, "reader": READER, "attempts_left": PIN_TRIES, "inserted": True}
    write_json(path / "card.json", state)
    return CardFolder(path, card.serial)


def _subject(person: Person, *, signature: bool) -> x509.Name:
    purpose = "Signature" if signature else "Authentication"
    first = person.first_names.split()[0]
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{first} {person.surname} ({purpose})"),
            x509.NameAttribute(NameOID.SURNAME, person.surname),
            x509.NameAttribute(NameOID.GIVEN_NAME, person.first_names),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, person.ssin),
        ]
    )
