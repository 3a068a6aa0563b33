"""Looking whether the certificate was delivered, and whether it is the right one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from adapters.sandbox.people import COLLEAGUE, SCRUTINIZED
from steps.ports.registration import Delivered
from tests.world.bench import Bench, altered, with_fact
from tests.world.wire import Fault
from tests.world.world import shared_card
from workflow.definition import STAY
from workflow.errors import CertificateNotYetValidError, EhealthNoAnswerError, RefusedError, WrongCertificateError
from workflow.forms import PIN

DAY = timedelta(days=1)


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("awaiting_delivery")


@pytest.fixture
def by_hand(bench_at: Callable[..., Bench]) -> Bench:
    """A request that a person at eHealth must look at."""
    return bench_at("awaiting_validation", person=SCRUTINIZED)


def test_before_delivery_there_is_nothing_yet(bench: Bench) -> None:
    outcome = bench.run()

    assert outcome.trigger == STAY
    assert outcome.learned == {}
    assert bench.world.person.asked == []


def test_a_delivered_certificate_is_kept_with_its_chain(bench: Bench) -> None:
    bench.world.clock.move(2 * DAY)

    outcome = bench.run()

    assert outcome.trigger == "delivered"
    certificate = outcome.learned["certificate"]
    assert len(certificate["chain"]) == 2
    assert certificate["fetched_at"] == bench.world.clock.now().isoformat()
    assert datetime.fromisoformat(certificate["valid_until"]) > bench.world.clock.now() + 365 * DAY


def test_what_a_person_must_look_at_is_not_delivered_by_itself(by_hand: Bench) -> None:
    by_hand.world.clock.move(30 * DAY)

    assert by_hand.run().trigger == STAY


def test_what_was_approved_by_hand_is_delivered(by_hand: Bench) -> None:
    by_hand.world.authority.approve(by_hand.facts["key"]["public_key_identifier"])
    by_hand.world.clock.move(2 * DAY)

    assert by_hand.run().trigger == "delivered"


def test_what_was_refused_by_hand_is_known_with_the_card(by_hand: Bench) -> None:
    by_hand.world.authority.refuse(by_hand.facts["key"]["public_key_identifier"])

    outcome = by_hand.run()

    assert outcome.trigger == "refused"
    assert outcome.learned["refusal"]["code"] == "SIM_REQUEST_REFUSED"


def test_without_the_card_a_refusal_is_only_said(by_hand: Bench) -> None:
    by_hand.world.authority.refuse(by_hand.facts["key"]["public_key_identifier"])
    by_hand.world.cards.remove()

    with pytest.raises(RefusedError) as raised:
        by_hand.run()

    assert raised.value.refusal_code == "SIM_REQUEST_REFUSED"


def test_with_a_wrong_pin_a_refusal_is_only_said(by_hand: Bench) -> None:
    by_hand.world.authority.refuse(by_hand.facts["key"]["public_key_identifier"])
    by_hand.world.person.secrets[PIN] = "0000"

    with pytest.raises(RefusedError):
        by_hand.run()


def test_a_refused_question_about_a_request_that_stands_is_only_said(bench: Bench) -> None:
    refusal = RefusedError(refusal_code="SIM_NO", refusal="No.")

    def refuse(identifier: str) -> object:
        raise refusal

    bench.authority = altered(bench.world.services, certificate=refuse)

    with pytest.raises(RefusedError) as raised:
        bench.run()

    assert raised.value is refusal


def test_without_an_answer_it_stops(bench: Bench) -> None:
    bench.world.wire.fail(Fault.REQUEST_LOST)

    with pytest.raises(EhealthNoAnswerError):
        bench.run()


# --- a certificate that is not the right one --------------------------------------------------------------------------


class Forger:
    """Makes certificates that differ from the right one in one thing."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pki = bench.world.sandbox.pki
        keystore = bench.world.new_keystore()
        assert keystore is not None
        self.key = keystore.keys[0].private_key.public_key()
        self.subject = bench.world.old_keystore.keys[0].chain[0].subject

    def issue(
        self,
        *,
        key: rsa.RSAPublicKey | None = None,
        subject: x509.Name | None = None,
        starts: timedelta = timedelta(0),
        lives: timedelta = 900 * DAY,
    ) -> x509.Certificate:
        now = self.bench.world.clock.now().replace(microsecond=0)
        return self.pki.issue_authentication(
            subject or self.subject, key or self.key, (now + starts, now + starts + lives), 4711
        )

    def deliver(self, *chain: x509.Certificate | bytes) -> None:
        given = tuple(c if isinstance(c, bytes) else c.public_bytes(Encoding.DER) for c in chain)
        self.bench.authority = altered(self.bench.world.services, certificate=lambda key: Delivered(given))


def good(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    return (forger.issue(), forger.pki.ehealth_issuing.certificate)


def of_another_key(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    other = forger.bench.world.keys.make().public_key()
    return (forger.issue(key=other), forger.pki.ehealth_issuing.certificate)


def of_another_person(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    subject = forger.bench.world.sandbox.enrol(COLLEAGUE).keys[0].chain[0].subject
    return (forger.issue(subject=subject), forger.pki.ehealth_issuing.certificate)


def of_nobody(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    subject = forger.pki.etk_ra.certificate.subject
    return (forger.issue(subject=subject), forger.pki.ehealth_issuing.certificate)


def with_another_chain(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    return (forger.issue(), forger.pki.citizen_ca.certificate)


def in_the_wrong_order(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    return (forger.pki.ehealth_issuing.certificate, forger.issue())


def alone(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    return (forger.issue(),)


def already_ended(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    return (forger.issue(starts=-10 * DAY, lives=9 * DAY), forger.pki.ehealth_issuing.certificate)


def unreadable(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    return (b"nonsense", forger.pki.ehealth_issuing.certificate)


def of_an_unknown_version(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    version = bytes.fromhex("a003020102")
    der = forger.issue().public_bytes(Encoding.DER)
    return (der.replace(version, version[:-1] + b"\7"), forger.pki.ehealth_issuing.certificate)


def with_an_unknown_kind_of_key(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    kind = bytes.fromhex("06092a864886f70d010101")  # rsaEncryption
    der = forger.issue().public_bytes(Encoding.DER)
    return (der.replace(kind, kind[:-1] + b"\x7f"), forger.pki.ehealth_issuing.certificate)


def of_another_environment(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    key = forger.bench.world.keys.make()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test-ZetesConfidens Private Trust PKI - 001")])
    now = forger.bench.world.clock.now()
    issuer = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - DAY, now + 900 * DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    issuing = replace(forger.pki.ehealth_issuing, private_key=key, certificate=issuer)
    forger.pki = replace(forger.pki, ehealth_issuing=issuing)
    return (forger.issue(), issuer)


def not_for_signing_in(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    client_authentication, server_authentication = (bytes.fromhex(f"06082b0601050507030{n}") for n in (2, 1))
    der = forger.issue().public_bytes(Encoding.DER).replace(client_authentication, server_authentication)
    inside = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    signature = forger.pki.ehealth_issuing.private_key.sign(inside, padding.PKCS1v15(), hashes.SHA256())
    return (der[: -len(signature)] + signature, forger.pki.ehealth_issuing.certificate)


def of_the_card(forger: Forger) -> Sequence[x509.Certificate | bytes]:
    return shared_card(forger.bench.world.holder).authentication.chain


def test_the_forger_can_make_a_good_one(bench: Bench) -> None:
    forger = Forger(bench)
    forger.deliver(*good(forger))

    assert bench.run().trigger == "delivered"


def test_a_certificate_that_is_not_valid_yet_is_waited_for(bench: Bench) -> None:
    forger = Forger(bench)
    forger.deliver(forger.issue(starts=DAY), forger.pki.ehealth_issuing.certificate)

    with pytest.raises(CertificateNotYetValidError):
        bench.run()


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        (of_another_key, "another key"),
        (of_another_person, "another person"),
        (of_nobody, "another person"),
        (with_another_chain, "chain"),
        (in_the_wrong_order, "another key"),
        (alone, "chain"),
        (already_ended, "already ended"),
        (unreadable, "cannot be read"),
        (of_an_unknown_version, "cannot be read"),
        (with_an_unknown_kind_of_key, "cannot be read"),
        (of_another_environment, "another environment"),
        (not_for_signing_in, "not for signing in"),
        (of_the_card, "another key"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_another_certificate_is_not_installed(
    bench: Bench, forged: Callable[[Forger], Sequence[x509.Certificate | bytes]], reason: str
) -> None:
    forger = Forger(bench)
    forger.deliver(*forged(forger))

    with pytest.raises(WrongCertificateError, match=reason):
        bench.run()


# --- of organisations -------------------------------------------------------------------------------------------------


@pytest.fixture
def hospital(bench_on: Callable[..., Bench]) -> Bench:
    """The request for the application APP-1 of a hospital, when its certificate is delivered."""
    bench: Bench = bench_on("request for an organisation", "awaiting_delivery")
    bench.world.clock.move(2 * DAY)
    return bench


def test_the_certificate_of_an_organisation_is_kept(hospital: Bench) -> None:
    assert hospital.run().trigger == "delivered"


@pytest.mark.parametrize("other", [{"application_id": None}, {"application_id": "APP-2"}, {"type": "NIHII-LABO"}])
def test_the_certificate_of_another_organisation_or_application_is_not_taken(
    hospital: Bench, other: dict[str, str | None]
) -> None:
    with_fact(hospital, "owner", **other)

    with pytest.raises(WrongCertificateError):
        hospital.run()
