"""Invented people with identity cards: a small PKI with the shape of the Belgian one."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

from steps.ports.card import PinEntry
from workflow.errors import CardError

PIN = "4711"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
READER = "Fictive Reader 00 00"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Pair:
    """A private key of a card with its certificates, leaf first."""

    key: Key
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class Person:
    """The holder of a test card; `signature` is missing on a card that is not fully active."""

    ssin: str
    first_names: str
    surname: str
    authentication: Pair
    signature: Pair | None


@dataclass(frozen=True)
class Pki:
    """Root and Citizen CA."""

    root: Pair
    citizen: Pair

    def person(
        self, ssin: str, first_names: str, surname: str, keys: tuple[Key, Key], until: datetime | None = None
    ) -> Person:
        """Somebody with both certificates, until next year when no end is given."""
        until = until or NOW + timedelta(days=400)
        made = [
            self._leaf(ssin, first_names, surname, purpose, key, until)
            for purpose, key in zip(("Authentication", "Signature"), keys, strict=True)
        ]
        return Person(ssin, first_names, surname, made[0], made[1])

    def _leaf(self, ssin: str, first_names: str, surname: str, purpose: str, key: Key, until: datetime) -> Pair:
        first = first_names.split(" ")[0]
        subject = {
            NameOID.COUNTRY_NAME: "BE",
            NameOID.COMMON_NAME: f"{first} {surname} ({purpose})".strip(),
            NameOID.SURNAME: surname,
            NameOID.GIVEN_NAME: first_names,
            NameOID.SERIAL_NUMBER: ssin,
        }
        usage = key_usage(digital_signature=purpose == "Authentication", content_commitment=purpose == "Signature")
        attributes = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject.items() if value])
        certificate = issue(attributes, key, self.citizen, until, usage)
        return Pair(key, (certificate, *self.citizen.chain))


def make_pki() -> Pki:
    """A Root CA and a Citizen CA under it."""
    end = NOW + timedelta(days=3000)
    usage = key_usage(key_cert_sign=True, crl_sign=True)
    root_key = ec.generate_private_key(ec.SECP384R1())
    root_name = name("Belgium Root CA (test)")
    root = Pair(root_key, (issue(root_name, root_key, None, end, usage),))
    citizen_key = ec.generate_private_key(ec.SECP384R1())
    citizen = issue(name("Citizen CA (test)"), citizen_key, root, end, usage)
    return Pki(root, Pair(citizen_key, (citizen, *root.chain)))


def issue(subject: x509.Name, key: Key, issuer: Pair | None, until: datetime, usage: x509.KeyUsage) -> x509.Certificate:
    """A certificate of ten years; without an issuer it signs itself."""
    constraints = x509.BasicConstraints(ca=usage.key_cert_sign, path_length=None)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.chain[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=3650))
        .not_valid_after(until)
        .add_extension(constraints, critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )


def name(common_name: str) -> x509.Name:
    """The name of an authority."""
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def key_usage(**wanted: bool) -> x509.KeyUsage:
    """Only the usages that are named."""
    usages = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    return x509.KeyUsage(**{usage: wanted.get(usage, False) for usage in usages})


def write_software_card(cards: Path, serial: str, person: Person, **state: object) -> Path:
    """The folder of a software card as the sandbox writes it."""
    folder = cards / serial
    folder.mkdir(parents=True)
    card = {"serial": serial, "reader": READER, "attempts_left": 3, "inserted": True} | state
    (folder / "card.json").write_text(json.dumps(card))
    for purpose, pair in (("authentication", person.authentication), ("signature", person.signature)):
        if pair is None:
            continue
        pem = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PIN.encode()))
        (folder / f"{purpose}.pem").write_bytes(pem)
        chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in pair.chain)
        (folder / f"{purpose}-chain.pem").write_bytes(chain)
    return folder


def change_software_card(folder: Path, **state: object) -> None:
    """Write other values in `card.json`, as somebody who moves the card."""
    file = folder / "card.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | state))


def without_signature(person: Person) -> Person:
    """The same person with a card that is not fully active."""
    return replace(person, signature=None)


class Attending:
    """A person at the card who agrees to spend the last try, unless `refuses`; what was asked is counted."""

    def __init__(self, refuses: CardError | None = None) -> None:
        self.refuses = refuses
        self.last_tries = 0
        self.looked: list[PinEntry] = []

    def confirm_last_try(self) -> None:
        self.last_tries += 1
        if self.refuses is not None:
            raise self.refuses

    def pin_is_asked(self, entry: PinEntry) -> None:
        self.looked.append(entry)


class Asked:
    """A person who types PINs: the given ones, one after the other, the last one again and again."""

    def __init__(self, *pins: str) -> None:
        self._pins = list(pins or (PIN,))
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        return self._pins.pop(0) if len(self._pins) > 1 else self._pins[0]
