"""The two clocks of a rerun: they stand still between two lines of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


class Clock:
    """The clock of the client; the far side's is behind it by `skew`."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self.skew = timedelta(0)

    def now(self) -> datetime:
        """The client's moment, in UTC."""
        return self.moment


@dataclass(frozen=True, slots=True)
class ServiceClock:
    """The clock of the far side."""

    client: Clock

    def now(self) -> datetime:
        """The far side's moment, in UTC."""
        return self.client.moment - self.client.skew
