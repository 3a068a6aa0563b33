"""Every step may run twice: the program may die between doing something and remembering it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.sandbox.people import PROVIDER, SCRUTINIZED
from tests.world.bench import Bench
from tests.world.person import ANSWERS
from tests.world.world import World
from workflow.definition import Asking, Final
from workflow.definitions import DEFINITIONS
from workflow.forms import FORMS
from workflow.ports import Outcome, Prepared

STATES = [
    (name, state)
    for name, definition in DEFINITIONS.items()
    for state in definition.states
    if not isinstance(state, Final)
]
CHANGES = {"generateCertificate": 1, "startETKRegistration": 1, "completeETKRegistration": 1, "activateETK": 1}


def answers_for(bench: Bench) -> dict[str, Any]:
    """What the person answers to the form of the state."""
    if not isinstance(bench.state, Asking):
        return {}
    given = bench.world.person.fill(FORMS[bench.state.form], bench.offer())
    return bench.sitting.keep_secrets({**ANSWERS[bench.state.form], **given})


def done(bench: Bench) -> Outcome:
    """The whole work of a step, once."""
    if not hasattr(bench.step, "find_out"):
        return bench.run(**answers_for(bench))
    return bench.send()


@pytest.mark.parametrize(("definition", "state"), STATES, ids=[f"{name}-{state.name}" for name, state in STATES])
def test_a_step_that_ran_already_comes_to_the_same_end(
    definition: str, state: Any, make_world: Callable[..., World]
) -> None:
    by_hand = state.name == "awaiting_validation"
    world = make_world(person=SCRUTINIZED if by_hand else PROVIDER)
    bench = Bench(world, state.name, definition)
    first = done(bench)

    second = bench.find_out() if "intent" in bench.facts else done(bench)

    assert isinstance(second, Outcome)
    assert second.trigger == first.trigger
    assert second.learned.keys() == first.learned.keys()
    if not world.all_procedures():  # before a person is known there is nothing to resume
        return
    if by_hand:
        world.authority.approve(bench.facts["key"]["public_key_identifier"])
    assert world.finish().state == "done"
    assert {**world.accepted, "startETKRegistration": 1} == CHANGES
    keystore = world.new_keystore()
    assert keystore is not None
    assert len(keystore.keys) == 2


@pytest.mark.parametrize("state", ["submitting", "completing_etk", "activating_etk"])
def test_a_change_that_was_prepared_twice_is_sent_once(state: str, make_world: Callable[..., World]) -> None:
    world = make_world()
    bench = Bench(world, state)

    assert isinstance(bench.prepare(), Prepared)
    bench.send()

    assert set(world.accepted.values()) == {1}
