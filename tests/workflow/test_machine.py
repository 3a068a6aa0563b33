"""The pure questions about a definition: which state follows, and which one the facts give."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from tests.workflow.toy import TOY
from tests.world.clock import START
from workflow.definitions.parts import DELIVERY
from workflow.definitions.renew import RENEW
from workflow.errors import DefinitionError
from workflow.machine import derive, facts_before, next_state


def test_a_trigger_leads_to_the_next_state() -> None:
    assert next_state(RENEW, "checking", "ready", {}) == "awaiting_consent"


def test_a_condition_chooses_the_way() -> None:
    by_hand = {"request": {"automatically_validated": False}}
    by_itself = {"request": {"automatically_validated": True}}
    not_known = {"request": {}}

    assert next_state(RENEW, "submitting", "registered", by_hand) == "awaiting_validation"
    assert next_state(RENEW, "submitting", "registered", by_itself) == "awaiting_delivery"
    assert next_state(RENEW, "submitting", "registered", not_known) == "awaiting_delivery"


@pytest.mark.parametrize("trigger", ["proved", "nonsense", ""])
def test_a_trigger_that_does_not_leave_the_state_is_an_error(trigger: str) -> None:
    with pytest.raises(DefinitionError):
        next_state(RENEW, "checking", trigger, {})


def test_a_condition_that_does_not_hold_is_an_error() -> None:
    with pytest.raises(DefinitionError):
        next_state(RENEW, "submitting", "cancel", {"intent": {}})


def test_no_transition_that_was_not_declared_exists() -> None:
    with pytest.raises(DefinitionError):
        next_state(RENEW, "checking", "to_done", {})


def test_two_definitions_of_one_name_and_version_are_not_confused() -> None:
    other = dataclasses.replace(TOY, transitions=tuple(t for t in TOY.transitions if t.trigger != "sent"))

    assert next_state(TOY, "sending", "sent", {}) == "waiting"
    with pytest.raises(DefinitionError):
        next_state(other, "sending", "sent", {})


def test_without_facts_it_stands_at_the_beginning() -> None:
    assert derive(RENEW, {}) == "checking"


def test_with_every_fact_it_is_done() -> None:
    assert derive(RENEW, {state.until: {} for state in RENEW.states if state.until}) == "done"


def test_a_state_that_is_not_passed_needs_no_fact() -> None:
    facts = {state.until: {} for state in RENEW.states if state.until}
    del facts["handover"], facts["activation"], facts["proof"]

    assert derive(RENEW, facts | {"etk": {"to_be_activated": False}}) == "proving"
    assert derive(RENEW, facts | {"etk": {"to_be_activated": True}}) == "awaiting_handover"


def test_an_end_is_an_end_whatever_else_is_known() -> None:
    assert derive(RENEW, {"end": {"state": "refused"}, "proof": {}}) == "refused"


def test_facts_that_belong_to_no_state_do_not_matter() -> None:
    assert derive(RENEW, {"requirements": {}, "new_keystore": {}, "intent": {}}) == "awaiting_consent"


def test_the_facts_before_a_state_are_those_of_the_states_before_it() -> None:
    facts = {"requirements": 1, "consent": 2, "holder": 3, "record": 4, "new_keystore": 5}

    assert facts_before(RENEW, "awaiting_card", facts) == {"requirements": 1, "consent": 2, "new_keystore": 5}


def test_the_machine_does_not_change_the_facts() -> None:
    facts = {"requirements": {}}

    next_state(RENEW, "checking", "ready", facts)
    facts_before(RENEW, "checking", facts)

    assert facts == {"requirements": {}}


@pytest.mark.parametrize(
    ("waited", "pause"),
    [(0, 10), (119, 10), (120, 60), (599, 60), (600, 300), (3600, 900), (86399, 900), (86400, 3600), (10**7, 3600)],
)
def test_the_pauses_between_two_looks(waited: int, pause: int) -> None:
    now = START + timedelta(seconds=waited)

    assert DELIVERY.next_look(START, now) == now + timedelta(seconds=pause)


def test_a_wait_is_expected_to_end_at_a_moment_that_does_not_move() -> None:
    assert DELIVERY.expected_by(START) == START + timedelta(days=10)
