"""The lines of a journal in words: what happened, by whom, and why it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from workflow import errors
from workflow.explanations.words import LINES, OPERATIONS, STATES, TRIGGERS
from workflow.procedure import Line, WrittenLine
from workflow.texts import Said, mark

UNREADABLE = "unreadable"
"""The kind that a store gives to a line that cannot be read."""

_UNKNOWN = mark("unknown")
_OFTEN = frozenset({"looked", "trouble"})
"""The kinds of lines that come again and again while nothing changes."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Some lines of a journal that tell the same, one after the other: most often one."""

    first: WrittenLine
    last: WrittenLine
    times: int

    @property
    def said(self) -> Said:
        """What the last of them tells."""
        return narrated(self.last.line)

    @property
    def sound(self) -> bool:
        """Whether the first and the last of them were left as they were written."""
        return self.first.sound and self.last.sound


def happenings(journal: Iterable[WrittenLine]) -> list[Happening]:
    """The journal, with looks and troubles that repeat themselves told once."""
    found: list[Happening] = []
    for written in journal:
        if found and _repeats(found[-1], written):
            found[-1] = Happening(found[-1].first, written, found[-1].times + 1)
        else:
            found.append(Happening(written, written, 1))
    return found


def _repeats(before: Happening, written: WrittenLine) -> bool:
    last, line = before.last.line, written.line
    same = (last.kind, last.state, last.details.get("code")) == (line.kind, line.state, line.details.get("code"))
    return same and line.kind in _OFTEN and before.sound and written.sound


def narrated(line: Line) -> Said:
    """What one line tells; a kind of a later version tells its name."""
    text = LINES.get(_kind(line))
    if text is None:
        return _worded({}, line.kind)
    return Said(text, Known({name: _value(name, value) for name, value in line.details.items()} | dict(_about(line))))


def _kind(line: Line) -> str:
    if line.kind in ("back", "ended") and "by" in line.details:
        return f"{line.kind}_by"
    if line.kind == "not_arrived" and "code" in line.details:
        return "not_sent"
    return line.kind


def _about(line: Line) -> Iterator[tuple[str, Any]]:
    yield "what", _worded(TRIGGERS, line.trigger or line.kind)
    if "code" in line.details:
        yield "error", error_said(line.details)


def _value(name: str, value: Any) -> Any:
    if name in ("to", "stored"):
        return _worded(STATES, value)
    if name == "operation":
        return _worded(OPERATIONS, value)
    return _moment(value)


def _worded(words: Mapping[str, str], name: Any) -> Said:
    """The words of a name; an unknown name tells itself, and is never filled in: it comes from the journal."""
    known = words.get(name)
    return Said("{name}", {"name": name}) if known is None else Said(known)


def error_said(details: Mapping[str, Any]) -> Said:
    """The words of an error, from what the journal keeps of it; an unknown code tells itself."""
    known = errors_by_code().get(details["code"])
    if known is None:
        return _worded({}, str(details["code"]))
    return Said(known.text, Known({name: _moment(value) for name, value in details.items()}))


@cache
def errors_by_code() -> dict[str, type[errors.EhcertError]]:
    """Every error by its code."""
    return {error.code: error for error in _with_leaves(errors.EhcertError)}


def _with_leaves(error: type[errors.EhcertError]) -> Iterator[type[errors.EhcertError]]:
    for leaf in error.__subclasses__():
        yield from _with_leaves(leaf)
    yield error


def _moment(value: Any) -> Any:
    """The journal keeps moments and days as texts."""
    if not isinstance(value, str) or len(value) < len("2031-03-04") or not value[:4].isdigit():
        return value
    try:
        return date.fromisoformat(value) if len(value) == len("2031-03-04") else datetime.fromisoformat(value)
    except ValueError:
        return value


class Known(dict[str, Any]):
    """What fills in a text, of which an older journal may lack something."""

    def __missing__(self, name: str) -> Said:
        return Said(_UNKNOWN)
