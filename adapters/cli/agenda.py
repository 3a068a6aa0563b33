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
            self._current(one for one in self._windows(self._now + WINDOW - _EARLIEST, until) if self._now < one[0].at),
            self._current(self._ends(self._now - FORGOTTEN_AFTER, until)),
            sorted((one for one in self._of_providers(until) if not self._has_opened(one)), key=attrgetter("at")),
            key=attrgetter("at"),
        )

    def deadlines(self) -> dict[str, Due]:
        """What has passed a deadline and was not told, by the name of the occasion; of a certificate the nearest."""
        ends = self._ends(self._now - FORGOTTEN_AFTER, self._now + WINDOW)
        certificates = [*self._windows(self._now, self._now), *ends]  # an end takes the place of its window
        steps = (self._step(one) for one in self._known(self._reminders.steps(self._now)))
        linked = {one.about: one for one in self._of_providers(self._now + WINDOW) if due.occasion(one, self._now)}
        others = [*self._late(), *steps, *linked.values()]
        near = {one.about: (name, (one, of)) for one, of in certificates if (name := due.occasion(one, self._now))}
        named = {name: one for one in others if (name := due.occasion(one, self._now))}
        told = self._reminders.told([*named, *(name for name, _found in near.values())])
        found = {name: one for name, one in near.values() if name not in told}
        current = {one.about for one in self._current(iter(found.values()))}
        named |= {name: one for name, (one, _of) in found.items() if one.about in current}
        return {name: one for name, one in named.items() if name not in told}

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

    def _windows(self, after: datetime, until: datetime) -> Iterator[tuple[Due, Procedure]]:
        """Windows that open by then, of certificates that end after a moment."""
        for one in self._reminders.ending(after, until + WINDOW + _EARLIEST):
            if (found := due.window(one)) is not None and found.at <= until:
                yield found, one

    def _ends(self, after: datetime, until: datetime) -> Iterator[tuple[Due, Procedure]]:
        for one in self._reminders.ending(after, until):
            if (found := due.end(one, self._now)) is not None:
                yield found, one

    def _current(self, found: Iterator[tuple[Due, Procedure]]) -> Iterator[Due]:
        """Only what comes from the procedure that says the most about the certificate of its owner."""
        for one, procedure in found:
            ssin = procedure.facts.get("holder", {}).get("ssin")
            if ssin is None or not due.is_superseded(procedure, self._reminders.of_person(ssin)):
                yield one

    def _of_providers(self, until: datetime) -> Iterator[Due]:
        for record in self._wiring.providers.all(self._environment):
            if isinstance(record, Provider) and record.link is not None:
                theirs = self._reminders.of_person(record.ssin)
                for one in due.of_provider(record, theirs, self._now):
                    if self._now - FORGOTTEN_AFTER < one.at <= until:
                        yield one

    def _has_opened(self, one: Due) -> bool:
        """Whether it is a window that is open already: then the end says the same, and until when."""
        return one.kind is Kind.WINDOW and one.at <= self._now
