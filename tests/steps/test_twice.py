"""Every step may run twice: the program may die between doing something and remembering it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.world.bench import Bench
from tests.world.courses import course_to
from tests.world.world import World
from workflow.definition import Asking, Final
from workflow.definitions import DEFINITIONS
from workflow.forms import FORMS
from workflow.ports import Outcome, Prepared

STATES = [
    (name, state)
    for name, definition in DEFINITIONS.items()
    for state in definition.states
    if not isinstance(state, Final) and course_to(name, state.name)
]


def answers_for(bench: Bench) -> dict[str, Any]:
    """What the person answers to the form of the state."""
    if not isinstance(bench.state, Asking):
        return {}
    given = bench.world.person.fill(FORMS[bench.state.form], bench.offer())
    return bench.sitting.keep_secrets(given)


def done(bench: Bench) -> Outcome:
    """The whole work of a step, once."""
    if not hasattr(bench.step, "find_out"):
        return bench.run(**answers_for(bench))
    return bench.send()


@pytest.mark.parametrize(("definition", "state"), STATES, ids=[f"{name}-{state.name}" for name, state in STATES])
def test_a_step_that_ran_already_comes_to_the_same_end(definition: str, state: Any) -> None:
    course = course_to(definition, state.name)
    assert course is not None
    world = course.world()
    bench = Bench(world, state.name, definition)
    first = done(bench)

    second = bench.find_out() if "intent" in bench.facts else done(bench)

    assert isinstance(second, Outcome)
    assert second.trigger == first.trigger
    assert second.learned.keys() == first.learned.keys()
    if not world.all_procedures():  # before a person is known there is nothing to resume
        return
    if state.name == "awaiting_validation":
        world.authority.approve(bench.facts["key"]["public_key_identifier"])
    assert world.finish().state == course.end
    challenges = min(world.accepted.get("startETKRegistration", 0), 1)  # one more does no harm
    assert {**world.accepted, "startETKRegistration": challenges} == {"startETKRegistration": 0, **course.accepted}
    if "generateCertificate" in course.accepted:
        keystore = world.new_keystore()
        assert keystore is not None
        assert len(keystore.keys) == 2
    world.close()


@pytest.mark.parametrize("state", ["submitting", "completing_etk", "activating_etk"])
def test_a_change_that_was_prepared_twice_is_sent_once(state: str, make_world: Callable[..., World]) -> None:
    world = make_world()
    bench = Bench(world, state)

    assert isinstance(bench.prepare(), Prepared)
    bench.send()

    assert set(world.accepted.values()) == {1}
