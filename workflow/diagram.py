"""A definition as a diagram, in the language of Mermaid."""

from __future__ import annotations

from collections.abc import Collection

from workflow.definition import Asking, Definition, Final, State, Transition, Waiting

_KINDS = (("asking", "#dbeafe"), ("waiting", "#fef3c7"), ("good", "#dcfce7"), ("ended", "#e5e7eb"))
"""The classes of states and their colours; a state in which the program works has none."""


def mermaid(definition: Definition, *, without: Collection[str] = ()) -> str:
    """The state diagram; `without` names triggers that are left out."""
    lines = ["stateDiagram-v2", f"    [*] --> {definition.initial}"]
    shown = [transition for transition in definition.transitions if transition.trigger not in without]
    lines += [f"    {source} --> {t.dest}: {_label(t)}" for t in shown for source in t.sources]
    lines += [f"    {state.name} --> [*]" for state in definition.states if isinstance(state, Final)]
    lines += [f"    classDef {kind} fill:{colour},color:#111" for kind, colour in _KINDS]
    lines += [f"    class {state.name} {kind}" for state in definition.states if (kind := _kind(state))]
    return "\n".join(lines) + "\n"


def _label(transition: Transition) -> str:
    asked = [*transition.conditions, *(f"not {name}" for name in transition.unless)]
    return f"{transition.trigger} [{', '.join(asked)}]" if asked else transition.trigger


def _kind(state: State) -> str:
    if isinstance(state, Final):
        return "good" if state.good else "ended"
    if isinstance(state, Asking):
        return "asking"
    return "waiting" if isinstance(state, Waiting) else ""
