"""The way that a procedure took, from its journal: the states one after the other, and how long each lasted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from workflow.definition import Definition, Final
from workflow.procedure import Line, Procedure, WrittenLine


@dataclass(frozen=True, slots=True)
class Stay:
    """One time in a state. `trigger` led into it; `until` is None while it lasts."""

    state: str
    since: datetime
    until: datetime | None = None
    trigger: str = ""

    def lasted(self, now: datetime) -> timedelta:
        """How long, up to `now`; never less than nothing, whatever the clocks did."""
        return max((self.until or now) - self.since, timedelta(0))


@dataclass(frozen=True, slots=True)
class Way:
    """The stays in their order. The last one is where the procedure stands."""

    stays: tuple[Stay, ...]

    @property
    def here(self) -> str:
        """The present state."""
        return self.stays[-1].state if self.stays else ""

    @property
    def passed(self) -> frozenset[str]:
        """The states that were left."""
        return frozenset(stay.state for stay in self.stays) - {self.here}

    def taken(self) -> dict[tuple[str, str, str], tuple[int, ...]]:
        """The numbers, from 1, of the moves from a state by a trigger to a state."""
        moves: dict[tuple[str, str, str], tuple[int, ...]] = {}
        for number, (before, after) in enumerate(zip(self.stays, self.stays[1:], strict=False), 1):
            key = (before.state, after.trigger, after.state)
            moves[key] = (*moves.get(key, ()), number)
        return moves


def way_of(definition: Definition, procedure: Procedure, journal: Iterable[WrittenLine]) -> Way:
    """The way of a procedure. Where lines are lost it is told as far as it is known, and ends where the row says."""
    stays: list[Stay] = []
    for line in (written.line for written in journal):
        state = _entered(definition, line)
        if not state or (stays and stays[-1].state == state and line.kind not in ("moved", "back")):
            continue
        stays = [*_left(stays, line.at), Stay(state, line.at, None, line.trigger or line.kind)]
    if not stays or stays[-1].state != procedure.state:
        stays = [*_left(stays, procedure.since), Stay(procedure.state, procedure.since, None, "")]
    if isinstance(definition.state(procedure.state), Final):
        stays[-1] = replace(stays[-1], until=stays[-1].since)
    return Way(tuple(stays))


def _left(stays: list[Stay], at: datetime) -> list[Stay]:
    return [*stays[:-1], replace(stays[-1], until=at)] if stays else []


def _entered(definition: Definition, line: Line) -> str:
    """The state that a line enters; empty when it enters none."""
    if line.kind in ("started", "corrected", "repaired"):
        return line.state
    if line.kind in ("moved", "back", "restored"):
        return str(line.details.get("to", ""))
    if line.kind == "ended":
        return next(
            (t.dest for t in definition.transitions if t.trigger == line.trigger and line.state in t.sources), ""
        )
    return ""
