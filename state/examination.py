"""Examines what is stored about a procedure: its row, the chain of its journal, and the anchor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from state.anchor import Mark
from state.keys import StoreKeys
from state.rows import FIRST_LINK, details_open_at, link_after, link_holds, procedure_of
from workflow.errors import JournalDamagedError, StoreDamagedError
from workflow.procedure import Procedure
from workflow.texts import mark

Row = Mapping[Any, Any]


class Flaw(Enum):
    """What can be wrong with a line of a journal."""

    CHANGED = mark("was changed")
    MISSING = mark("is missing")
    CUT = mark("is missing at the end")
    SWAPPED = mark("stands in the place of another")
    DOUBLED = mark("is a copy of another")
    FORGED = mark("was not written by ehcert")


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong: of a line of the journal, or of the whole procedure when there is no line."""

    line: int | None
    text: str
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What is stored about a procedure. `procedure` is there when its row is sound."""

    id: str
    row: Row | None
    rows: Sequence[Row]
    mark: Mark | None
    procedure: Procedure | None
    row_defects: tuple[Defect, ...]
    line_defects: tuple[Defect, ...]
    age_defects: tuple[Defect, ...]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """All of them, the gravest first."""
        return (*self.age_defects, *self.row_defects, *self.line_defects)

    @property
    def head(self) -> str:
        """The last link that is stored."""
        return str(self.rows[-1]["link"]) if self.rows else FIRST_LINK

    def sound(self) -> Procedure:
        """The procedure. Raises `StoreDamagedError` or `JournalDamagedError` for the gravest defect."""
        for defect in self.defects:
            if defect.line is None:
                raise StoreDamagedError(id=self.id, reason=defect.text)
            raise JournalDamagedError(id=self.id, line=defect.line, defect=defect.text)
        assert self.procedure is not None, "without a defect the row was read"
        return self.procedure


def examine(keys: StoreKeys, procedure: str, row: Row | None, rows: Sequence[Row], mark: Mark | None) -> Examined:
    """Examine the row, the journal rows (by number) and the mark of one procedure."""
    found, row_defects = _row(keys, row)
    lines = row["lines"] if row is not None and found is not None else None
    head = row["head"] if row is not None and found is not None else None
    rows = [line for line in rows if isinstance(line["number"], int)]
    chain = _Chain(keys, rows, lines, head)
    line_defects = chain.defects()
    if chain.goes_on:
        found, row_defects, lines = None, (Defect(None, _BEHIND),), None
    age_defects = _age(len(rows) if lines is None else lines, rows, mark, bool(line_defects))
    return Examined(procedure, row, rows, mark, found, row_defects, line_defects, age_defects)


def _row(keys: StoreKeys, row: Row | None) -> tuple[Procedure | None, tuple[Defect, ...]]:
    if row is None:
        return None, (Defect(None, mark("it is missing from the database")),)
    try:
        return procedure_of(keys, row), ()
    except StoreDamagedError as error:
        return None, (Defect(None, error.details["reason"]),)


_BEHIND = mark("what is stored about it is older than its journal")
_OLDER = mark("it is older than what this computer last wrote")
_OTHER = mark("its journal is another than the one that this computer wrote")


def _age(length: int, rows: Sequence[Row], anchored: Mark | None, damaged: bool) -> tuple[Defect, ...]:
    """What the anchor says: nothing when the database is as new as it, or newer."""
    if anchored is None:
        return ()
    if length < anchored.lines:
        return (Defect(None, _OLDER),)
    at_mark = next((line for line in rows if line["number"] == anchored.lines), None)
    if not damaged and at_mark is not None and at_mark["link"] != anchored.head:
        return (Defect(None, _OTHER),)
    return ()


class _Chain:
    """Walks along a journal. `lines` and `head` are what a sound row says of it, None without one."""

    def __init__(self, keys: StoreKeys, rows: Sequence[Row], lines: int | None, head: str | None) -> None:
        self._keys = keys
        self._rows = rows
        self._lines = lines
        self._head = head
        self.goes_on = False  # whether true lines follow after the last one that the row knows

    def defects(self) -> tuple[Defect, ...]:
        found: list[Defect] = []
        links: set[str] = {FIRST_LINK}
        expected = 1
        for position, row in enumerate(self._rows):
            number = row["number"]
            found += [_defect(missing, Flaw.MISSING) for missing in range(expected, min(number, expected + 100))]
            gap, expected = number != expected, number + 1
            right = {link_after(self._keys, link, row) for link in links}
            if self._lines is not None and number > self._lines:
                if row["link"] in right and not gap:
                    self.goes_on = True
                else:
                    found.append(_defect(number, Flaw.FORGED))
            elif gap and self._home(row) == number:
                pass  # the line before is missing: the next one tells whether this one's link holds
            elif row["link"] not in right:
                found.append(_defect(number, self._flaw(row, position)))
            # After a line that is wrong, its written link or the one that it should have may be the true one.
            links = {str(row["link"])} if row["link"] in right else {str(row["link"]), *right}
        return (*found, *self._at_the_end(expected, links, {defect.line for defect in found}))

    def _at_the_end(self, expected: int, links: set[str], named: set[int | None]) -> list[Defect]:
        if self._lines is None or self._head is None:
            return []
        if expected <= self._lines:
            return [_defect(expected, Flaw.CUT)]
        if not self.goes_on and self._head not in links and expected == self._lines + 1 and self._lines not in named:
            return [_defect(self._lines, Flaw.CHANGED)]
        return []

    def _flaw(self, row: Row, position: int) -> Flaw:
        number, home = row["number"], self._home(row)
        if home == number:
            return Flaw.CHANGED
        if home is not None:
            there = next((other for other in self._rows if other["number"] == home), None)
            return Flaw.DOUBLED if there is not None and self._home(there) == home else Flaw.SWAPPED
        return Flaw.CHANGED if self._confirmed(row, position) else Flaw.FORGED

    def _confirmed(self, row: Row, position: int) -> bool:
        """Whether the line after it, or the procedure's row, knows the link that is written."""
        if position + 1 < len(self._rows):
            following = self._rows[position + 1]
            return link_holds(self._keys, str(row["link"]), following)
        return bool(self._head == row["link"])

    def _home(self, row: Row) -> int | None:
        """The number of the line for which these details were sealed."""
        numbers = (row["number"], *(number for number in range(1, len(self._rows) + 2) if number != row["number"]))
        return next((number for number in numbers if details_open_at(self._keys, row, number)), None)


def _defect(line: int, flaw: Flaw) -> Defect:
    return Defect(line, flaw.value, flaw)
