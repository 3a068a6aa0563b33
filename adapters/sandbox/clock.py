"""The sandbox's clock: the system's, moved by an offset that lies in a file."""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from adapters.sandbox.files import write_json


class Clock(Protocol):
    """What the far side asks for the moment."""

    def now(self) -> datetime:
        """The moment, with zone UTC."""
        ...


def _system() -> datetime:
    return datetime.now(UTC)


class SandboxClock:
    """The system's clock plus the offset in `clock.json`: ``{"offset_seconds": …}``.

    The file is read at each call, so that another process can move the clock of a sandbox that serves.
    """

    def __init__(self, folder: Path, system: Callable[[], datetime] = _system) -> None:
        self._path = folder / "clock.json"
        self._system = system

    def now(self) -> datetime:
        """The sandbox's moment, with zone UTC."""
        return self._system() + self.offset()

    def offset(self) -> timedelta:
        """How far the sandbox is ahead of the system."""
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return timedelta()
        return timedelta(seconds=float(content["offset_seconds"]))

    def move(self, by: timedelta) -> None:
        """Move the sandbox's clock, forwards or backwards, from where it is."""
        write_json(self._path, {"offset_seconds": (self.offset() + by).total_seconds()})


def add_months(moment: datetime, months: int) -> datetime:
    """The same day so many months later (or earlier); a day that month does not have becomes its last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
