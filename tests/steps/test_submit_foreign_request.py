"""The request of a person without a card: sent once, and what becomes of it when the answer is lost."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from adapters.xml import names
from adapters.xml.parsing import parse
from steps.late_arrival import CLOCK_AHEAD, LATE_ARRIVAL
from steps.names import foreigner_dn, parse_dn
from tests.world.bench import Bench, with_fact
from tests.world.wire import Fault
from tests.world.world import World
from workflow.errors import (
    ClockOffError,
    EhealthFaultError,
    EhealthNoAnswerError,
    EhealthNonsenseError,
    EhealthUnreachableError,
)
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared

OPERATION = "submitCSRForForeigner"


@pytest.fixture
def bench(make_world: Callable[..., World]) -> Bench:
    return Bench(make_world(definition="request_foreigner", valid_for=None), "submitting", "request_foreigner")


def lost(bench: Bench, fault: Fault) -> None:
    """Send, and get no answer."""
    bench.world.wire.fail(fault, OPERATION)
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
    assert bench.world.wire.count(OPERATION) == 0


def test_the_key_asks_for_the_name_that_was_approved(bench: Bench) -> None:
    prepared = bench.prepare()
    assert isinstance(prepared, Prepared)

    [csr] = parse(prepared.message.body).iter(f"{{{names.CERTRA}}}CSR")

    request = x509.load_der_x509_csr(base64.b64decode(csr.text))
    assert request.subject == parse_dn(foreigner_dn("75431299932", "Ausländer", "Anna"))
    assert request.is_signature_valid
    assert list(request.extensions) == []


def test_the_answer_says_where_and_until_when_to_confirm(bench: Bench) -> None:
    outcome = bench.send()

    assert outcome.trigger == "registered"
    request, to_confirm = outcome.learned["request"], outcome.learned["to_confirm"]
    assert to_confirm["address"].startswith("https://confirmation.ehealth-sandbox.invalid/")
    assert datetime.fromisoformat(to_confirm["until"]) == bench.world.clock.now() + timedelta(days=7)
    [accepted] = bench.world.authority.accepted()
    assert accepted.public_key_identifier == bench.facts["key"]["public_key_identifier"]
    assert accepted.message_id == request["message_id"]


def test_who_has_one_name_only_may_ask(bench: Bench) -> None:
    with_fact(bench, "holder", first_names="")

    assert bench.send().trigger == "registered"


def test_a_refusal_is_an_end_with_the_code_of_ehealth(bench: Bench) -> None:
    with_fact(bench, "contact", email_private="not-an-address")

    outcome = bench.send()

    assert (outcome.trigger, outcome.learned["refusal"]["code"]) == ("refused", "SIM_BAD_EMAIL")
    assert bench.world.accepted == {}


def test_with_a_wrong_clock_nothing_is_sent(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(hours=1)

    with pytest.raises(ClockOffError):
        bench.prepare()

    assert bench.world.wire.count(OPERATION) == 0


def test_what_provably_did_not_leave_is_said_so(bench: Bench) -> None:
    bench.world.wire.fail(Fault.UNREACHABLE, OPERATION)

    with pytest.raises(EhealthUnreachableError):
        bench.send()


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.NONSENSE, Fault.CUT, Fault.FAULT_AFTERWARDS])
def test_a_request_that_arrived_is_found_and_its_address_is_lost(fault: Fault, bench: Bench) -> None:
    lost(bench, fault)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "registered"
    assert outcome.learned["to_confirm"] is None
    assert outcome.learned["request"] == {
        "at": bench.facts["intent"]["at"],
        "message_id": bench.facts["intent"]["message_id"],
        "found_by_asking": True,
    }


def test_a_request_that_was_confirmed_and_delivered_meanwhile_is_found_so(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)
    record = bench.world.authority.desk.certificates.by_key(bench.facts["key"]["public_key_identifier"])
    assert record is not None
    bench.world.authority.confirm_foreigner(f"/{record.token}")
    bench.world.clock.move(days=2)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert (outcome.trigger, {*outcome.learned}) == (
        "delivered",
        {"request", "to_confirm", "confirmation", "certificate"},
    )


def test_a_request_that_may_still_arrive_is_waited_for(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LATE)

    doubt = bench.find_out()
    bench.world.wire.arrive()
    found = bench.find_out()

    assert isinstance(doubt, InDoubt)
    assert not doubt.needs_card
    assert isinstance(found, Outcome)
    assert found.trigger == "registered"


def test_a_request_that_is_not_known_after_some_minutes_did_not_arrive(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)

    bench.world.clock.move(LATE_ARRIVAL)

    assert bench.find_out() == NotArrived()


def test_a_message_that_arrives_after_it_was_given_up_makes_no_second_request(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LATE)
    bench.world.clock.move(LATE_ARRIVAL)
    assert bench.find_out() == NotArrived()
    bench.world.wire.arrive()

    again = bench.send()

    assert (again.trigger, again.learned["request"]["found_by_asking"]) == ("registered", True)
    assert bench.world.accepted == {OPERATION: 1}


def test_what_was_lost_on_its_way_is_sent_again_with_the_same_key(make_world: Callable[..., World]) -> None:
    world = make_world(definition="request_foreigner", valid_for=None)
    world.wire.fail(Fault.REQUEST_LOST, OPERATION)

    procedure = world.finish()

    assert procedure.state == "done"
    assert world.wire.count(OPERATION) == 2
    assert world.accepted[OPERATION] == 1
    assert len(world.keystores.files()) == 1
