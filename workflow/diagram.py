"""A definition as a diagram, in the language of Mermaid; for a procedure with the way that it took."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from workflow.definition import Asking, Definition, Final, State, Transition, Waiting
from workflow.way import Way

Edge = tuple[str, str, str]
"""From a state, by a trigger, to a state."""

LEAVING = frozenset({"back", "cancel", "abandon"})
"""The triggers with which people leave nearly every state: a diagram shows them only where they happened."""

PASSED, HERE = "\N{CHECK MARK}", "\N{BLACK RIGHT-POINTING TRIANGLE}"
"""The signs before a state that was left, and before the present one: colours alone would not tell everybody."""

_KINDS = (("asking", "#dbeafe"), ("waiting", "#fef3c7"), ("good", "#dcfce7"), ("ended", "#e5e7eb"))
"""The classes of states and their colours; a state in which the program works has none."""
_MARKS = (
    ("passed", "fill:#ccfbf1,stroke:#0f766e,stroke-width:2px"),
    ("here", "fill:#fde68a,stroke:#b45309,stroke-width:4px"),
)


def mermaid(
    definition: Definition,
    *,
    without: Collection[str] = (),
    way: Way | None = None,
    words: Callable[[str], str] = lambda name: name,
) -> str:
    """The state diagram; `without` names triggers that are left out.

    With a `way` each state has its `words` and a sign, and each move that was made its numbers.
    """
    taken = way.taken() if way else {}
    lines = ["stateDiagram-v2", f"    [*] --> {definition.initial}"]
    if way:
        lines += [f'    state "{_signed(state.name, way, words)}" as {state.name}' for state in definition.states]
    lines += [
        f"    {source} --> {dest}: {label}{_numbers(taken.get((source, trigger, dest), ()))}"
        for (source, trigger, dest), label in _labelled(definition, without, taken)
    ]
    lines += [f"    {state.name} --> [*]" for state in definition.states if isinstance(state, Final)]
    lines += [f"    classDef {kind} fill:{colour},color:#111" for kind, colour in _KINDS]
    lines += [f"    classDef {kind} {style},color:#111" for kind, style in _MARKS if way]
    lines += [f"    class {state.name} {kind}" for state in definition.states if (kind := _kind(state, way))]
    return "\n".join(lines) + "\n"


def edges(definition: Definition, without: Collection[str], taken: Collection[Edge]) -> list[Edge]:
    """The moves that a diagram shows: those that are declared, and those that were made, in whatever way."""
    declared = [
        (source, t.trigger, t.dest)
        for t in definition.transitions
        for source in t.sources
        if t.trigger not in without or (source, t.trigger, t.dest) in taken
    ]
    names = {state.name for state in definition.states}
    made = [edge for edge in taken if edge not in declared and {edge[0], edge[2]} <= names]
    return declared + made


def _labelled(definition: Definition, without: Collection[str], taken: Collection[Edge]) -> Iterator[tuple[Edge, str]]:
    declared = {(source, t.trigger, t.dest): _label(t) for t in definition.transitions for source in t.sources}
    return ((edge, declared.get(edge, edge[1] or "corrected")) for edge in edges(definition, without, taken))


def _label(transition: Transition) -> str:
    asked = [*transition.conditions, *(f"not {name}" for name in transition.unless)]
    return f"{transition.trigger} [{', '.join(asked)}]" if asked else transition.trigger


def _numbers(moves: tuple[int, ...]) -> str:
    return f" ({', '.join(map(str, moves))})" if moves else ""


def _signed(state: str, way: Way, words: Callable[[str], str]) -> str:
    sign = HERE if state == way.here else PASSED if state in way.passed else ""
    return f"{sign} {words(state)}".strip().replace('"', "'")


def _kind(state: State, way: Way | None) -> str:
    if way and (state.name == way.here or state.name in way.passed):
        return "here" if state.name == way.here else "passed"
    if isinstance(state, Final):
        return "good" if state.good else "ended"
    if isinstance(state, Asking):
        return "asking"
    return "waiting" if isinstance(state, Waiting) else ""
