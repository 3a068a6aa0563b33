"""A procedure's diagram as a picture (SVG): one column of states, the other ends beside it, arcs for the jumps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from adapters.cli.telling import state_words
from adapters.cli.words import _
from workflow.definition import Definition, Final
from workflow.diagram import HERE, LEAVING, PASSED, Edge, edges
from workflow.explanations.words import TRIGGERS
from workflow.way import Way

_BOX_WIDTH, _BOX_HEIGHT, _ROW = 270, 32, 62
_LEFT, _TOP, _MARGIN = 130, 70, 20
_ENDS = _LEFT + _BOX_WIDTH + 320
_BULGE, _WIDEST_BULGE = 14, 110
_STYLE = """\
text { font: 14px sans-serif; fill: #111 } .what { font-size: 11px; fill: #444 } .title { font-size: 17px }
rect { fill: #fff; stroke: #94a3b8 } rect.passed { fill: #ccfbf1; stroke: #0f766e; stroke-width: 2 }
rect.here { fill: #fde68a; stroke: #b45309; stroke-width: 4 } rect.end { stroke-dasharray: 5 3 }
path { fill: none; stroke: #94a3b8; marker-end: url(#tip) }
path.taken { stroke: #0f766e; stroke-width: 3; marker-end: url(#taken-tip) }
.number { font-weight: bold; fill: #0f766e }"""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the box of a state is: its upper left corner, and its row in the column."""

    x: int
    y: int
    row: int

    @property
    def middle(self) -> int:
        return self.y + _BOX_HEIGHT // 2

    @property
    def right(self) -> int:
        return self.x + _BOX_WIDTH


def svg(definition: Definition, way: Way, title: str) -> str:
    """The picture as text. Every value in it is escaped; it loads nothing and holds no script."""
    places = _places(definition)
    taken = way.taken()
    width = max(place.right for place in places.values()) + _MARGIN
    height = max(place.y for place in places.values()) + _BOX_HEIGHT + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title>',
        f"<style>{_STYLE}</style>",
        f"<defs>{_tip('tip', '#94a3b8')}{_tip('taken-tip', '#0f766e')}</defs>",
        f'<rect x="0" y="0" width="{width}" height="{height}" stroke="none"/>',
        f'<text class="title" x="{_MARGIN}" y="28">{escape(title)}</text>',
        f'<text class="what" x="{_MARGIN}" y="48">{escape(_legend())}</text>',
    ]
    for edge in edges(definition, LEAVING, taken):
        parts += _edge(edge, taken.get(edge, ()), places)
    for state in definition.states:
        parts += _box(state.name, way, places[state.name], end=isinstance(state, Final))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend() -> str:
    return f"{PASSED} {_('passed')}   {HERE} {_('here')}   {_('the numbers tell the order of the moves')}"


def _places(definition: Definition) -> dict[str, _Place]:
    """The column ends with the goal; every other end stands beside the first state that leads to it."""
    rows = [s.name for s in definition.states if not isinstance(s, Final) or s.name == definition.goal]
    places = {name: _Place(_LEFT, _TOP + row * _ROW, row) for row, name in enumerate(rows)}
    used: set[int] = set()
    for end in (state.name for state in definition.states if state.name not in places):
        sources = [s for t in definition.transitions if t.dest == end and t.trigger not in LEAVING for s in t.sources]
        row = min((places[s].row for s in sources if s in places), default=0)
        while row in used:
            row += 1
        used.add(row)
        places[end] = _Place(_ENDS, _TOP + row * _ROW, row)
    return places


def _tip(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9"'
        f' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 L8 4 L0 8 Z" style="fill:{colour};stroke:none;'
        'marker-end:none"/></marker>'
    )


def _box(name: str, way: Way, place: _Place, *, end: bool) -> Iterator[str]:
    kind, sign = ("here", HERE) if name == way.here else ("passed", PASSED) if name in way.passed else ("", "")
    classes = " ".join(part for part in (kind, "end" if end else "") if part)
    yield (
        f'<rect class="{classes}" x="{place.x}" y="{place.y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="6">'
        f"<title>{escape(name)}</title></rect>"
    )
    yield f'<text x="{place.x + 12}" y="{place.middle + 5}">{escape(f"{sign} {state_words(name)}".strip())}</text>'


def _edge(edge: Edge, numbers: tuple[int, ...], places: dict[str, _Place]) -> Iterator[str]:
    source, dest = places[edge[0]], places[edge[2]]
    path, label = _curve(source, dest)
    words = escape(_(TRIGGERS.get(edge[1], edge[1])))
    kind = ' class="taken"' if numbers else ""
    yield f'<path{kind} d="{path}"><title>{words}</title></path>'
    told = f'<tspan class="number">{", ".join(map(str, numbers))} </tspan>' if numbers else ""
    if label and (numbers or dest.row == source.row + 1):
        yield f'<text class="what" x="{label[0]}" y="{label[1]}">{told}{words}</text>'


def _curve(source: _Place, dest: _Place) -> tuple[str, tuple[int, int] | None]:
    """The way of an arrow, and where its words stand."""
    if dest.x != source.x:
        half = (source.right + dest.x) // 2
        label = (dest.x + 12, dest.y + _BOX_HEIGHT + 14)
        return (
            f"M{source.right} {source.middle} C{half} {source.middle} {half} {dest.middle} {dest.x} {dest.middle}",
            label,
        )
    if dest.row == source.row + 1:
        x = source.x + 24
        return f"M{x} {source.y + _BOX_HEIGHT} L{x} {dest.y}", (x + 12, source.y + _BOX_HEIGHT + 19)
    bulge = min(_BULGE * (abs(dest.row - source.row) + 1), _WIDEST_BULGE)
    if dest.row > source.row:
        x = source.right + bulge
        middle = (source.middle + dest.middle) // 2
        path = f"M{source.right} {source.middle} C{x} {source.middle} {x} {dest.middle} {dest.right} {dest.middle}"
        return path, (source.right + bulge * 3 // 4 + 8, middle)
    x = source.x - bulge
    path = f"M{source.x} {source.middle} C{x} {source.middle} {x} {dest.middle} {dest.x} {dest.middle}"
    return path, (x + bulge // 4 + 8, (source.middle + dest.middle) // 2)
