"""Keeps procedures in the database: one conditional UPDATE and the journal lines in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from state.database import READING
from state.keys import StoreKeys
from state.rows import FIRST_LINK, journal_rows, line_of, link_holds, procedure_of, procedure_row
from state.tables import JournalRow, ProcedureRow
from workflow.errors import (
    BusyError,
    NoSuchProcedureError,
    ProcedureUnderWayError,
    StoreDamagedError,
    StoreUnusableError,
    WhichProcedureError,
)
from workflow.procedure import Line, Procedure, ProcedureId, WrittenLine

_PROCEDURE = ProcedureRow.__table__  # type: ignore[attr-defined]
_JOURNAL = JournalRow.__table__  # type: ignore[attr-defined]


class DatabaseStore:
    """The `Store` of the engine, and the look-ups of the commands."""

    def __init__(self, engine: Engine, store_key: bytes) -> None:
        self._engine = engine
        self._keys = StoreKeys.of(store_key)
        self._chains: dict[str, tuple[str | None, int, str]] = {}

    # --- what the engine needs ------------------------------------------------------------------------------------

    def insert(self, procedure: Procedure, lines: Sequence[Line], identity: str) -> Procedure:
        """See `workflow.ports.Store.insert`."""
        hashed = self._keys.look_up(f"{procedure.environment} {identity}")
        stored = replace(procedure, revision=1)
        rows, head = journal_rows(self._keys, procedure.id, list(lines), after=0, head=FIRST_LINK)
        row = procedure_row(self._keys, stored, identity=hashed, lines=len(rows), head=head)
        with self._writing() as connection:
            under_way = select(_PROCEDURE.c.id).where(_PROCEDURE.c.identity == hashed)
            if (other := connection.execute(under_way).scalar()) is not None:
                raise ProcedureUnderWayError(id=other)
            try:
                connection.execute(insert(_PROCEDURE), [row])
            except IntegrityError as error:
                raise ProcedureUnderWayError(id="?") from error
            connection.execute(insert(_JOURNAL), rows)
        self._chains[procedure.id] = (hashed, len(rows), head)
        return stored

    def load(self, procedure: ProcedureId) -> Procedure:
        """See `workflow.ports.Store.load`."""
        with self._reading() as connection:
            found = connection.execute(select(_PROCEDURE).where(_PROCEDURE.c.id == procedure)).mappings().first()
            if found is None:
                raise NoSuchProcedureError(id=procedure)
            last = select(_JOURNAL).where(_JOURNAL.c.procedure_id == procedure, _JOURNAL.c.number == found["lines"])
            line = connection.execute(last).mappings().first()
        loaded = procedure_of(self._keys, found)
        if line is None or line["link"] != found["head"]:
            raise StoreDamagedError(id=procedure, reason="the last line of its journal is missing or was changed")
        self._chains[procedure] = (found["identity"], found["lines"], found["head"])
        return loaded

    def save(self, procedure: Procedure, lines: Sequence[Line]) -> Procedure:
        """See `workflow.ports.Store.save`."""
        identity, length, head = self._chains[procedure.id]
        saved = replace(procedure, revision=procedure.revision + 1)
        rows, head = journal_rows(self._keys, procedure.id, list(lines), after=length, head=head)
        row = procedure_row(self._keys, saved, identity=identity, lines=length + len(rows), head=head)
        change = update(_PROCEDURE).where(_PROCEDURE.c.id == procedure.id, _PROCEDURE.c.revision == procedure.revision)
        with self._writing() as connection:
            if connection.execute(change.values(**row)).rowcount != 1:
                raise BusyError(id=procedure.id, pid="?", since="?")
            connection.execute(insert(_JOURNAL), rows)
        self._chains[procedure.id] = (row["identity"], length + len(rows), head)
        return saved

    def forget(self, procedure: ProcedureId) -> None:
        """See `workflow.ports.Store.forget`."""
        with self._writing() as connection:
            connection.execute(delete(_JOURNAL).where(_JOURNAL.c.procedure_id == procedure))
            connection.execute(delete(_PROCEDURE).where(_PROCEDURE.c.id == procedure))

    # --- what the commands look up --------------------------------------------------------------------------------

    def find(self, prefix: str) -> ProcedureId:
        """The procedure whose identifier starts so. Raises `NoSuchProcedureError`, `WhichProcedureError`."""
        begins = _PROCEDURE.c.id.startswith(prefix, autoescape=True)
        with self._reading() as connection:
            ids = list(connection.execute(select(_PROCEDURE.c.id).where(begins).limit(10)).scalars())
        if prefix in ids:
            return ProcedureId(prefix)
        if not prefix or not ids:
            raise NoSuchProcedureError(id=prefix)
        if len(ids) > 1:
            raise WhichProcedureError(ids=", ".join(ids))
        return ProcedureId(ids[0])

    def procedures(self, *, ended: bool = False, limit: int = 100, offset: int = 0) -> list[Procedure]:
        """The procedures that have not ended, or also those that have: oldest state first, the ended ones last.

        A damaged one is left out here; `damaged` names it.
        """
        return [procedure for procedure in self._listed(ended, limit, offset) if isinstance(procedure, Procedure)]

    def damaged(self, *, limit: int = 100) -> list[ProcedureId]:
        """The procedures whose rows were changed by another hand."""
        return [found for found in self._listed(True, limit, 0) if isinstance(found, str)]

    def journal(self, procedure: ProcedureId) -> list[WrittenLine]:
        """All lines of a journal, each with whether its link holds."""
        query = select(_JOURNAL).where(_JOURNAL.c.procedure_id == procedure).order_by(_JOURNAL.c.number)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        written, link = [], FIRST_LINK
        for expected, row in enumerate(rows, 1):
            sound = row["number"] == expected and link_holds(self._keys, link, row)
            written.append(WrittenLine(row["number"], line_of(self._keys, row), sound))
            link = row["link"]
        return written

    def _listed(self, ended: bool, limit: int, offset: int) -> Iterator[Procedure | ProcedureId]:
        query = select(_PROCEDURE).order_by(_PROCEDURE.c.ended, _PROCEDURE.c.since).limit(limit).offset(offset)
        if not ended:
            query = query.where(_PROCEDURE.c.ended.is_(False))
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        for row in rows:
            try:
                yield procedure_of(self._keys, row)
            except StoreDamagedError:
                yield ProcedureId(row["id"])

    # --- transactions ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._translated(), self._engine.connect().execution_options(**{READING: True}) as connection:
            yield connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[Any]:
        try:
            yield
        except DatabaseError as error:
            raise StoreUnusableError(path=self._engine.url.database or "", reason=str(error.orig)) from error
