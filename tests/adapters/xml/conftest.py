"""Keys, certificates and a request for the tests of XML parsing and signing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from adapters.xml import names

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key with its chain, leaf first."""

    key: PrivateKey
    chain: tuple[x509.Certificate, ...]


def _certificate(subject: str, key: PrivateKey, issuer: str, issuer_key: PrivateKey) -> x509.Certificate:
    start = datetime(2031, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _identity(key: PrivateKey) -> Identity:
    authority = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Fictive Root", authority, "Fictive Root", authority)
    return Identity(key, (_certificate("Zoé Élise Exemple", key, "Fictive Root", authority), root))


@pytest.fixture(scope="session")
def rsa_identity() -> Identity:
    return _identity(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def other_rsa_identity() -> Identity:
    return _identity(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def p384_identity() -> Identity:
    return _identity(ec.generate_private_key(ec.SECP384R1()))


@pytest.fixture(params=["rsa", "p384"])
def identity(request: pytest.FixtureRequest, rsa_identity: Identity, p384_identity: Identity) -> Identity:
    return rsa_identity if request.param == "rsa" else p384_identity


@pytest.fixture
def make_request() -> Callable[[], etree._Element]:
    """Builds a fresh GetActorQualitiesRequest without a signature."""

    def build() -> etree._Element:
        request = etree.Element(
            f"{{{names.CERTRA}}}GetActorQualitiesRequest",
            {"Id": "_5c0ffee0-0000-4000-8000-000000000001", "IssueInstant": "2031-03-04T09:10:11Z"},
            nsmap={"r": names.CERTRA},
        )
        ssin = etree.SubElement(request, f"{{{names.CERTRA}}}SSIN", Type="SSIN")
        ssin.text = "75031299943"
        return request

    return build
