"""The explanations are complete: no state, trigger, message, line or error without its words, and no words twice."""

from __future__ import annotations

import re
import string
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from steps.registry import make_steps
from tests.world.clock import START
from workflow import errors
from workflow.conditions import CONDITIONS
from workflow.definition import Definition, Final, State, Turn, Waiting
from workflow.definitions import DEFINITIONS
from workflow.errors import EhcertError
from workflow.expecting import expected_by
from workflow.explaining import explain
from workflow.explanations.causes import DOUBT, ENDED, STANDING, WAITING
from workflow.explanations.errors import MEANINGS, meaning_of
from workflow.explanations.remarks import BANS, REMARKS
from workflow.explanations.rules import Advice, Rule
from workflow.explanations.words import LINES, OPERATIONS, STARTS, STATES, TRIGGERS
from workflow.machine import derive
from workflow.narrating import error_said, errors_by_code, narrated
from workflow.procedure import Line, Procedure, ProcedureId, Trouble
from workflow.questions import QUESTIONS

RULES: tuple[Rule, ...] = (*ENDED, *DOUBT, *WAITING, *STANDING, *REMARKS, *BANS)
EVERY_STATE = [(definition, state) for definition in DEFINITIONS.values() for state in definition.states]
EVERY_ERROR = sorted(errors_by_code().values(), key=lambda error: error.__name__)
every_error = pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: error.__name__)
FILLED_IN = {
    "id", "todo", "until", "announced", "key", "operation", "refusal", "refusal_code", "confirm_until",
    "password_chosen", "start", "postponed_by", "postponed_until", "postponed_because",
}  # fmt: skip


def placeholders(text: str) -> set[str]:
    return {name.split("!")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def advices() -> list[Advice]:
    found = [advice for rule in RULES for advice in rule.do]
    return found + [advice for meaning in MEANINGS.values() for advice in meaning.do]


# --- words ------------------------------------------------------------------------------------------------------------


def test_each_state_each_trigger_and_each_definition_has_its_words() -> None:
    states = {state.name for _definition, state in EVERY_STATE}
    triggers = {t.trigger for definition in DEFINITIONS.values() for t in definition.transitions}

    assert states - STATES.keys() == set()
    assert triggers - TRIGGERS.keys() == set()
    assert DEFINITIONS.keys() - STARTS.keys() == set()


def test_no_words_are_left_over_or_said_twice() -> None:
    states = {state.name for _definition, state in EVERY_STATE}
    triggers = {t.trigger for definition in DEFINITIONS.values() for t in definition.transitions}

    assert STATES.keys() <= states
    assert TRIGGERS.keys() <= triggers
    assert [text for text, times in Counter([*STATES.values(), *TRIGGERS.values()]).items() if times > 1] == []
    assert max(map(len, STATES.values())) <= 28


def test_each_message_that_changes_something_has_its_words() -> None:
    nothing: Any = None
    steps = make_steps(cards=nothing, keystores=nothing, authority=nothing, keys=nothing).values()

    assert {step.operation for step in steps if hasattr(step, "operation")} == OPERATIONS.keys()


@pytest.mark.parametrize("kind", LINES)
def test_a_line_tells_itself_with_or_without_its_details(kind: str) -> None:
    details = dict.fromkeys(placeholders(LINES[kind]), "2031-03-04")

    full, poor = narrated(Line(START, kind, "submitting", "made", details)), narrated(Line(START, kind, "submitting"))

    for said in (full, poor):
        assert said.text.format_map(said.details)


def test_a_line_of_a_later_version_tells_its_name() -> None:
    said = narrated(Line(START, "dreamed", "submitting"))

    assert said.text.format_map(said.details) == "dreamed"


# --- errors -----------------------------------------------------------------------------------------------------------


@every_error
def test_each_error_has_a_meaning_of_its_own_or_of_a_family(error: type[EhcertError]) -> None:
    if error in (errors.EhcertError, errors.UserActionError):
        return  # what everything else belongs to

    assert meaning_of(error).says.endswith(".")
    assert meaning_of(error).do


def test_no_two_errors_are_told_alike() -> None:
    told = Counter((error.text, meaning_of(error).says) for error in EVERY_ERROR if error.text)

    assert [text for text, times in told.items() if times > 1] == []


def test_each_error_that_can_stop_a_procedure_at_the_card_or_at_ehealth_has_a_meaning_of_its_own() -> None:
    families = (errors.CardError, errors.TemporaryError, errors.RefusedError)

    assert [error.__name__ for error in EVERY_ERROR if issubclass(error, families) and error not in MEANINGS] == []


@every_error
def test_an_error_is_told_from_what_the_journal_keeps_of_it(error: type[EhcertError]) -> None:
    kept = {"code": error.code, **dict.fromkeys(placeholders(error.text), "x")}

    assert error_said(kept).text == error.text
    assert error_said({"code": error.code}).details["whatever is missing"]


def test_an_error_of_a_later_version_stops_nothing() -> None:
    procedure = standing(DEFINITIONS["renew"], "submitting", trouble=Trouble("of_tomorrow", START))

    found = explain(DEFINITIONS["renew"], procedure, [], START)

    assert found.cause == "trouble.of_tomorrow"
    assert found.do


# --- rules ------------------------------------------------------------------------------------------------------------


def test_each_rule_asks_questions_that_there_are_and_each_question_is_asked() -> None:
    asked = {name for rule in RULES for name in rule.when}

    assert asked == QUESTIONS.keys()


def test_no_two_causes_share_a_name_or_a_text() -> None:
    texts = [rule.says for rule in RULES] + [text for rule in RULES for text in rule.never]
    texts += list({meaning.says for meaning in MEANINGS.values()})

    assert [name for name, times in Counter(rule.cause for rule in RULES).items() if times > 1] == []
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_each_text_is_filled_in_with_what_there_is() -> None:
    texts = [rule.says for rule in RULES] + [meaning.says for meaning in MEANINGS.values()]
    texts += [text for rule in RULES for text in rule.never]
    texts += [advice.command for advice in advices()] + [advice.why for advice in advices()]

    assert set().union(*map(placeholders, texts)) <= FILLED_IN


def test_sentences_end_and_what_comes_of_a_command_is_no_sentence() -> None:
    for rule in RULES:
        assert rule.says.endswith((".", "{todo}", "{postponed_because}")), rule.cause
    for advice in advices():
        assert advice.command.startswith("ehcert ") or advice.command == "{start}"
        assert not advice.why.endswith(".")
        assert advice.why[0].islower()


# --- states -----------------------------------------------------------------------------------------------------------

_VALUES: dict[str, Any] = {
    "request": {"at": START.isoformat(), "automatically_validated": True},
    "etk": {"to_be_activated": True},
    "kind": {"chosen": "typed"},
    "reason": {"request_again": True},
    "key": {"public_key_identifier": "ab" * 20},
    "record": {"valid_until": (START + timedelta(days=60)).isoformat()},
}


def standing(definition: Definition, name: str, **fields: Any) -> Procedure:
    """A procedure that came to a state on the usual way."""
    names = [state.name for state in definition.states]
    state = definition.state(name)
    passed = definition.states[: names.index(name)] if not isinstance(state, Final) else definition.states
    facts: dict[str, Any] = {}
    for one in passed:
        if one.until and all(CONDITIONS[condition](facts) for condition in one.only_if):
            facts[one.until] = _VALUES.get(one.until, {})
    if name == "awaiting_validation":
        facts["request"] = {**facts["request"], "automatically_validated": False}
    if name == "awaiting_address":
        facts["request"] = {**facts["request"], "found_by_asking": True}
    if isinstance(state, Final) and name != definition.goal:
        facts["end"] = {"state": name}
    assert not all(CONDITIONS[c](facts) for c in state.only_if) or derive(definition, facts) == name
    procedure = Procedure(
        id=ProcedureId("23456789"),
        definition=definition.name,
        definition_version=definition.version,
        environment="sandbox",
        state=name,
        turn=state.turn,
        facts=facts,
        created_at=START,
        since=START,
        revision=1,
        expected_by=expected_by(state, START, facts),
        ended=isinstance(state, Final),
    )
    return replace(procedure, **fields)


@pytest.mark.parametrize(
    ("definition", "state"), EVERY_STATE, ids=[f"{definition.name}-{state.name}" for definition, state in EVERY_STATE]
)
def test_each_state_is_explained(definition: Definition, state: State) -> None:
    found = explain(definition, standing(definition, state.name), [], START + timedelta(days=1))

    assert found.why
    assert found.do, "there is always something to do, or to read"
    assert found.cause.split(".")[0] == (
        "ended"
        if isinstance(state, Final)
        else "waits"
        if isinstance(state, Waiting)
        else "handover"
        if state.name == "awaiting_handover"
        else found.cause
    )
    assert (found.turn is Turn.NOBODY) == isinstance(state, Final)
    assert (found.expected is not None) == isinstance(state, Waiting)


def test_two_states_of_a_definition_do_not_say_the_same() -> None:
    for definition in DEFINITIONS.values():
        says = Counter(state.says for state in definition.states)

        assert [text for text, times in says.items() if times > 1] == [], definition.name


def test_a_late_wait_can_be_given_up_and_one_that_is_not_late_cannot() -> None:
    renew = DEFINITIONS["renew"]

    def commands(days: int) -> list[str]:
        found = explain(renew, standing(renew, "awaiting_delivery"), [], START + timedelta(days=days))
        return [one.command for one in found.do]

    assert "ehcert abandon 23456789" in commands(11)
    assert "ehcert abandon 23456789" not in commands(9)


@pytest.mark.parametrize("advice", advices(), ids=lambda advice: advice.command)
def test_no_command_holds_more_than_it_needs(advice: Advice) -> None:
    assert re.fullmatch(r"\{start\}|ehcert [a-z]+( [a-z]+)?( \{id\})?( --[a-z-]+( DATE)?)?", advice.command)
