"""The clients and the sandbox, each written from the protocol alone, understand each other over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from adapters.ehealth.client import EhealthServices
from adapters.sandbox.desk import DELIVERY_DELAY, Rules
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import HOSPITAL, MANAGER, PROVIDER, STRANGER, Person
from adapters.sandbox.pki import Pki
from adapters.sandbox.wsgi import listening
from steps.ports.registration import (
    Actor,
    CertificateStatus,
    Contact,
    Delivered,
    EtkStatus,
    NotYetDelivered,
    RevocationReason,
)
from steps.ports.signing import Signer
from tests.adapters.ehealth.conftest import NOW, config_for
from workflow.errors import RefusedError

pytestmark = pytest.mark.soap
CONTACT = Contact("zoe@example.org", "+32 470 00 00 00", email_general="info@example.org")


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self):
        return self.moment


class Keys:
    """Makes a key, and remembers it for the next test."""

    def __init__(self) -> None:
        self.made: list[rsa.RSAPrivateKey] = []
        self.given = 0

    def make(self) -> rsa.RSAPrivateKey:
        if self.given == len(self.made):
            self.made.append(rsa.generate_private_key(65537, 2048))
        self.given += 1
        return self.made[self.given - 1]


class World:
    """A sandbox that listens, and services that talk to it."""

    def __init__(self, sandbox: Sandbox, clock: Clock, address: str) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.services = EhealthServices(config_for(address), clock.now)

    def wait(self, time: timedelta) -> None:
        self.clock.moment += time


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="module")
def pki(keys: Keys) -> Pki:
    return Pki.make(keys)


@pytest.fixture(params=[True, False], ids=["escaped DN", "plain DN"])
def world(request: pytest.FixtureRequest, keys: Keys, pki: Pki) -> Iterator[World]:
    clock = Clock()
    sandbox = Sandbox.in_memory(clock, keys, Rules(escaped_dn=request.param), pki)
    with listening(sandbox) as address:
        yield World(sandbox, clock, address)
    sandbox.close()


def actor_of(person: Person) -> Actor:
    return Actor("SSIN", person.ssin, person.surname, person.first_names)


def make_csr(key: rsa.RSAPrivateKey, actor: Actor, name: str, application: str | None = None) -> bytes:
    value = f"{actor.identifier_type}={actor.identifier}"
    units = [*([application] if application else []), value, name, "eHealth-platform Belgium"]
    common = f"{value}, {application}" if application else value
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Federal Government"),
        ]
        + [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
        + [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.DER)


def make_encryption_certificate(challenge: bytes, key: rsa.RSAPrivateKey, authentication: Signer) -> bytes:
    """PROTOCOL §11.2, steps 3 and 4."""
    secret = key.decrypt(challenge[:-32], padding.PKCS1v15())[:16]
    assert hashlib.sha256(secret).digest() == challenge[-32:]
    own = authentication.certificate
    others = "digital_signature content_commitment key_agreement key_cert_sign crl_sign encipher_only decipher_only"
    usage = dict.fromkeys(others.split(), False)
    return (
        x509.CertificateBuilder()
        .subject_name(own.subject)
        .issuer_name(own.subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(secret, "big"))
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
        .add_extension(x509.KeyUsage(key_encipherment=True, data_encipherment=True, **usage), critical=True)
        .sign(authentication.private_key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_whole_renewal(kind, world, keys):
    services, person = world.services, actor_of(PROVIDER)
    world.sandbox.enrol(PROVIDER, timedelta(days=30))
    old_token = services.etk("SSIN", PROVIDER.ssin)
    card = world.sandbox.make_card(PROVIDER, kind)
    key, encryption_key = keys.make(), keys.make()

    assert services.qualities(PROVIDER.ssin, card.authentication).care_provider
    assert [info.replaceable for info in services.certificates_of_citizen(card.authentication)] == [True]
    contract = services.contract(CONTACT, person, person)
    csr = make_csr(key, person, "ZOE ELISE EXEMPLE")
    submitted = services.submit(services.sign_certificate_request(csr, CONTACT, contract, card.signature))
    assert submitted.replaces is not None
    assert services.certificate(submitted.public_key_identifier) == NotYetDelivered()
    world.wait(DELIVERY_DELAY + timedelta(minutes=1))
    delivered = services.certificate(submitted.public_key_identifier)
    assert isinstance(delivered, Delivered)
    authentication = Signer(key, tuple(x509.load_der_x509_certificate(der) for der in delivered.chain))
    assert authentication.certificate.public_key() == key.public_key()

    info = services.certificate_info(authentication)
    assert (info.public_key_identifier, info.status) == (
        submitted.public_key_identifier,
        CertificateStatus.VALID_ACTIVE,
    )
    assert (info.etk_status, info.contact, info.actor) == (EtkStatus.NOT_REQUESTED, CONTACT, person)
    public_key = encryption_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    challenge = services.start_etk(public_key, authentication)
    certificate = make_encryption_certificate(challenge, encryption_key, authentication)
    registered = services.complete_etk(services.sign_etk_completion(certificate, authentication))
    assert registered.to_be_activated
    assert services.certificate_info(authentication).etk_status is EtkStatus.WAIT_FOR_ACTIVATION
    assert services.etk("SSIN", PROVIDER.ssin) == old_token
    services.activate_etk(services.sign_etk_activation(authentication))

    assert services.certificate_info(authentication).etk_status is EtkStatus.VALID_ACTIVE
    assert services.etk("SSIN", PROVIDER.ssin) == registered.etk != old_token
    assert set(world.sandbox.authority.accepted_counts().values()) == {1}


def test_a_certificate_of_an_organization(world, keys):
    services, manager = world.services, actor_of(MANAGER)
    card = world.sandbox.make_card(MANAGER)
    (hospital,) = services.qualities(MANAGER.ssin, card.authentication).organizations
    actor = Actor(hospital.identifier_type, hospital.identifier, hospital.names["fr"])

    contract = services.contract(CONTACT, manager, actor, "APP-1")
    csr = make_csr(keys.make(), actor, "HOPITAL EXEMPLE", "APP-1")
    submitted = services.submit(services.sign_certificate_request(csr, CONTACT, contract, card.signature))

    assert hospital.identifier == HOSPITAL.identifier
    assert submitted.replaces is None


def test_a_revocation(world):
    services, person = world.services, actor_of(PROVIDER)
    world.sandbox.enrol(PROVIDER, timedelta(days=300))
    card = world.sandbox.make_card(PROVIDER)
    (before,) = services.certificates_of_citizen(card.authentication)

    contract = services.revocation_contract(before.public_key_identifier, person, RevocationReason.SUPERSEDED)
    services.revoke(services.sign_revocation(before.public_key_identifier, contract, card.signature))

    (after,) = services.certificates_of_citizen(card.authentication)
    assert (before.revocable, before.status) == (True, CertificateStatus.VALID_ACTIVE)
    assert (after.revocable, after.status, after.etk_status) == (
        False,
        CertificateStatus.REVOKED,
        EtkStatus.REVOKED,
    )
    assert services.etk("SSIN", PROVIDER.ssin) is None


def test_organisations_and_their_application_ids(world):
    world.sandbox.enrol(MANAGER, organization=HOSPITAL)
    world.sandbox.enrol(MANAGER, organization=HOSPITAL, application_id="APP-1")

    types = {known.identifier_type: known for known in world.services.organization_types()}
    ids = world.services.application_ids(HOSPITAL.identifier_type, HOSPITAL.identifier)

    assert types["NIHII-HOSPITAL"].pattern == "[0-9]{8}"
    assert types["SITE"].check_digits == ()
    assert set(ids) == {None, "APP-1"}


def test_a_foreigner_without_a_card(world, keys):
    services, person = world.services, Actor("SSIN", "75431299932", "Beispiel", "Anna")
    csr = make_csr(key := keys.make(), person, "BEISPIEL ANNA")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()

    to_confirm = services.submit_foreign_request(services.make_foreign_request(person, CONTACT, csr))
    waiting = services.certificate(identifier)
    world.sandbox.authority.confirm_foreigner(to_confirm.address)
    world.wait(DELIVERY_DELAY + timedelta(minutes=1))

    assert to_confirm.until > world.clock.now() - DELIVERY_DELAY
    assert waiting == NotYetDelivered()
    assert isinstance(services.certificate(identifier), Delivered)


def test_the_same_bytes_again_do_not_make_a_second_request(world, keys):
    services, person = world.services, actor_of(PROVIDER)
    card = world.sandbox.make_card(PROVIDER)
    contract = services.contract(CONTACT, person, person)
    csr = make_csr(keys.make(), person, "ZOE ELISE EXEMPLE")
    message = services.sign_certificate_request(csr, CONTACT, contract, card.signature)

    first, second = services.submit(message), services.submit(message)

    assert first == second
    assert list(world.sandbox.authority.accepted_counts().values()) == [1]


def test_the_wrong_card_is_refused(world):
    card = world.sandbox.make_card(STRANGER)

    with pytest.raises(RefusedError) as caught:
        world.services.qualities(PROVIDER.ssin, card.authentication)

    assert caught.value.refusal_code.startswith("SIM_")


def test_an_unknown_identifier_is_refused(world):
    with pytest.raises(RefusedError):
        world.services.certificate("00" * 20)


def test_nobody_has_no_token(world):
    assert world.services.etk("SSIN", STRANGER.ssin) is None


def test_the_time_is_the_sandboxs(world):
    world.wait(timedelta(days=100))

    assert world.services.service_time() == (NOW + timedelta(days=100)).replace(microsecond=0)
