"""Certificates and keystores for the keystore tests; every person in them is made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapters.keystore.writing import Rounds
from steps.ports.keystore import Keystore

NOW = datetime(2031, 3, 4, 9, 10, 11, tzinfo=UTC)
FEW = Rounds(parts=10, checksum=10)
PASSWORD = "geheim-1234"
SERIAL = 31415926535897932384626433832795028841


def name(common: str) -> x509.Name:
    parts = {
        NameOID.COUNTRY_NAME: "BE",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "SSIN=75031299943",
        NameOID.COMMON_NAME: common,
    }
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts.items()])


def issue(
    subject: str, private_key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, serial: int = 7
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(private_key.public_key())
        .serial_number(serial)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=365))
        .sign(issuer_key, hashes.SHA256())
    )


def content(keystore: Keystore) -> object:
    """A keystore as a value that can be compared."""
    return [(one.alias, one.private_key.private_numbers(), one.chain) for one in keystore.keys], keystore.certificates
