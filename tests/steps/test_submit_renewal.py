"""Signing the request and sending it, once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox.people import COLLEAGUE, SCRUTINIZED
from steps.late_arrival import CLOCK_AHEAD, LATE_ARRIVAL
from tests.world.bench import Bench, altered, with_fact
from tests.world.keystores import MemoryKeystores
from tests.world.wire import Fault
from tests.world.world import NEW_PASSWORD, shared_card
from workflow.errors import (
    CardAbsentError,
    CardNotActiveError,
    ClockOffError,
    EhealthFaultError,
    EhealthNoAnswerError,
    EhealthNonsenseError,
    EhealthUnreachableError,
    KeystoreChangedError,
    KeystorePasswordError,
    NewKeystoreMissingError,
    PinBlockedError,
    WrongCardError,
    WrongPinError,
)
from workflow.forms import NEW_KEYSTORE_PASSWORD, PIN
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("submitting")


def lost(bench: Bench, fault: Fault) -> None:
    """Send, and get no answer."""
    bench.world.wire.fail(fault, "generateCertificate")
    with pytest.raises((EhealthNoAnswerError, EhealthNonsenseError, EhealthFaultError)):
        bench.send()


def test_the_intent_names_the_key_and_what_will_be_sent(bench: Bench) -> None:
    prepared = bench.prepare()

    assert isinstance(prepared, Prepared)
    assert prepared.intent == {
        "message_id": prepared.message.message_id,
        "sha256": hashlib.sha256(prepared.message.body).hexdigest(),
        "public_key_identifier": bench.facts["key"]["public_key_identifier"],
        CLOCK_AHEAD: 0,
    }
    assert bench.world.wire.count("generateCertificate") == 0


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_request_is_registered(bench_at: Callable[..., Bench], kind: str) -> None:
    bench = bench_at("submitting", card_kind=kind)

    outcome = bench.send()

    assert outcome.trigger == "registered"
    assert outcome.learned["request"] == {
        "at": bench.world.clock.now().isoformat(),
        "message_id": bench.facts["intent"]["message_id"],
        "automatically_validated": True,
        "replaces": bench.facts["record"]["public_key_identifier"],
        "replaces_as_expected": True,
    }
    [accepted] = bench.world.authority.accepted()
    assert accepted.public_key_identifier == bench.facts["key"]["public_key_identifier"]
    assert accepted.message_id == bench.facts["intent"]["message_id"]
    assert accepted.sha256 == bench.facts["intent"]["sha256"]


def test_that_another_certificate_is_replaced_is_noted(bench: Bench) -> None:
    with_fact(bench, "record", public_key_identifier="00" * 20)

    assert bench.send().learned["request"]["replaces_as_expected"] is False


def test_what_a_person_must_look_at_is_known(bench_at: Callable[..., Bench]) -> None:
    outcome = bench_at("submitting", person=SCRUTINIZED).send()

    assert outcome.learned["request"]["automatically_validated"] is False


def test_a_refusal_is_an_end_with_the_code_of_ehealth(bench: Bench) -> None:
    with_fact(bench, "contact", email_private="not-an-address")

    outcome = bench.send()

    assert outcome.trigger == "refused"
    assert outcome.learned["refusal"]["code"].startswith("SIM_")
    assert bench.world.accepted == {}


def test_too_late_nothing_is_signed(bench: Bench) -> None:
    bench.world.clock.move(days=60)

    assert bench.prepare() == Outcome("too_late")
    assert bench.world.person.asked == []


def test_with_a_wrong_clock_nothing_is_signed(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(minutes=-10)

    with pytest.raises(ClockOffError):
        bench.prepare()

    assert "secret pin" not in bench.world.person.asked


def test_a_wrong_pin_is_said_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError):
        bench.prepare()

    assert isinstance(bench.prepare(), Prepared)


def test_a_blocked_card_is_said(bench: Bench) -> None:
    bench.world.cards.insert(bench.world.card, tries=0)

    with pytest.raises(PinBlockedError):
        bench.prepare()


def test_a_card_without_a_signature_certificate_is_said(bench: Bench) -> None:
    bench.world.cards.insert(bench.world.card, signature=False)

    with pytest.raises(CardNotActiveError):
        bench.prepare()


def test_without_the_card_it_stops(bench: Bench) -> None:
    bench.world.cards.remove()
    with pytest.raises(CardAbsentError):
        bench.prepare()

    bench.world.cards.insert(shared_card(COLLEAGUE))
    with pytest.raises(WrongCardError):
        bench.prepare()


def test_a_wrong_password_is_said_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[NEW_KEYSTORE_PASSWORD] = ["wrong-password", NEW_PASSWORD]
    with pytest.raises(KeystorePasswordError):
        bench.prepare()

    assert isinstance(bench.prepare(), Prepared)


def test_a_keystore_that_is_gone_or_another_is_noticed(bench: Bench) -> None:
    keystores = bench.world.keystores
    assert isinstance(keystores, MemoryKeystores)
    path = keystores.find(bench.facts["new_keystore"]["name"])
    assert path is not None
    keystores.content[path] = (bench.world.old_keystore, NEW_PASSWORD)
    with pytest.raises(KeystoreChangedError):
        bench.prepare()

    del keystores.content[path]
    with pytest.raises(NewKeystoreMissingError):
        bench.prepare()


def test_without_a_network_nothing_left(bench: Bench) -> None:
    prepared = bench.prepare()
    bench.world.wire.fail(Fault.UNREACHABLE)

    with pytest.raises(EhealthUnreachableError):
        bench.step.send(bench.work(), prepared)


def test_an_answer_about_another_key_is_none(bench: Bench) -> None:
    services = bench.world.services
    bench.authority = altered(
        services, submit=lambda message: replace(services.submit(message), public_key_identifier="00" * 20)
    )

    with pytest.raises(EhealthNonsenseError):
        bench.send()

    assert isinstance(bench.find_out(), Outcome)


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.NONSENSE])
def test_what_arrived_without_an_answer_is_found_by_asking(bench: Bench, fault: Fault) -> None:
    lost(bench, fault)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "registered"
    assert outcome.learned["request"]["found_by_asking"] is True
    assert outcome.learned["request"]["message_id"] == bench.facts["intent"]["message_id"]


def test_what_was_delivered_in_the_meantime_is_found_with_its_certificate(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)
    bench.world.clock.move(days=2)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "delivered"
    assert outcome.learned.keys() == {"request", "certificate"}


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.UNAVAILABLE])
def test_what_is_not_known_yet_may_still_arrive(bench: Bench, fault: Fault) -> None:
    lost(bench, fault)
    sent_at = bench.world.clock.now()
    bench.world.clock.move(LATE_ARRIVAL - timedelta(seconds=1))

    assert bench.find_out() == InDoubt(sent_at + LATE_ARRIVAL)
    assert "secret pin" not in bench.world.person.asked[2:], "the card is not needed for that"


def test_what_is_not_known_later_did_not_arrive_as_the_card_confirms(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL)

    assert bench.find_out() == NotArrived()


def test_without_the_card_it_cannot_be_confirmed(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL)
    bench.world.cards.remove()

    assert bench.find_out() == InDoubt(bench.world.clock.now(), needs_card=True)


def test_what_arrives_late_is_found(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LATE)
    bench.world.clock.move(minutes=4)
    bench.world.wire.arrive()

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "registered"


def test_the_card_finds_what_ehealth_did_not_tell_without_it(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)
    bench.world.clock.move(LATE_ARRIVAL)
    unknown = altered(bench.world.services, certificate=_refuse)
    bench.authority = unknown

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "registered"
    assert outcome.learned["request"]["automatically_validated"] is True


def test_the_card_finds_that_it_was_refused_by_hand(bench_at: Callable[..., Bench]) -> None:
    bench = bench_at("submitting", person=SCRUTINIZED)
    lost(bench, Fault.ANSWER_LOST)
    bench.world.authority.refuse(bench.facts["key"]["public_key_identifier"])
    bench.world.clock.move(LATE_ARRIVAL)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "refused"
    assert outcome.learned["refusal"]["code"] == "REFUSED"


def test_a_wrong_pin_at_the_question_is_said_and_forgotten(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL)
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError):
        bench.find_out()

    assert bench.find_out() == NotArrived()


def _refuse(identifier: str) -> object:
    from workflow.errors import RefusedError

    raise RefusedError(refusal_code="SIM_UNKNOWN_PUBLIC_KEY", refusal="There is no such request.")
