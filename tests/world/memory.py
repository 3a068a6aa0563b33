"""The store and the locks in memory, with the meaning of the real ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workflow.errors import AmbiguousIdError, BusyError, NoSuchProcedureError, ProcedureUnderWayError
from workflow.procedure import Line, Procedure, ProcedureId, WrittenLine


@dataclass
class _Kept:
    procedure: Procedure
    identity: tuple[str, str] | None
    lines: list[Line]


@dataclass
class MemoryStore:
    """Implements `workflow.ports.Store` and the look-ups of `state.store.DatabaseStore`.

    What it is given goes through JSON, as in a database: nobody shares an object with it. It is its own durable
    part: a crash of the program leaves it as it is.
    """

    _kept: dict[ProcedureId, _Kept] = field(default_factory=dict)

    def insert(self, procedure: Procedure, lines: Sequence[Line], identity: str) -> Procedure:
        """See `workflow.ports.Store.insert`."""
        whose = (procedure.environment, identity)
        for kept in self._kept.values():
            if kept.identity == whose:
                raise ProcedureUnderWayError(id=kept.procedure.id)
        if procedure.id in self._kept:
            raise ProcedureUnderWayError(id="?")
        stored = replace(_copied(procedure), revision=1)
        self._kept[procedure.id] = _Kept(stored, None if procedure.ended else whose, [_copied_line(i) for i in lines])
        return _copied(stored)

    def load(self, procedure: ProcedureId) -> Procedure:
        """See `workflow.ports.Store.load`."""
        return _copied(self._of(procedure).procedure)

    def save(self, procedure: Procedure, lines: Sequence[Line], identity: str | None = None) -> Procedure:
        """See `workflow.ports.Store.save`."""
        kept = self._kept.get(procedure.id)
        if kept is None or kept.procedure.revision != procedure.revision:
            raise BusyError(id=procedure.id, pid="?", since="?")
        if identity is not None:
            whose = (procedure.environment, identity)
            if other := next((o for o in self._kept.values() if o is not kept and o.identity == whose), None):
                raise ProcedureUnderWayError(id=other.procedure.id)
            kept.identity = whose
        kept.procedure = replace(_copied(procedure), revision=procedure.revision + 1)
        kept.identity = None if procedure.ended else kept.identity
        kept.lines += [_copied_line(line) for line in lines]
        return _copied(kept.procedure)

    def forget(self, procedure: ProcedureId) -> None:
        """See `workflow.ports.Store.forget`."""
        self._kept.pop(procedure, None)

    def find(self, prefix: str) -> ProcedureId:
        """The procedure whose identifier starts so."""
        ids = [one for one in self._kept if one.startswith(prefix)]
        if prefix in ids:
            return ProcedureId(prefix)
        if not prefix or not ids:
            raise NoSuchProcedureError(id=prefix)
        if len(ids) > 1:
            raise AmbiguousIdError(prefix=prefix, ids=", ".join(sorted(ids)[:10]))
        return ids[0]

    def procedures(self, *, ended: bool = False, limit: int = 100, offset: int = 0) -> list[Procedure]:
        """The procedures that have not ended, or all; the oldest state first, the ended ones last."""
        found = [kept.procedure for kept in self._kept.values() if ended or not kept.procedure.ended]
        found.sort(key=lambda procedure: (procedure.ended, procedure.since))
        return [_copied(procedure) for procedure in found[offset : offset + limit]]

    def journal(self, procedure: ProcedureId) -> list[WrittenLine]:
        """All lines of a journal; nobody else can reach them, so they are sound."""
        kept = self._kept.get(procedure)
        lines = kept.lines if kept else []
        return [WrittenLine(number, _copied_line(line), True) for number, line in enumerate(lines, 1)]

    def _of(self, procedure: ProcedureId) -> _Kept:
        if procedure not in self._kept:
            raise NoSuchProcedureError(id=procedure)
        return self._kept[procedure]


@dataclass
class MemoryLocks:
    """Implements `workflow.ports.Locks`; a test may hold a procedure as another process would: `held.add(id)`."""

    held: set[ProcedureId] = field(default_factory=set)

    @contextlib.contextmanager
    def hold(self, procedure: ProcedureId) -> Iterator[None]:
        """See `workflow.ports.Locks.hold`."""
        if procedure in self.held:
            raise BusyError(id=procedure, pid="?", since="?")
        self.held.add(procedure)
        try:
            yield
        finally:
            self.held.discard(procedure)


def _copied(procedure: Procedure) -> Procedure:
    return replace(procedure, facts=_through_json(procedure.facts))


def _copied_line(line: Line) -> Line:
    return replace(line, details=_through_json(line.details), changes=_through_json(line.changes))


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(dict(value)))
