"""Signing the request of a first certificate and sending it: what is its own; the rest is that of a renewal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.sandbox.desk import Rules
from adapters.sandbox.people import COLLEAGUE, MANAGER, PROVIDER, STRANGER, Person
from steps.late_arrival import LATE_ARRIVAL
from steps.submit_request import REVOCATION_KNOWN
from tests.world.bench import Bench
from tests.world.courses import COURSES
from tests.world.wire import Fault
from tests.world.world import World, shared_card
from workflow.errors import (
    CardAbsentError,
    EhealthNoAnswerError,
    Exit,
    RevocationNotKnownYetError,
    WrongCardError,
    WrongPinError,
)
from workflow.forms import PIN
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared

ORGANISATION = "request for an organisation"
SLOW = Rules(revocation_delay=timedelta(minutes=2))
DEAF = Rules(revocation_delay=timedelta(days=2))


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("request", "submitting")


def lost(bench: Bench, fault: Fault) -> None:
    """Send, and get no answer."""
    bench.world.wire.fail(fault, "generateCertificate")
    with pytest.raises(EhealthNoAnswerError):
        bench.send()


@pytest.mark.parametrize(("person", "automatic"), [(PROVIDER, True), (STRANGER, False)])
def test_a_first_certificate_replaces_none(bench_on: Callable[..., Bench], person: Person, automatic: bool) -> None:
    bench = bench_on("request", "submitting", person=person)

    outcome = bench.send()

    assert outcome.trigger == "registered"
    assert outcome.learned["request"] == {
        "at": bench.world.clock.now().isoformat(),
        "message_id": bench.facts["intent"]["message_id"],
        "automatically_validated": automatic,
        "replaces": None,
        "replaces_as_expected": True,
    }
    assert bench.world.accepted == {"generateCertificate": 1}


def test_the_request_of_an_organisation_is_signed_by_the_person(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on(ORGANISATION, "submitting")

    outcome = bench.send()

    assert outcome.trigger == "registered"
    [record] = bench.world.authority.desk.certificates.all()
    assert (record.subject.identifier_type, record.subject.application_id) == ("NIHII-HOSPITAL", "APP-1")
    assert record.requester == MANAGER.ssin


def test_who_is_not_appointed_is_refused_for_good(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on(ORGANISATION, "submitting", person=PROVIDER)

    outcome = bench.send()

    assert outcome.trigger == "refused"
    assert outcome.learned["refusal"]["code"] == "SIM_NOT_AUTHORIZED"
    assert bench.world.accepted == {}


def test_there_is_no_end_of_a_present_certificate_to_wait_for(bench: Bench) -> None:
    bench.world.clock.move(days=60)

    assert isinstance(bench.prepare(), Prepared)


def test_a_wrong_pin_is_said_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError):
        bench.prepare()

    assert isinstance(bench.prepare(), Prepared)


def test_without_the_card_it_stops(bench: Bench) -> None:
    bench.world.cards.remove()
    with pytest.raises(CardAbsentError):
        bench.prepare()

    bench.world.cards.insert(shared_card(COLLEAGUE))
    with pytest.raises(WrongCardError):
        bench.prepare()


def test_what_arrived_without_an_answer_is_found_by_asking(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert (outcome.trigger, outcome.learned["request"]["found_by_asking"]) == ("registered", True)


def test_what_did_not_arrive_is_confirmed_with_the_card_after_some_minutes(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    assert bench.find_out() == InDoubt(bench.world.clock.now() + LATE_ARRIVAL)
    bench.world.clock.move(LATE_ARRIVAL)

    bench.world.cards.remove()
    assert bench.find_out() == InDoubt(bench.world.clock.now(), needs_card=True)

    bench.world.cards.insert(bench.world.card)
    assert bench.find_out() == NotArrived()


def test_what_arrives_late_is_found(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LATE)
    bench.world.clock.move(minutes=4)
    bench.world.wire.arrive()

    assert isinstance(bench.find_out(), Outcome)


# --- after a revocation -----------------------------------------------------------------------------------------------


def test_a_refusal_just_after_the_revocation_may_only_mean_that_it_is_not_known_yet(
    bench_on: Callable[..., Bench],
) -> None:
    bench = bench_on("revoke", "submitting", rules=SLOW)

    with pytest.raises(RevocationNotKnownYetError) as raised:
        bench.send()

    assert (raised.value.code, raised.value.exit) == ("revocation_not_known_yet", Exit.REFUSED)
    assert raised.value.details["refusal_code"] == "SIM_NOT_REPLACEABLE"
    assert "ehcert resume" in raised.value.next
    bench.world.clock.move(minutes=3)
    del bench.facts["intent"]
    assert bench.send().trigger == "registered"


@pytest.mark.parametrize(
    ("waited", "is_an_end"), [(REVOCATION_KNOWN - timedelta(seconds=1), False), (REVOCATION_KNOWN, True)]
)
def test_a_refusal_an_hour_later_is_an_end(bench_on: Callable[..., Bench], waited: timedelta, is_an_end: bool) -> None:
    bench = bench_on("revoke", "submitting", rules=DEAF)
    bench.world.clock.move(waited)

    if not is_an_end:
        with pytest.raises(RevocationNotKnownYetError):
            bench.send()
        return
    outcome = bench.send()

    assert outcome.trigger == "refused"
    assert outcome.learned["refusal"]["code"] == "SIM_NOT_REPLACEABLE"


def test_without_a_revocation_a_refusal_is_an_end_at_once(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=300))

    assert bench.send().trigger == "refused"


def test_the_program_goes_on_by_itself_when_the_revocation_has_become_known() -> None:
    world: World = COURSES["revoke"].world(rules=SLOW, valid_for=timedelta(days=300))
    with pytest.raises(RevocationNotKnownYetError):
        world.start()
    key = world.procedure.facts["key"]["public_key_identifier"]
    assert (world.procedure.state, world.accepted) == ("submitting", {"revoke": 1})
    assert "intent" not in world.procedure.facts
    world.clock.move(minutes=3)

    procedure = world.finish()

    assert procedure.state == "done"
    assert procedure.facts["key"]["public_key_identifier"] == key
    assert world.accepted == COURSES["revoke"].accepted
    world.close()
