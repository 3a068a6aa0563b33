"""A clock with an agenda: what is due happens when its moment comes, whoever lets the time pass."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.world.clock import FakeClock


class AgendaClock(FakeClock):
    """The true time of a simulated life."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._due, (moment, next(self._numbers), act))

    def move(self, by: timedelta | None = None, **parts: float) -> None:
        """See `FakeClock.move`."""
        self.move_to(self._now + (by if by is not None else timedelta(**parts)))

    def move_to(self, moment: datetime) -> None:
        """See `FakeClock.move_to`; all that is due until then happens on the way."""
        while self._due and self._due[0][0] <= moment:
            due, _, act = heapq.heappop(self._due)
            super().move_to(due)
            act()
        super().move_to(moment)
