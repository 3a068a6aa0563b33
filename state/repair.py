"""Repairs what can be proved: a row from its journal, a journal around its row; each time the journal says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from state.examination import Examined
from state.keys import StoreKeys
from state.rows import line_of
from state.store import DatabaseStore
from workflow.definition import Definition
from workflow.errors import StoreDamagedError
from workflow.procedure import Line, Procedure, ProcedureId
from workflow.replaying import replayed, standing, whole
from workflow.restoring import doubted
from workflow.upgrades import brought_forward

Identity = Callable[[Definition, Mapping[str, Any]], str]


class Proof(Enum):
    """What proves a procedure of which something is damaged."""

    JOURNAL = "journal"
    ROW = "row"


def proof_of(examined: Examined) -> Proof | None:
    """What can prove a damaged procedure; None when nothing can, or nothing is wrong with it."""
    if examined.age_defects or not examined.defects:
        return None  # an older copy proves nothing: what was done since is not in it
    if not examined.row_defects:
        return Proof.ROW
    return None if examined.line_defects or not examined.rows else Proof.JOURNAL


class Repair:
    """Repairs the procedures of a store, one transaction for each."""

    def __init__(
        self, store: DatabaseStore, keys: StoreKeys, definitions: Mapping[str, Definition], identity: Identity
    ) -> None:
        self._store = store
        self._keys = keys
        self._definitions = definitions
        self._identity = identity

    def repair(self, procedure: ProcedureId, now: datetime) -> bool:
        """Repair a procedure, whose lock the caller holds; False when nothing proves it. Raises what the store does."""
        examined = self._store.examine(procedure)
        match proof_of(examined):
            case Proof.ROW:
                return self._keep_row(examined, now)
            case Proof.JOURNAL:
                return self._rebuild_row(examined, now)
            case None:
                return False

    def _keep_row(self, examined: Examined, now: datetime) -> bool:
        """Write the journal anew: each damaged line is replaced by one that says that it is lost."""
        procedure = examined.procedure
        if procedure is None or not self._knows(procedure):
            return False
        told = _told(procedure, examined, now)
        self._store.rewrite(procedure, self._whose(procedure), [*self._readable(examined, procedure), told], kept=())
        return True

    def _readable(self, examined: Examined, procedure: Procedure) -> list[Line]:
        assert examined.row is not None, "its row is sound"
        damaged = {defect.line for defect in examined.line_defects}
        rows = {row["number"]: row for row in examined.rows if row["number"] not in damaged}
        lines, at = [], procedure.created_at
        for number in range(1, int(examined.row["lines"]) + 1):
            try:
                lines.append(line_of(self._keys, rows[number]))
            except (KeyError, StoreDamagedError):
                lines.append(Line(at, "lost", ""))
            at = lines[-1].at
        return lines

    def _rebuild_row(self, examined: Examined, now: datetime) -> bool:
        """Take the facts from the sound journal; where its end is not sure, eHealth is asked before it goes on."""
        procedure = replayed(ProcedureId(examined.id), [line_of(self._keys, row) for row in examined.rows])
        if procedure is None or not self._knows(procedure):
            return False
        definition = self._definitions[procedure.definition]
        procedure = brought_forward(procedure, definition.version)
        if _ends_surely(examined):
            procedure = standing(definition, procedure, procedure.facts, now)
        else:
            procedure = doubted(definition, procedure, now, "repaired")[0]
        self._store.rewrite(procedure, self._whose(procedure), [_told(procedure, examined, now)], kept=examined.rows)
        return True

    def _knows(self, procedure: Procedure) -> bool:
        """Whether today's program has the definition, in this version or a later one."""
        definition = self._definitions.get(procedure.definition)
        return definition is not None and procedure.definition_version <= definition.version

    def _whose(self, procedure: Procedure) -> str:
        return self._identity(self._definitions[procedure.definition], procedure.facts)


def _ends_surely(examined: Examined) -> bool:
    """Whether a sound journal surely ends where it did: its length is confirmed from outside of it."""
    row, mark, lines = examined.row, examined.mark, len(examined.rows)
    if mark is not None and mark.lines == lines:
        return True
    return row is not None and (row["lines"], row["head"]) == (lines, examined.head)


def _told(procedure: Procedure, examined: Examined, now: datetime) -> Line:
    said = [defect.text if defect.line is None else f"{defect.line}: {defect.text}" for defect in examined.defects]
    return Line(now, "repaired", procedure.state, details={"defects": said}, changes=whole(procedure))
