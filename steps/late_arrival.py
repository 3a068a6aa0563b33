"""How long a message may still be under way after the connection was lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from workflow.ports import InDoubt

LATE_ARRIVAL = timedelta(minutes=5)
"""Assumption: after this, a message that eHealth does not know will not arrive any more ("some minutes", §13.2)."""


def may_still_arrive(intent: Mapping[str, Any], now: datetime) -> InDoubt | None:
    """A doubt until the message cannot arrive any more, then None."""
    settled = datetime.fromisoformat(intent["at"]) + LATE_ARRIVAL
    return InDoubt(look_again=settled) if now < settled else None
