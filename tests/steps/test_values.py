"""Small things that several steps use: certificates, tokens, the clock, late arrivals, facts."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from adapters.sandbox.people import PROVIDER
from steps.certificates import chain_holds, environment_of, identifier_of
from steps.clock import LARGEST_SKEW, check_clock
from steps.encryption_token import certificate_in
from steps.late_arrival import LATE_ARRIVAL, may_still_arrive
from steps.ports.registration import Actor, Contact, Contract
from steps.remembered import (
    chain_fact,
    chain_of,
    contact_fact,
    contact_of,
    contract_fact,
    contract_of,
    holder_actor,
    holder_name,
)
from tests.world.clock import START
from tests.world.keys import pooled_key
from tests.world.world import World, shared_card, shared_pki
from workflow.errors import ClockOffError
from workflow.ports import InDoubt

# --- certificates -----------------------------------------------------------------------------------------------------


def test_the_identifier_of_a_key_is_forty_hexadecimal_digits() -> None:
    identifier = identifier_of(pooled_key(0).public_key())

    assert len(identifier) == 40
    assert identifier == identifier.lower()
    assert bytes.fromhex(identifier) == x509.SubjectKeyIdentifier.from_public_key(pooled_key(0).public_key()).digest


@pytest.mark.parametrize(
    ("common", "environment"),
    [
        ("eHealth sandbox issuing CA 001", "sandbox"),
        ("Test-ZetesConfidens Private Trust PKI - eHealth issuing CA 001", "acceptance"),
        ("ZetesConfidens Private Trust PKI - eHealth issuing CA 001", "production"),
        ("ZETESCONFIDENS PRIVATE TRUST PKI - 002", "production"),
        ("Some other CA", None),
        ("Not a ZetesConfidens Private Trust PKI", None),
    ],
)
def test_the_issuer_tells_the_environment(common: str, environment: str | None) -> None:
    assert environment_of(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])) == environment


def test_a_chain_holds_when_each_issued_the_one_before() -> None:
    leaf, issuer, root = shared_card(PROVIDER).authentication.chain

    assert chain_holds((leaf, issuer, root))
    assert chain_holds((leaf,))
    assert not chain_holds((leaf, root))
    assert not chain_holds((issuer, leaf))
    assert not chain_holds((leaf, shared_pki().ehealth_issuing.certificate))


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def token() -> tuple[bytes, bytes]:
    """A token, and the certificate of the encryption key that it is for."""
    world = World()
    try:
        found = world.services.etk("SSIN", PROVIDER.ssin)
        assert found is not None
        return found, world.old_keystore.keys[1].chain[0].public_bytes(Encoding.DER)
    finally:
        world.close()


def test_a_token_holds_the_certificate_of_the_encryption_key(token: tuple[bytes, bytes]) -> None:
    etk, certificate = token

    assert certificate_in(etk) == certificate


def test_what_is_cut_or_longer_is_no_token(token: tuple[bytes, bytes]) -> None:
    etk, _ = token

    assert certificate_in(etk[:-1]) is None
    assert certificate_in(etk + b"\0") is None
    assert certificate_in(b"") is None


def test_another_cms_message_is_no_token() -> None:
    data = cms.ContentInfo({"content_type": "data", "content": b"certificate"}).dump()

    assert certificate_in(data) is None


def test_a_certificate_alone_is_no_token(token: tuple[bytes, bytes]) -> None:
    assert certificate_in(token[1]) is None


def test_a_token_around_a_certificate_of_an_unknown_version_is_none(token: tuple[bytes, bytes]) -> None:
    etk, _ = token
    version = bytes.fromhex("a003020102")

    assert certificate_in(etk.replace(version, version[:-1] + b"\7", 1)) is None


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_spoiled_token_is_none_or_holds_a_whole_certificate(token: tuple[bytes, bytes]) -> None:
    etk, _ = token
    for place in [*range(150), *range(150, len(etk), 37)]:
        for value in (0, 1, 0x30, 0x80, 0xFF):
            spoiled = etk[:place] + bytes([value]) + etk[place + 1 :]

            found = certificate_in(spoiled)

            assert found is None or x509.load_der_x509_certificate(found)


# --- moments ----------------------------------------------------------------------------------------------------------


def test_a_clock_may_be_off_by_five_minutes_and_no_more() -> None:
    check_clock(START, START + LARGEST_SKEW)
    check_clock(START + LARGEST_SKEW, START)

    with pytest.raises(ClockOffError):
        check_clock(START, START + LARGEST_SKEW + timedelta(seconds=1))
    with pytest.raises(ClockOffError):
        check_clock(START + LARGEST_SKEW + timedelta(seconds=1), START)


def test_a_message_may_arrive_late_for_some_minutes() -> None:
    intent = {"at": START.isoformat()}

    assert may_still_arrive(intent, START) == InDoubt(START + LATE_ARRIVAL)
    assert may_still_arrive(intent, START + LATE_ARRIVAL - timedelta(seconds=1)) == InDoubt(START + LATE_ARRIVAL)
    assert may_still_arrive(intent, START + LATE_ARRIVAL) is None


# --- facts ------------------------------------------------------------------------------------------------------------


def test_values_are_remembered_and_come_back() -> None:
    contact = Contact("zoe@example.org", "0470000000", None, "02 000 00 00")
    contract = Contract("CN=a", Actor("SSIN", "75031299943", "Exemple", "Zoé Élise"), {"fr": "<p>é</p>\r\n"})
    chain = shared_card(PROVIDER).signature.chain
    der = tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)

    assert contact_of({"contact": contact_fact(contact)}) == contact
    assert contract_of({"contract": contract_fact(contract)}) == contract
    assert chain_of(chain_fact(der)) == chain
    assert base64.b64decode(chain_fact(der)[0]) == der[0]


def test_the_holder_is_named_as_ehealth_and_as_people_want() -> None:
    facts = {"holder": {"ssin": "75031299943", "first_names": "Zoé Élise", "surname": "Exemple"}}

    assert holder_actor(facts) == Actor("SSIN", "75031299943", "Exemple", "Zoé Élise")
    assert holder_name(facts) == "Zoé Élise Exemple"
