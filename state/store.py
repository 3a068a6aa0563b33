"""Keeps procedures in the database: one conditional UPDATE and the journal lines in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from state.anchor import Anchor, AnchorFile, Mark
from state.database import check_soundness, reading, writing
from state.examination import Examined, Row, examine
from state.keys import StoreKeys
from state.rows import FIRST_LINK, journal_rows, line_of, link_holds, procedure_of, procedure_row
from state.selection import Selection, queries
from state.tables import JOURNAL, PROCEDURE
from workflow.errors import (
    AmbiguousIdError,
    AnchorDamagedError,
    BusyError,
    NoSuchProcedureError,
    ProcedureUnderWayError,
    StoreDamagedError,
    StoreUnusableError,
)
from workflow.procedure import Line, Procedure, ProcedureId, WrittenLine
from workflow.status import is_stuck
from workflow.texts import mark

UNREADABLE = "unreadable"
"""The kind that stands for the lines of a journal that cannot be read."""

_GONE = mark("it is missing from the database, which is older than what this computer last wrote")


_QUICKLY_EXAMINED = 1000
"""In how many procedures every look finds out what is missing; in more of them it would take too long."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing, and the procedures that would stand there too, were their rows not damaged."""

    procedures: list[Procedure]
    damaged: list[ProcedureId]


class DatabaseStore:
    """The `Store` of the engine, and the look-ups of the commands.

    With an `anchor` a database that is older than what was last written here is noticed, before anything is sent.
    """

    def __init__(self, engine: Engine, store_key: bytes, anchor: AnchorFile | None = None) -> None:
        self._engine = engine
        self._keys = StoreKeys.of(store_key)
        self._anchor = Anchor(self._keys, anchor)
        self._chains: dict[str, tuple[str | None, int, str]] = {}
        self._unanchored: set[str] = set()

    # --- what the engine needs ------------------------------------------------------------------------------------

    def insert(self, procedure: Procedure, lines: Sequence[Line], identity: str) -> Procedure:
        """See `workflow.ports.Store.insert`."""
        hashed = self._keys.look_up(f"{procedure.environment} {identity}")
        stored = replace(procedure, revision=1)
        rows, head = journal_rows(self._keys, procedure.id, list(lines), after=0, head=FIRST_LINK)
        row = procedure_row(self._keys, stored, identity=hashed, lines=len(rows), head=head)
        self._check_nobody_is_missing(hashed)
        with writing(self._engine) as connection:
            check_soundness(connection)
            _check_free(connection, hashed)
            try:
                connection.execute(insert(PROCEDURE), [row])
            except IntegrityError as error:
                raise ProcedureUnderWayError(id="?") from error
            connection.execute(insert(JOURNAL), rows)
        self._written(procedure.id, row["identity"], len(rows), head)
        return stored

    def load(self, procedure: ProcedureId) -> Procedure:
        """See `workflow.ports.Store.load`; the whole journal is checked, and its age against the anchor."""
        examined = self.examine(procedure)
        if examined.row is None and not examined.rows and examined.mark is None:
            with reading(self._engine) as connection:
                check_soundness(connection)
            raise NoSuchProcedureError(id=procedure)
        loaded = examined.sound()
        assert examined.row is not None, "a sound procedure has a row"
        self._chains[procedure] = (examined.row["identity"], examined.row["lines"], examined.row["head"])
        return loaded

    def save(self, procedure: Procedure, lines: Sequence[Line], identity: str | None = None) -> Procedure:
        """See `workflow.ports.Store.save`; an intent is anchored too, before the call that it announces."""
        known, length, head = self._chains[procedure.id]
        hashed = self._keys.look_up(f"{procedure.environment} {identity}") if identity else known
        if is_other := hashed != known and not procedure.ended:
            self._check_nobody_is_missing(str(hashed))
        saved = replace(procedure, revision=procedure.revision + 1)
        rows, head = journal_rows(self._keys, procedure.id, list(lines), after=length, head=head)
        row = procedure_row(self._keys, saved, identity=hashed, lines=length + len(rows), head=head)
        change = update(PROCEDURE).where(PROCEDURE.c.id == procedure.id, PROCEDURE.c.revision == procedure.revision)
        with writing(self._engine) as connection:
            if is_other:
                _check_free(connection, str(hashed))
            if connection.execute(change.values(**row)).rowcount != 1:
                raise BusyError(id=procedure.id, pid="?", since="?")
            connection.execute(insert(JOURNAL), rows)
        self._written(procedure.id, row["identity"], length + len(rows), head)
        if any(line.kind == "intent" for line in lines):
            self.anchor()
        return saved

    def forget(self, procedure: ProcedureId) -> None:
        """See `workflow.ports.Store.forget`."""
        self._anchor.write({}, dropped=[procedure])
        self._unanchored.discard(procedure)
        with writing(self._engine) as connection:
            connection.execute(delete(JOURNAL).where(JOURNAL.c.procedure_id == procedure))
            connection.execute(delete(PROCEDURE).where(PROCEDURE.c.id == procedure))

    def anchor(self) -> None:
        """Write down outside the database what this process wrote; at the end of a command. Does nothing otherwise.

        Raises `AnchorDamagedError`, `FolderNotWritableError`.
        """
        if self._unanchored:
            marks = {name: self._mark(name) for name in self._unanchored}
            self._anchor.write(marks)
            self._unanchored.clear()

    # --- what the commands look up --------------------------------------------------------------------------------

    def find(self, prefix: str) -> ProcedureId:
        """The procedure whose identifier starts so. Raises `NoSuchProcedureError`, `AmbiguousIdError`."""
        if not prefix.isascii():
            raise NoSuchProcedureError(id=prefix)
        begins = PROCEDURE.c.id.startswith(prefix, autoescape=True)
        with reading(self._engine) as connection:
            ids = list(connection.execute(select(PROCEDURE.c.id).where(begins).limit(10)).scalars())
        ids += [name for name in self._anchored() if name.startswith(prefix) and name not in ids]
        if prefix in ids:
            return ProcedureId(prefix)
        if not prefix or not ids:
            raise NoSuchProcedureError(id=prefix)
        if len(ids) > 1:
            raise AmbiguousIdError(prefix=prefix, ids=", ".join(sorted(ids)[:10]))
        return ProcedureId(ids[0])

    def procedures(self, *, ended: bool = False, limit: int = 100, offset: int = 0) -> list[Procedure]:
        """The procedures that have not ended, or also those that have: oldest state first, the ended ones last.

        A damaged one is left out here; `damaged` names it.
        """
        return [procedure for procedure in self._listed(ended, limit, offset) if isinstance(procedure, Procedure)]

    def selected(self, chosen: Selection, *, limit: int = 100, offset: int = 0) -> Page:
        """A page of a listing, see `state.selection`."""
        page = Page([], [])
        kept_back: list[Procedure] = []
        most = offset + limit
        with reading(self._engine) as connection:
            for part, query in enumerate(queries(chosen, self._keys, most)):
                read = [self._read(row) for row in connection.execute(query).mappings()]
                page.damaged.extend(one for one in read if not isinstance(one, Procedure))
                whole = [one for one in read if isinstance(one, Procedure) and _is_wanted(chosen, one)]
                if part == 0:  # in which those of an older schema are, stuck or not
                    late = [one for one in whole if is_stuck(one, chosen.now[one.environment])]
                    kept_back = [] if chosen.stuck else [one for one in whole if one not in late]
                    page.procedures.extend(late)
                else:
                    page.procedures.extend(kept_back + whole)
                    kept_back = []
                if len(page.procedures) >= most:
                    break
        return Page(page.procedures[offset:most], page.damaged)

    def damaged(self, *, limit: int = 100) -> list[ProcedureId]:
        """The procedures whose rows were changed by another hand, or that are missing or too old.

        In a store of more than a thousand only those of the oldest open ones whose rows were changed: what is missing
        is found by `ehcert doctor`, and by whoever goes on with it.
        """
        changed = [found for found in self._listed(True, limit, 0) if isinstance(found, str)]
        with reading(self._engine) as connection:
            query = select(PROCEDURE.c.id, PROCEDURE.c.lines).limit(_QUICKLY_EXAMINED + 1)
            lengths = {row.id: row.lines for row in connection.execute(query)}
        if len(lengths) > _QUICKLY_EXAMINED:
            return changed
        marks = self._anchored()
        old = [name for name, one in marks.items() if name not in changed and _shorter(lengths.get(name), one)]
        return [*changed, *(ProcedureId(name) for name in old)][:limit]

    def journal(self, procedure: ProcedureId) -> list[WrittenLine]:
        """All lines of a journal, each with whether its link holds; of one that cannot be read only the place."""
        written, link = [], FIRST_LINK
        for expected, row in enumerate(self._stored(procedure)[1], 1):
            sound = row["number"] == expected and link_holds(self._keys, link, row)
            try:
                line = line_of(self._keys, row)
            except StoreDamagedError:
                line, sound = Line(datetime.fromtimestamp(0, UTC), UNREADABLE, ""), False
            written.append(WrittenLine(row["number"], line, sound))
            link = row["link"]
        return written

    # --- what the examination and the repair need -----------------------------------------------------------------

    def ids(self) -> list[ProcedureId]:
        """Every procedure of which something is stored, or was."""
        with reading(self._engine) as connection:
            stored = set(connection.execute(select(PROCEDURE.c.id)).scalars())
            stored |= set(connection.execute(select(JOURNAL.c.procedure_id).distinct()).scalars())
        return [ProcedureId(name) for name in sorted(stored | set(self._anchored()), key=str)]

    def examine(self, procedure: ProcedureId, *, trusting: bool = False) -> Examined:
        """All that is stored about a procedure, and what is wrong with it.

        Raises `AnchorDamagedError`; `trusting`: then goes on as if there was no anchor.
        """
        marks = self._anchored() if trusting else self._anchor.marks()
        return examine(self._keys, procedure, *self._stored(procedure), marks.get(procedure))

    def rewrite(self, procedure: Procedure, identity: str, lines: Sequence[Line], *, kept: Sequence[Row]) -> None:
        """Put a repaired procedure in the place of what is stored: the journal rows `kept`, then these lines.

        Its mark in the anchor is away in between: after a crash there is none, which is no contradiction.
        """
        hashed = self._keys.look_up(f"{procedure.environment} {identity}")
        link = str(kept[-1]["link"]) if kept else FIRST_LINK
        rows, head = journal_rows(self._keys, procedure.id, list(lines), after=len(kept), head=link)
        length = len(kept) + len(rows)
        # Beyond every revision that a process may still hold: each saved change has at least one line.
        saved = replace(procedure, revision=max(procedure.revision, length) + 1)
        row = procedure_row(self._keys, saved, identity=hashed, lines=length, head=head)
        self._anchor.write({}, dropped=[procedure.id])
        with writing(self._engine) as connection:
            connection.execute(delete(JOURNAL).where(JOURNAL.c.procedure_id == procedure.id))
            connection.execute(delete(PROCEDURE).where(PROCEDURE.c.id == procedure.id))
            connection.execute(insert(PROCEDURE), [row])
            connection.execute(insert(JOURNAL), [*(dict(one) for one in kept), *rows])
        self._written(procedure.id, row["identity"], length, head)
        self.anchor()

    def make_anchor(self) -> list[ProcedureId]:
        """Make the anchor anew from what is stored; returns the procedures that are damaged, which are left out."""
        marks: dict[str, Mark] = {}
        damaged = []
        for name in self.ids():
            examined = self.examine(name, trusting=True)
            if examined.defects or examined.row is None:
                damaged.append(name)
            else:
                marks[name] = Mark(examined.row["lines"], examined.row["head"], examined.row["identity"])
        self._anchor.make_anew(marks)
        return damaged

    def check_anchor(self) -> None:
        """Raises `AnchorDamagedError`, `StoreUnusableError`."""
        self._anchor.marks()

    def anchor_is_missing(self) -> bool:
        """Whether nothing is written down outside the database."""
        return self._anchor.missing()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _stored(self, procedure: str) -> tuple[RowMapping | None, Sequence[RowMapping]]:
        lines = select(JOURNAL).where(JOURNAL.c.procedure_id == procedure).order_by(JOURNAL.c.number)
        with reading(self._engine) as connection:
            row = connection.execute(select(PROCEDURE).where(PROCEDURE.c.id == procedure)).mappings().first()
            return row, connection.execute(lines).mappings().all()

    def _written(self, procedure: str, identity: str | None, lines: int, head: str) -> None:
        self._chains[procedure] = (identity, lines, head)
        self._unanchored.add(procedure)

    def _mark(self, procedure: str) -> Mark:
        identity, lines, head = self._chains[procedure]
        return Mark(lines, head, identity)

    def _anchored(self) -> dict[str, Mark]:
        """The marks, for those who only look: a damaged anchor stops who wants to act, see `examine`."""
        try:
            return dict(self._anchor.marks())
        except (AnchorDamagedError, StoreUnusableError):
            return {}

    def _check_nobody_is_missing(self, identity: str) -> None:
        """That no procedure of this person is hidden by damage, or was lost with an older copy of the database."""
        for name, one in self._anchor.marks().items():
            if one.identity == identity:
                examined = self.examine(ProcedureId(name))
                if examined.row is None:
                    raise StoreDamagedError(id=name, reason=_GONE)
                if not examined.sound().ended:
                    raise ProcedureUnderWayError(id=name)

    def _listed(self, ended: bool, limit: int, offset: int) -> Iterator[Procedure | ProcedureId]:
        query = select(PROCEDURE).order_by(PROCEDURE.c.ended, PROCEDURE.c.since).limit(limit).offset(offset)
        if not ended:
            query = query.where(PROCEDURE.c.ended.is_(False))
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        for row in rows:
            yield self._read(row)

    def _read(self, row: RowMapping) -> Procedure | ProcedureId:
        """The procedure of a row, or only its name when it is damaged."""
        try:
            return procedure_of(self._keys, row)
        except StoreDamagedError:
            return ProcedureId(row["id"])


def _shorter(stored: object, anchored: Mark) -> bool:
    return not isinstance(stored, int) or stored < anchored.lines


def _is_wanted(chosen: Selection, procedure: Procedure) -> bool:
    """Whether a row that could not say whose it is belongs to the wanted person."""
    return chosen.person is None or procedure.facts.get("holder", {}).get("ssin") == chosen.person


def _check_free(connection: Connection, identity: str) -> None:
    """Raises `ProcedureUnderWayError`, naming the procedure of this identity that has not ended."""
    other = connection.execute(select(PROCEDURE.c.id).where(PROCEDURE.c.identity == identity)).scalar()
    if other is not None:
        raise ProcedureUnderWayError(id=other)
