"""The clock of this computer, and the one that follows the sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


class SystemClock:
    """What the system says."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SandboxFollowingClock:
    """The system's clock, moved as far as the sandbox was moved: its offset lies in a file of its folder."""

    offset_file: Path

    def now(self) -> datetime:
        """The sandbox's moment, in UTC; the system's when there is no sandbox."""
        try:
            seconds = float(json.loads(self.offset_file.read_text())["offset_seconds"])
        except FileNotFoundError:
            seconds = 0.0
        return datetime.now(UTC) + timedelta(seconds=seconds)
