"""The named moments of a procedure, from its definition: a new step joins the matrix by being declared."""

from __future__ import annotations

from workflow.definition import Definition, Final
from workflow.definitions import DEFINITIONS

SITTINGS = {"renew": ("etk_waits_for_activation",)}
"""By procedure, the conditions that hold in the course that is taken here."""

CHANGING = ("before_intent", "after_intent", "intent_written", "answered")


def boundaries(definition: Definition, changing: frozenset[str]) -> list[str]:
    """Every boundary that an undisturbed course reaches, in its order; `changing` names the changing steps."""
    found: list[str] = []
    holding = SITTINGS[definition.name]
    stored = False
    for state in definition.states:
        name = f"{definition.name}.{state.name}"
        if isinstance(state, Final):
            if state.name == definition.goal:
                found += [f"{name}.before_moved", f"{name}.after_moved"]
            continue
        if not all(condition in holding for condition in state.only_if):
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
    """The boundaries of every procedure."""
    return {name: boundaries(definition, changing_steps()) for name, definition in DEFINITIONS.items()}
