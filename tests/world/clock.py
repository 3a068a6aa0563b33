"""Clocks that stand still until they are moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2031, 3, 4, 9, 10, 11, tzinfo=UTC)
"""When every world begins."""


class FakeClock:
    """The true time; eHealth's clock shows it."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        """This moment, in UTC."""
        return self._now

    def move(self, by: timedelta | None = None, **parts: float) -> None:
        """Let time pass: `move(days=2)` or `move(timedelta(days=2))`."""
        self._now += by if by is not None else timedelta(**parts)

    def move_to(self, moment: datetime) -> None:
        """Let time pass until a moment; a moment in the past changes nothing."""
        self._now = max(self._now, moment)


@dataclass
class SkewedClock:
    """The clock of the person's computer: the true one, and how far it is ahead."""

    true: FakeClock
    skew: timedelta = timedelta(0)

    def now(self) -> datetime:
        """What the computer shows."""
        return self.true.now() + self.skew
