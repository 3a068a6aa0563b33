"""The courses that other tests take are whole: they end as they say, and pass every state of every definition."""

from __future__ import annotations

import pytest

from tests.world.courses import COURSES, Course, course_to
from workflow.definition import Definition, Final
from workflow.definitions import DEFINITIONS


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_a_course_passes_what_it_is_there_for_and_ends_as_it_says(course: Course) -> None:
    world = course.world()

    procedure = course.finish(world)

    assert procedure.state == course.end
    assert world.accepted == course.accepted
    assert set(course.only) <= set(world.person.entered_states)
    assert not set(course.skips) & set(world.person.entered_states)
    world.close()


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_every_state_of_every_definition_is_passed_by_a_course(definition: Definition) -> None:
    usual = [course for course in COURSES.values() if course.definition == definition.name and not course.only]
    assert len(usual) == 1, "a definition that is declared has a course"

    missing = {
        state.name
        for state in definition.states
        if not isinstance(state, Final) and course_to(definition.name, state.name) is None
    }

    assert missing == set(usual[0].skips)
