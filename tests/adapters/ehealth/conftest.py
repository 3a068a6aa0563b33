"""Signers, a far side and services that talk to it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from adapters.ehealth.client import EhealthServices
from adapters.ehealth.config import ServiceConfig
from steps.ports.registration import Actor, Contact, Contract
from steps.ports.signing import Signer
from tests.adapters.ehealth.far_side import running

NOW = datetime(2031, 3, 4, 9, 10, 11, 123456, tzinfo=UTC)
SCHEMAS = {
    "certra": "ehealth-certra-schema-protocol-2_0.xsd",
    "etkra": "ehealth-etkra-schema-protocol-2_0.xsd",
    "etkdepot": "ehealth-etkdepot-schema-protocol-1_0.xsd",
}


def make_signer(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, name: str) -> Signer:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return Signer(key, (certificate,))


@pytest.fixture(scope="session")
def authentication() -> Signer:
    return make_signer(rsa.generate_private_key(65537, 2048), "eHealth key of Zoé Élise Exemple")


@pytest.fixture(scope="session")
def rsa_card() -> Signer:
    return make_signer(rsa.generate_private_key(65537, 2048), "Zoé Élise Exemple (Signature)")


@pytest.fixture(scope="session")
def ec_card() -> Signer:
    return make_signer(ec.generate_private_key(ec.SECP384R1()), "Zoé Élise Exemple (Signature)")


@pytest.fixture(params=["rsa", "p384"])
def card(request: pytest.FixtureRequest, rsa_card: Signer, ec_card: Signer) -> Signer:
    return rsa_card if request.param == "rsa" else ec_card


@pytest.fixture
def far():
    with running() as far:
        yield far


def config_for(address: str, **changes: object) -> ServiceConfig:
    settings = {"contact": "zoe@example.org", "version": "0.1.0", "read_timeout": 5.0} | changes
    return ServiceConfig(
        certra=f"{address}/CertRa/v2", etkra=f"{address}/EtkRa/v2", etkdepot=f"{address}/EtkDepot/v1", **settings
    )


@pytest.fixture
def make_services(far) -> Callable[..., EhealthServices]:
    return lambda **changes: EhealthServices(config_for(far.address, **changes), now=lambda: NOW)


@pytest.fixture
def services(make_services) -> EhealthServices:
    return make_services()


@pytest.fixture
def person() -> Actor:
    return Actor("SSIN", "75031299943", "Exemple", "Zoé Élise")


@pytest.fixture
def contact() -> Contact:
    return Contact("zoe@example.org", "+32 470 00 00 00", phone_general="+32 2 000 00 00")


@pytest.fixture
def contract(person: Actor) -> Contract:
    dn = "CN=SSIN=75031299943,OU=eHealth-platform Belgium,C=BE"
    return Contract(dn, person, {"fr": "<p>Zoé\r\n  & moi</p>", "nl": "<p>ik</p>"})


@pytest.fixture(scope="session")
def official() -> Callable[[str, etree._Element], None]:
    """Validates an element against the official schemas of a service, which are not part of this project."""
    default = Path(__file__).parents[3] / "../shared/ehealth/schemas"
    folder = Path(os.environ.get("EHCERT_SCHEMAS", default))
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the official schemas are missing: set EHCERT_SCHEMAS")
        pytest.skip("the official schemas are missing: set EHCERT_SCHEMAS to their folder")
    connect = socket.socket.connect
    socket.socket.connect = _refuse_network  # type: ignore[method-assign,assignment]
    try:
        parser = etree.XMLParser(no_network=True)
        schemas = {
            service: etree.XMLSchema(etree.parse(str(folder / name), parser)) for service, name in SCHEMAS.items()
        }
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
    return lambda service, element: schemas[service].assertValid(element)


def _refuse_network(*_: object) -> None:
    raise AssertionError("a schema wanted to be fetched from the network")
