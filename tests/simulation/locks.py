"""Locks that nobody keeps, as on some network drives: then only the revision in the store is between two processes."""

from __future__ import annotations

from tests.world.memory import MemoryLocks
from workflow.procedure import ProcedureId


class LooseLocks(MemoryLocks):
    """Gives every lock to everybody."""

    def __init__(self) -> None:
        super().__init__()
        self.held = _Nothing()


class _Nothing(set[ProcedureId]):
    def add(self, element: ProcedureId) -> None:
        """Forgotten at once."""
