"""What is due in one environment, the nearest first: put together from the procedures and the providers' records."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import attrgetter

from adapters.cli.wiring import Wiring
from workflow import due
from workflow.definitions import DEFINITIONS
from workflow.due import Due, Kind
from workflow.errors import ProcedureNewerError
from workflow.procedure import Procedure
from workflow.provider import WINDOW, Provider

FORGOTTEN_AFTER = timedelta(days=90)
"""For so long an end that has passed is told; then nobody waits for it any more."""

_EARLIEST = timedelta(days=30)
"""eHealth may open a window so much earlier than is assumed: so much further is looked."""


class Agenda:
    """Looks in the store alone; no network, no keystore is opened."""

    def __init__(self, wiring: Wiring, environment: str) -> None:
        self._wiring = wiring
        self._environment = environment
        self._now = wiring.clock(environment).now()
        self._reminders = wiring.reminders(environment)
        self._engine = wiring.engine(environment)

    def items(self, within: timedelta) -> Iterator[Due]:
        """What is due now and in the time to come, the nearest first."""
        until = self._now + within
        return heapq.merge(
            (due.look(one) for one in self._reminders.looks(self._now)),
            self._late(),
            (self._step(one) for one in self._known(self._reminders.steps(self._now))),
            (self._step(one) for one in self._known(self._reminders.put_off(self._now, until))),
            (one for one in self._windows(self._now, until) if self._now < one.at <= until),
            self._ends(self._now - FORGOTTEN_AFTER, until),
            sorted(self._of_providers(until), key=attrgetter("at")),
            key=attrgetter("at"),
        )

    def deadlines(self) -> Iterator[tuple[str, Due]]:
        """What has passed a deadline, with the name of the occasion; of a certificate one thing at a time."""
        ends = list(self._ends(self._now - FORGOTTEN_AFTER, self._now + WINDOW))
        near = {one.about for one in ends if due.occasion(one, self._now)}
        windows = self._windows(self._now, self._now)
        others = [one for one in self._of_providers(self._now + WINDOW) if one.at <= self._now + WINDOW]
        near |= {one.about for one in others if one.kind is Kind.END and due.occasion(one, self._now)}
        for one in (
            *self._late(),
            *(self._step(procedure) for procedure in self._known(self._reminders.steps(self._now))),
            *ends,
            *(one for one in (*windows, *others) if one.kind is not Kind.WINDOW or one.about not in near),
        ):
            if name := due.occasion(one, self._now):
                yield name, one

    # --- procedures -----------------------------------------------------------------------------------------------

    def _late(self) -> Iterator[Due]:
        return (due.late(one) for one in self._reminders.late(self._now))

    def _step(self, procedure: Procedure) -> Due:
        return due.step(DEFINITIONS[procedure.definition], procedure, self._now)

    def _known(self, procedures: Iterator[Procedure]) -> Iterator[Procedure]:
        """Brought to today's definitions; those of a newer version are not ours to explain."""
        for one in procedures:
            try:
                yield self._engine.current(one)
            except ProcedureNewerError:
                continue

    # --- certificates ---------------------------------------------------------------------------------------------

    def _windows(self, after: datetime, until: datetime) -> Iterator[Due]:
        found = (due.window(one) for one in self._certificates(after, until + WINDOW + _EARLIEST))
        return (one for one in found if one is not None and one.at <= until)

    def _ends(self, after: datetime, until: datetime) -> Iterator[Due]:
        found = (due.end(one, self._now) for one in self._certificates(after, until))
        return (one for one in found if one is not None)

    def _certificates(self, after: datetime, until: datetime) -> Iterator[Procedure]:
        """The procedures that say the most about the certificate of their owner."""
        for one in self._reminders.ending(after, until):
            ssin = one.facts.get("holder", {}).get("ssin")
            if ssin is None or not due.is_superseded(one, self._reminders.of_person(ssin)):
                yield one

    def _of_providers(self, until: datetime) -> Iterator[Due]:
        for record in self._wiring.providers.all(self._environment):
            if isinstance(record, Provider) and record.link is not None:
                theirs = self._reminders.of_person(record.ssin)
                for one in due.of_provider(record, theirs, self._now):
                    opened = one.kind is Kind.WINDOW and one.at <= self._now
                    if self._now - FORGOTTEN_AFTER < one.at <= until and not opened:
                        yield one
