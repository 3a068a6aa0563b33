"""Whatever is declared is in the matrix: each definition has a course, each form answers, each secret a canary."""

from __future__ import annotations

import pytest

from tests.reliability.courses import COURSES
from tests.reliability.processes import SECRETS
from workflow.definition import Asking, Final
from workflow.definitions import DEFINITIONS
from workflow.forms import FORMS

ASKING = [
    (name, state)
    for name, definition in DEFINITIONS.items()
    for state in definition.states
    if isinstance(state, Asking)
]
SECRET = sorted(
    {
        name
        for definition in DEFINITIONS.values()
        for state in definition.states
        for name in getattr(state, "secrets", ())
    }
)


def test_every_definition_has_a_course() -> None:
    assert COURSES.keys() == DEFINITIONS.keys()


@pytest.mark.parametrize(("definition", "state"), ASKING, ids=str)
def test_every_form_has_answers_or_is_said_to_offer_them(definition: str, state: Asking) -> None:
    course = COURSES[definition]

    assert (state.form in course.answers()) != (state.form in course.defaulted)


@pytest.mark.parametrize(
    "name", sorted({*SECRET, *(field.name for form in FORMS.values() for field in form.fields if field.secret)})
)
def test_every_secret_has_a_canary(name: str) -> None:
    assert len(SECRETS[name]) >= 6, "a short one could be anything in a file"


def test_the_canaries_are_different() -> None:
    assert len(set(SECRETS.values())) == len(SECRETS)


@pytest.mark.parametrize("name", COURSES)
def test_every_condition_that_holds_is_one_of_the_definition(name: str) -> None:
    states = COURSES[name].definition.states
    asked = {one for state in states if not isinstance(state, Final) for one in state.only_if}

    assert set(COURSES[name].holding) <= asked


def test_every_course_is_struck_at_system_calls_or_another_makes_the_same_ones() -> None:
    assert [name for name, course in COURSES.items() if not course.sittings] == ["renew_without_keystore"]
