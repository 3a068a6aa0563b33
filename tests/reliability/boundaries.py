"""The named moments of a procedure, from its definition: a new step joins the matrix by being declared."""

from __future__ import annotations

from tests.reliability.courses import COURSES, Course
from workflow.definition import Final

CHANGING = ("before_intent", "after_intent", "intent_written", "answered")


def boundaries(course: Course, changing: frozenset[str]) -> list[str]:
    """Every boundary that an undisturbed course passes, in its order; `changing` names the changing steps."""
    found: list[str] = []
    definition = course.definition
    stored = False
    for state in definition.states:
        name = f"{definition.name}.{state.name}"
        if isinstance(state, Final):
            if state.name == definition.goal:
                found += [f"{name}.before_moved", f"{name}.after_moved"]
            continue
        if state.name in course.skipped or not all(condition in course.holding for condition in state.only_if):
            continue
        if stored:
            found += [f"{name}.before_moved", f"{name}.after_moved"]
        found.append(f"{name}.before")
        if getattr(state, "step", None) in changing:
            found += [f"{name}.{moment}" for moment in CHANGING]
        stored = stored or state.until == definition.identified_by
    return found


def changing_steps() -> frozenset[str]:
    """The names of the steps that change something at eHealth."""
    from typing import Any, cast

    from steps.registry import make_steps

    nothing = cast(Any, None)
    steps = make_steps(cards=nothing, keystores=nothing, authority=nothing, keys=nothing)
    return frozenset(name for name, step in steps.items() if hasattr(step, "find_out"))


def all_boundaries() -> dict[str, list[str]]:
    """The boundaries of every course, by definition."""
    return {name: boundaries(course, changing_steps()) for name, course in COURSES.items()}


def stored_boundaries() -> list[str]:
    """Those before a step of a procedure that is stored: a command that resumes it passes them once more."""
    found = []
    for course in COURSES.values():
        states = [state for state in course.definition.states if not isinstance(state, Final)]
        closing = [state.until for state in states].index(course.definition.identified_by)
        stored = {f"{course.name}.{state.name}.before" for state in states[closing + 1 :]}
        found += [name for name in boundaries(course, changing_steps()) if name in stored]
    return found
