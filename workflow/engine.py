"""Runs procedures: one step, then the next state, then state, facts and journal in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from workflow import acting
from workflow.acting import Act
from workflow.definition import Definition, Turn
from workflow.errors import BusyError, EhcertError, ProcedureNewerError
from workflow.machine import derive
from workflow.ports import Clock, Locks, Steps, Store
from workflow.procedure import Line, Procedure, ProcedureId
from workflow.record import Boundary, Desk, Record, Report
from workflow.replaying import changes_of
from workflow.run import Run
from workflow.sitting import Sitting
from workflow.unattended import Looked, Unattended
from workflow.upgrades import brought_forward


class Engine:
    """Starts procedures and takes them further; holds no state between calls.

    `new_id` makes identifiers. The engine reads no clock, disk or network but through its ports. What takes a stored
    procedure raises `NoSuchProcedureError`, `BusyError` and what else the store and the locks raise.
    """

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        store: Store,
        clock: Clock,
        locks: Locks,
        new_id: Callable[[], ProcedureId],
        boundary: Boundary = lambda name: None,
    ) -> None:
        self._definitions = definitions
        self._store = store
        self._clock = clock
        self._locks = locks
        self._new_id = new_id
        self._desk = Desk(store, clock, boundary)

    # --- what people call -----------------------------------------------------------------------------------------

    def start(self, name: str, environment: str, sitting: Sitting) -> Report:
        """Begin a procedure and take it as far as it goes now.

        A start that fails before the procedure is worth keeping leaves nothing behind.
        """
        definition = self._definitions[name]
        now = self._clock.now()
        procedure = Procedure(
            id=self._new_id(),
            definition=definition.name,
            definition_version=definition.version,
            environment=environment,
            state=definition.initial,
            turn=Turn.USER,
            facts={},
            created_at=now,
            since=now,
        )
        with self._locks.hold(procedure.id):
            record = Record(self._desk, definition, procedure)
            try:
                return Run(record, sitting).go_on()
            except BusyError:  # another process went on with it: what we know of it is out of date
                raise
            except EhcertError:
                record.forget_unless_kept()
                raise

    def resume(self, procedure_id: ProcedureId, sitting: Sitting) -> Report:
        """Take a stored procedure as far as it goes now. Raises what its steps raise."""
        with self._opened(procedure_id) as record:
            return _go_on(record, sitting)

    def cancel(self, procedure_id: ProcedureId, sitting: Sitting) -> Report:
        """Stop a procedure that has sent nothing. Raises `ActionNotPossibleError` afterwards."""
        with self._opened(procedure_id) as record:
            Run(record, sitting).cancel()
            return record.report()

    def announce(self, procedure_id: ProcedureId, day: date) -> Report:
        """Keep the date of eHealth's second mail: see `acting.announce`."""
        with self._opened(procedure_id) as record:
            acting.announce(record, day)
            return record.report()

    def poll(self, procedure_id: ProcedureId, steps: Steps) -> Looked:
        """Ask once without a person, when it is time: see `unattended.Unattended`."""
        with self._opened(procedure_id) as record:
            return Unattended(record, steps).look()

    def current(self, procedure: Procedure) -> Procedure:
        """A stored procedure brought to today's definition; its state is the one that its facts give."""
        return self._current(procedure)[1]

    # --- what the helpdesk calls ----------------------------------------------------------------------------------

    def retry(self, procedure_id: ProcedureId, sitting: Sitting, act: Act) -> Report:
        """Look again now, although the wait says later: see `acting.begin_retry`. Then as `resume`."""
        with self._opened(procedure_id) as record:
            acting.begin_retry(record, act)
            return _go_on(record, sitting)

    def postpone(self, procedure_id: ProcedureId, until: datetime, act: Act) -> Report:
        """Look again at a moment, not before: see `acting.postpone`."""
        with self._opened(procedure_id) as record:
            acting.postpone(record, until, act)
            return record.report()

    def back(self, procedure_id: ProcedureId, to: str, steps: Steps, act: Act) -> Report:
        """Be in an earlier state again: see `acting.go_back`."""
        with self._opened(procedure_id) as record:
            acting.go_back(record, to, steps, self._store.journal(procedure_id), act)
            return record.report()

    def note(self, procedure_id: ProcedureId, act: Act) -> Report:
        """Write something into the journal."""
        with self._opened(procedure_id) as record:
            acting.note(record, act)
            return record.report()

    def abandon(self, procedure_id: ProcedureId, act: Act) -> Report:
        """Give up a procedure that has sent something; what eHealth accepted stays there (`acting.left_behind`).

        Raises `ActionNotPossibleError` while nothing was sent: then it can be cancelled.
        """
        with self._opened(procedure_id) as record:
            acting.abandon(record, act)
            return record.report()

    # --- inside ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _opened(self, procedure_id: ProcedureId) -> Iterator[Record]:
        """The procedure brought to today's version; where its facts give another state, they count."""
        with self._locks.hold(procedure_id):
            stored = self._store.load(procedure_id)
            definition, procedure = self._current(stored)
            if procedure.state != stored.state:
                details, changes = {"stored": stored.state}, changes_of(stored, procedure)
                line = Line(self._clock.now(), "corrected", procedure.state, details=details, changes=changes)
                procedure = stored = self._store.save(procedure, [line])
            yield Record(self._desk, definition, procedure, stored)

    def _current(self, procedure: Procedure) -> tuple[Definition, Procedure]:
        definition = self._definitions.get(procedure.definition)
        if definition is None or procedure.definition_version > definition.version:
            raise ProcedureNewerError(id=procedure.id)
        procedure = brought_forward(procedure, definition.version)
        state = derive(definition, procedure.facts)
        if state != procedure.state:
            procedure = replace(procedure, state=state, turn=definition.state(state).turn)
        return definition, procedure


def _go_on(record: Record, sitting: Sitting) -> Report:
    try:
        return Run(record, sitting).go_on()
    except EhcertError as error:
        if error.pointless:
            record.forget_unless_kept()
        raise
