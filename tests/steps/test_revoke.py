"""The revocation is sent once, or refused for good: a procedure in which eHealth says no does not ask for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox.people import COLLEAGUE
from steps.late_arrival import CLOCK_AHEAD, LATE_ARRIVAL
from tests.world.bench import Bench, with_fact
from tests.world.courses import COURSES
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World, shared_card
from workflow.errors import (
    CardAbsentError,
    CardNotActiveError,
    ClockOffError,
    EhealthFaultError,
    EhealthNoAnswerError,
    EhealthNonsenseError,
    EhealthUnreachableError,
    PinBlockedError,
    WrongCardError,
    WrongPinError,
)
from workflow.forms import PIN
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared


@pytest.fixture
def world() -> Iterator[World]:
    """A world whose person signed nothing yet, and whose certificate ends soon."""
    world = COURSES["revoke"].world(valid_for=timedelta(days=4))
    world.crash_at("revoke.revoking.before")
    with pytest.raises(Died):
        world.finish()
    world.trail.die_at = None
    yield world
    world.close()


def test_a_certificate_that_ended_meanwhile_cannot_be_revoked_and_that_is_an_end(world: World) -> None:
    world.clock.move(days=5)

    report = world.resume()

    assert report.procedure.state == "refused"
    assert report.procedure.facts["refusal"]["code"] == "SIM_NOT_REVOCABLE"
    assert world.accepted == {}


def test_a_refusal_of_what_an_earlier_message_did_is_no_refusal(world: World) -> None:
    world.wire.fail(Fault.REQUEST_LATE, "revoke")
    with pytest.raises(Exception, match="did not answer"):
        world.resume()
    world.clock.move(minutes=6)
    world.wire.arrive()

    procedure = world.finish(to="awaiting_contact")

    assert procedure.state != "refused"
    assert world.accepted["revoke"] == 1


# --- the step alone ---------------------------------------------------------------------------------------------------


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("revoke", "revoking")


def lost(bench: Bench, fault: Fault) -> None:
    """Send, and get no answer."""
    bench.world.wire.fail(fault, "revoke")
    with pytest.raises((EhealthNoAnswerError, EhealthNonsenseError, EhealthFaultError)):
        bench.send()


def revoked(bench: Bench) -> bool:
    """Whether eHealth counts the certificate as revoked."""
    record = bench.world.authority.desk.certificates.by_key(bench.facts["chosen"]["public_key_identifier"])
    assert record is not None
    return record.revoked_at is not None


def test_the_intent_names_what_will_be_sent(bench: Bench) -> None:
    prepared = bench.prepare()

    assert isinstance(prepared, Prepared)
    assert prepared.intent == {
        "message_id": prepared.message.message_id,
        "sha256": hashlib.sha256(prepared.message.body).hexdigest(),
        CLOCK_AHEAD: 0,
    }
    assert bench.world.wire.count("revoke") == 0


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_the_certificate_is_revoked(bench_on: Callable[..., Bench], kind: str) -> None:
    bench = bench_on("revoke", "revoking", card_kind=kind)

    outcome = bench.send()

    assert outcome == Outcome("revoked", {"revocation": {"at": bench.world.clock.now().isoformat()}})
    assert revoked(bench)
    [accepted] = bench.world.authority.accepted()
    assert accepted.public_key_identifier == bench.facts["chosen"]["public_key_identifier"]
    assert accepted.message_id == bench.facts["intent"]["message_id"]


@pytest.mark.parametrize("words", ["stolen", "left", "stopped"])
def test_each_reason_is_accepted(bench_on: Callable[..., Bench], words: str) -> None:
    before = bench_on("revoke", "awaiting_reason")
    before.world.person.answers["reason"] = {"reason": words}
    bench = Bench(before.world, "revoking", "revoke")

    assert bench.send().trigger == "revoked"


def test_a_refusal_is_an_end_with_the_code_of_ehealth(bench: Bench) -> None:
    with_fact(bench, "revocation_contract", texts={"fr": "another text"})

    outcome = bench.send()

    assert outcome.trigger == "refused"
    assert outcome.learned["refusal"]["code"] == "SIM_CONTRACT_CHANGED"
    assert not revoked(bench)


def test_what_is_revoked_already_is_revoked(bench: Bench) -> None:
    bench.send()

    again = bench.step.send(bench.work(), bench.prepare())

    assert again.trigger == "revoked"
    assert bench.world.accepted == {"revoke": 1}


def test_with_a_wrong_clock_nothing_is_signed(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(minutes=-10)

    with pytest.raises(ClockOffError):
        bench.prepare()

    assert bench.world.person.asked == []


def test_a_wrong_pin_is_said_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError):
        bench.prepare()

    assert isinstance(bench.prepare(), Prepared)


def test_a_blocked_card_or_one_without_a_signature_certificate_is_said(bench: Bench) -> None:
    bench.world.cards.insert(bench.world.card, tries=0)
    with pytest.raises(PinBlockedError):
        bench.prepare()

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
    assert bench.world.wire.count("revoke") == 0


def test_without_a_network_nothing_left(bench: Bench) -> None:
    prepared = bench.prepare()
    bench.world.wire.fail(Fault.UNREACHABLE)

    with pytest.raises(EhealthUnreachableError):
        bench.step.send(bench.work(), prepared)


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.NONSENSE, Fault.CUT, Fault.FAULT_AFTERWARDS])
def test_what_arrived_without_an_answer_is_found_by_asking_with_the_card(bench: Bench, fault: Fault) -> None:
    lost(bench, fault)
    bench.world.person.asked.clear()

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "revoked"
    assert bench.world.person.asked == ["secret pin"]
    assert bench.world.accepted == {"revoke": 1}


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.UNAVAILABLE])
def test_what_is_not_known_yet_may_still_arrive(bench: Bench, fault: Fault) -> None:
    lost(bench, fault)
    sent_at = bench.world.clock.now()
    bench.world.clock.move(LATE_ARRIVAL - timedelta(seconds=1))

    assert bench.find_out() == InDoubt(sent_at + LATE_ARRIVAL)


def test_what_is_not_known_after_some_minutes_did_not_arrive(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL)

    assert bench.find_out() == NotArrived()


def test_without_the_card_it_cannot_be_found_out(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)
    bench.world.cards.remove()

    assert bench.find_out() == InDoubt(bench.world.clock.now(), needs_card=True)


def test_with_the_card_of_somebody_else_it_is_not_found_out(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)
    bench.world.cards.remove()
    bench.world.cards.insert(shared_card(COLLEAGUE))

    with pytest.raises(WrongCardError):
        bench.find_out()


def test_a_wrong_pin_at_the_question_is_said_and_forgotten(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    bench.sitting.wrong_secret(PIN)
    with pytest.raises(WrongPinError):
        bench.find_out()

    assert isinstance(bench.find_out(), Outcome)


def test_what_arrives_late_is_found(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LATE)
    bench.world.clock.move(minutes=4)
    bench.world.wire.arrive()

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "revoked"


# --- the whole program ------------------------------------------------------------------------------------------------


def test_what_did_not_arrive_is_sent_again_once_and_the_request_follows(world: World) -> None:
    world.wire.fail(Fault.REQUEST_LOST, "revoke")
    with pytest.raises(EhealthNoAnswerError):
        world.resume()
    world.clock.move(LATE_ARRIVAL)

    report = world.resume()

    assert report.passed[0] == "awaiting_contact"
    assert world.wire.count("revoke") == 2
    assert world.accepted["revoke"] == 1


def test_a_certificate_that_somebody_else_revoked_meanwhile_counts_as_revoked(world: World) -> None:
    certificates = world.authority.desk.certificates
    [record] = certificates.all()
    with world.sandbox.store.transaction():
        certificates.put(replace(record, revoked_at=world.clock.now()))

    report = world.resume()

    assert "awaiting_contact" in report.passed
    assert "revoke" not in world.accepted
