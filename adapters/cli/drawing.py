"""A procedure's diagram in the terminal: its states one below the other, with the moves between them."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.cli.telling import state_words
from adapters.cli.words import _, moment_text
from workflow.definition import Definition
from workflow.diagram import LEAVING, Edge, edges
from workflow.explanations.words import TRIGGERS
from workflow.way import Way

_PASSED, _HERE, _AHEAD = "[x]", "[>]", "[ ]"


def drawing(definition: Definition, way: Way) -> Iterator[str]:
    """The lines of the drawing, of ASCII signs alone; a move that was made has its number and a heavier sign."""
    taken = way.taken()
    shown = edges(definition, LEAVING, taken)
    names = [state.name for state in definition.states]
    signs = (
        (_PASSED, _("passed")),
        (_HERE, _("here")),
        (_AHEAD, _("not passed")),
        ("==>", _("moved, with its number")),
    )
    yield "   ".join(" ".join(pair) for pair in signs)
    yield ""
    for position, name in enumerate(names):
        yield _state(name, way)
        following = names[position + 1] if position + 1 < len(names) else ""
        leaving = [edge for edge in shown if edge[0] == name]
        yield from (_jump(edge, taken.get(edge, ())) for edge in leaving if edge[2] != following)
        yield from (_step(edge, taken.get(edge, ())) for edge in leaving if edge[2] == following)


def _state(name: str, way: Way) -> str:
    if name != way.here:
        return f"{_PASSED if name in way.passed else _AHEAD} {state_words(name)}"
    since = _("here since {moment}").format(moment=moment_text(way.stays[-1].since))
    return f"{_HERE} {state_words(name)}  <== {since}"


def _jump(edge: Edge, numbers: tuple[int, ...]) -> str:
    arrow = "==>" if numbers else "-->"
    return f" |{arrow} {state_words(edge[2])}{_(': ')}{_what(edge, numbers)}"


def _step(edge: Edge, numbers: tuple[int, ...]) -> str:
    return f" {'#' if numbers else '|'}   {_what(edge, numbers)}"


def _what(edge: Edge, numbers: tuple[int, ...]) -> str:
    words = _(TRIGGERS.get(edge[1], edge[1]))
    return f"({', '.join(map(str, numbers))}) {words}" if numbers else words
