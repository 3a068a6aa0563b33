"""Laws that every definition keeps."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps.registry import make_steps
from tests.world.world import World
from workflow.conditions import CONDITIONS
from workflow.definition import STAY, Asking, Definition, Final, State, Turn, Waiting, Working
from workflow.definitions import DEFINITIONS
from workflow.errors import DefinitionError
from workflow.forms import FORMS
from workflow.machine import derive, facts_before, next_state
from workflow.ports import Steps
from workflow.upgrades import UPGRADES

ASKED_BY_PEOPLE = {"back", "cancel", "abandon"}
"""Triggers that no step returns."""

FINGERPRINTS = Path(__file__).with_name("fingerprints.json")

every_definition = pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS.keys())
every_state = pytest.mark.parametrize(
    ("definition", "state"),
    [(definition, state) for definition in DEFINITIONS.values() for state in definition.states],
    ids=lambda value: value.name,
)


@pytest.fixture(scope="module")
def registry() -> Steps:
    nothing: Any = None
    return make_steps(cards=nothing, keystores=nothing, authority=nothing, keys=nothing)


def destinations(definition: Definition, state: str) -> set[str]:
    return {t.dest for t in definition.transitions if state in t.sources}


def reached_from(definition: Definition, start: str) -> set[str]:
    """All states that a way leads to, whatever the conditions."""
    reached, ahead = {start}, [start]
    while ahead:
        for dest in destinations(definition, ahead.pop()) - reached:
            reached.add(dest)
            ahead.append(dest)
    return reached


# --- the machine ------------------------------------------------------------------------------------------------------


@every_definition
def test_the_definition_is_known_under_its_own_name(definition: Definition) -> None:
    assert DEFINITIONS[definition.name] is definition
    assert definition.version >= 1
    assert definition.title


@every_definition
def test_each_state_is_reached(definition: Definition) -> None:
    names = {state.name for state in definition.states}

    assert reached_from(definition, definition.initial) == names
    assert len(names) == len(definition.states)


@every_state
def test_each_state_can_end_well_or_is_an_end(definition: Definition, state: State) -> None:
    reached = reached_from(definition, state.name)

    assert isinstance(state, Final) or definition.goal in reached


@every_state
def test_each_state_that_is_no_end_can_be_left_for_good_by_its_person(definition: Definition, state: State) -> None:
    if isinstance(state, Final):
        return

    assert {"cancel", "abandon"} & definition.triggers(state.name)


@every_definition
def test_there_is_a_good_end_and_no_way_leads_out_of_an_end(definition: Definition) -> None:
    ends = [state for state in definition.states if isinstance(state, Final)]

    assert next(state.name for state in ends if state.good) == definition.goal
    assert not any(definition.triggers(state.name) for state in ends)
    assert definition.states[-len(ends) :] == tuple(ends), "the ends stand last"


@every_definition
def test_each_transition_joins_states_of_the_definition(definition: Definition) -> None:
    names = {state.name for state in definition.states}

    for transition in definition.transitions:
        assert {*transition.sources, transition.dest} <= names, transition


@every_definition
def test_each_condition_exists(definition: Definition) -> None:
    asked = {name for t in definition.transitions for name in (*t.conditions, *t.unless)}
    asked |= {name for state in definition.states for name in state.only_if}

    assert asked <= CONDITIONS.keys()


@every_definition
def test_two_transitions_of_one_trigger_are_told_apart_by_a_condition(definition: Definition) -> None:
    for state in definition.states:
        for trigger in definition.triggers(state.name):
            ways = [t for t in definition.transitions if t.trigger == trigger and state.name in t.sources]

            assert len(ways) == 1 or {w.conditions for w in ways} >= {w.unless for w in ways if w.unless}, trigger


# --- the states -------------------------------------------------------------------------------------------------------


@every_state
def test_each_state_explains_itself(definition: Definition, state: State) -> None:
    assert state.says.endswith(".")
    assert state.name == state.name.lower()
    if isinstance(state, Final):
        assert state.turn is Turn.NOBODY
    else:
        assert state.todo.endswith(".")
        assert state.turn is not Turn.NOBODY
        assert state.until


@every_state
def test_each_form_and_each_step_exists(definition: Definition, state: State, registry: Steps) -> None:
    if isinstance(state, Asking):
        assert state.form in FORMS
        assert hasattr(registry[state.step], "offer")
    if isinstance(state, (Working, Asking, Waiting)):
        assert state.step in registry


@every_state
def test_the_outcomes_of_a_step_are_the_triggers_that_leave_its_state(
    definition: Definition, state: State, registry: Steps
) -> None:
    if not isinstance(state, (Working, Asking, Waiting)):
        return

    outcomes = registry[state.step].outcomes

    assert outcomes - {STAY} == definition.triggers(state.name) - ASKED_BY_PEOPLE


@every_state
def test_only_a_wait_may_be_looked_at_in_vain(definition: Definition, state: State, registry: Steps) -> None:
    if isinstance(state, (Working, Asking)):
        assert STAY not in registry[state.step].outcomes
    if isinstance(state, Waiting):
        assert STAY in registry[state.step].outcomes
        assert state.wake.expected.days >= 1


@every_definition
def test_only_one_message_can_be_in_doubt_in_a_state_of_its_own(definition: Definition, registry: Steps) -> None:
    changing = [
        state.name
        for state in definition.states
        if isinstance(state, (Working, Asking, Waiting)) and hasattr(registry[state.step], "find_out")
    ]

    assert all(isinstance(definition.state(name), Working) for name in changing)
    assert {definition.state(name).until for name in changing} >= set(definition.sent_by)


@every_definition
def test_each_fact_named_by_the_definition_closes_one_of_its_states(definition: Definition, registry: Steps) -> None:
    closing = {state.until for state in definition.states}

    assert {definition.identified_by, definition.kept_from, *definition.sent_by, *definition.undo} <= closing
    assert all(hasattr(registry[step], "undo") for step in definition.undo.values())


@every_definition
def test_a_secret_form_field_is_declared_by_a_state_that_needs_it_later_or_not_at_all(definition: Definition) -> None:
    for state in definition.states:
        for name in getattr(state, "secrets", ()):
            assert name in {f.name for form in FORMS.values() for f in form.fields if f.secret} | {"pin"}


# --- facts and states -------------------------------------------------------------------------------------------------

_VALUES = st.fixed_dictionaries(
    {
        "request": st.sampled_from(
            [{}, {"automatically_validated": True}, {"automatically_validated": False}, {"found_by_asking": True}]
        ),
        "etk": st.sampled_from([{}, {"to_be_activated": True}, {"to_be_activated": False}]),
        "kind": st.sampled_from([{"chosen": "person"}, {"chosen": "CBE=0123456749"}, {"chosen": "typed"}]),
        "reason": st.sampled_from([{"request_again": True}, {"request_again": False}]),
    }
)


def taken(
    definition: Definition, state: str, trigger: str, facts: dict[str, Any], values: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """One step of the real machine, with the facts that a step of the program would bring."""
    until = definition.state(state).until
    learned = facts if trigger in ASKED_BY_PEOPLE else facts | {until: values.get(until, {})}
    dest = next_state(definition, state, trigger, learned)
    if isinstance(definition.state(dest), Final) and dest != definition.goal:
        return dest, facts | {"end": {"state": dest}}
    order = [one.name for one in definition.states]
    if order.index(dest) <= order.index(state):
        return dest, facts_before(definition, dest, facts)
    for between in definition.states[order.index(state) + 1 : order.index(dest)]:
        if all(CONDITIONS[condition](learned) for condition in between.only_if):
            learned.setdefault(between.until, values.get(between.until, {}))
    return dest, learned


ENDS_EARLY = {"refused", "too_late"}


def step_at_random(
    definition: Definition, state: str, facts: dict[str, Any], triggers: list[str], data: st.DataObject
) -> tuple[str, dict[str, Any]]:
    trigger = data.draw(st.sampled_from(triggers), label=f"trigger in {state}")
    if data.draw(st.booleans(), label="a message in doubt"):
        facts = facts | {"intent": {}}
    try:
        return taken(definition, state, trigger, facts, data.draw(_VALUES))
    except DefinitionError:
        assert trigger in ASKED_BY_PEOPLE, "only what depends on something sent may be refused"
        return state, facts


@every_definition
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_facts_give_the_state_on_every_way_through_the_machine(definition: Definition, data: st.DataObject) -> None:
    state, facts = definition.initial, dict[str, Any]()
    far = data.draw(st.integers(0, len(definition.states)), label="how far before people interfere")
    assert derive(definition, facts) == state

    for number in range(60):
        triggers = sorted(definition.triggers(state))
        if number < far:
            triggers = [trigger for trigger in triggers if trigger not in ASKED_BY_PEOPLE | ENDS_EARLY]
        if not triggers:
            break
        state, facts = step_at_random(definition, state, facts, triggers, data)

        assert derive(definition, facts) == state


@every_definition
def test_the_facts_give_the_state_after_every_transition(definition: Definition) -> None:
    """The same law, without chance: every state with every value that a condition looks at."""
    requests = [{}, {"automatically_validated": True}, {"automatically_validated": False}, {"found_by_asking": True}]
    kinds = [{"chosen": "person"}, {"chosen": "CBE=0123456749"}, {"chosen": "typed"}]
    values: list[dict[str, Any]] = [
        {"request": r, "etk": {"to_be_activated": a}, "kind": k, "reason": {"request_again": again}}
        for r in requests
        for a, again in ((True, True), (False, True), (True, False))
        for k in kinds
    ]
    ahead: list[tuple[str, dict[str, Any]]] = [(definition.initial, {})]
    seen, walked = set[str](), set[tuple[str, str, str]]()
    while ahead:
        state, facts = ahead.pop()
        for trigger in definition.triggers(state):
            for brought in values:
                for doubt in ({}, {"intent": {}}):
                    try:
                        dest, left = taken(definition, state, trigger, facts | doubt, brought)
                    except DefinitionError:
                        continue
                    assert derive(definition, left) == dest, (state, trigger)
                    walked.add((state, trigger, dest))
                    left.pop("intent", None)
                    if (key := json.dumps([dest, left], sort_keys=True)) not in seen:
                        seen.add(key)
                        ahead.append((dest, left))

    assert walked == {(source, t.trigger, t.dest) for t in definition.transitions for source in t.sources}


@every_definition
def test_going_back_forgets_what_was_learned_since_and_nothing_else(definition: Definition) -> None:
    names = [state.name for state in definition.states]
    facts = {state.until: {} for state in definition.states if state.until}
    for transition in (t for t in definition.transitions if t.trigger == "back"):
        left = facts_before(definition, transition.dest, facts | {"new_keystore": {}})

        before = {state.until for state in definition.states[: names.index(transition.dest)]}
        assert left.keys() == before | {"new_keystore"}


@every_definition
def test_no_way_leads_back_once_something_was_sent(definition: Definition) -> None:
    names = [state.name for state in definition.states]
    sending = [names.index(state.name) for state in definition.states if state.until in definition.sent_by]

    for transition in (t for t in definition.transitions if t.trigger in ("back", "cancel")):
        first = 0 if transition.trigger == "cancel" else names.index(transition.dest)
        for source in map(names.index, transition.sources):
            assert not any(first <= one < source for one in sending)
            assert source not in sending or {"nothing_sent", "request_not_sent"} & {*transition.conditions}


# --- versions ---------------------------------------------------------------------------------------------------------


def fingerprint(definition: Definition) -> str:
    """A hash over what stored procedures depend on: everything but the texts and the rhythm of the waits."""
    plain = dataclasses.asdict(definition)
    del plain["title"]
    for state, declared in zip(plain["states"], definition.states, strict=True):
        state["kind"] = type(declared).__name__
        for text in ("says", "todo", "wake"):
            state.pop(text, None)
    written = json.dumps(plain, sort_keys=True, default=lambda value: value.value)
    return hashlib.sha256(written.encode()).hexdigest()


@every_definition
def test_a_changed_definition_has_a_new_version(definition: Definition) -> None:
    known = json.loads(FINGERPRINTS.read_text())

    found = fingerprint(definition)

    assert known.get(definition.name, {}).get(str(definition.version)) == found, (
        f"the definition '{definition.name}' changed: give it a new version with an upgrade in workflow/upgrades.py, "
        f'and add to fingerprints.json: "{definition.version}": "{found}". An entry of a released version is never '
        "changed."
    )


@every_definition
def test_there_is_an_upgrade_from_every_older_version(definition: Definition) -> None:
    for version in range(1, definition.version):
        assert (definition.name, version) in UPGRADES


def test_the_fingerprint_hangs_on_the_machine_and_not_on_the_texts() -> None:
    renew = DEFINITIONS["renew"]
    first, *others = renew.states
    other_text = dataclasses.replace(renew, states=(dataclasses.replace(first, says="Else."), *others), title="Else")
    other_fact = dataclasses.replace(renew, states=(dataclasses.replace(first, until="else"), *others))

    assert fingerprint(other_text) == fingerprint(renew)
    assert fingerprint(other_fact) != fingerprint(renew)
    assert fingerprint(dataclasses.replace(renew, transitions=renew.transitions[:-1])) != fingerprint(renew)


# --- against the program ----------------------------------------------------------------------------------------------


def test_a_whole_renewal_goes_through_states_in_the_order_of_the_definition() -> None:
    world = World()
    passed = []
    try:
        while not (known := world.all_procedures()) or not known[0].ended:
            report = world.resume() if known else world.renew()
            passed += report.passed
            world.clock.move(days=2)
    finally:
        world.close()

    order = [state.name for state in DEFINITIONS["renew"].states]
    assert passed == sorted(passed, key=order.index)
    assert passed[-1] == "done"
