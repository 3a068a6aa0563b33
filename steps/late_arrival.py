"""How long a message may still be under way after the connection was lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from steps.clock import LARGEST_SKEW
from steps.ports.registration import SignedMessage
from workflow.ports import InDoubt

LATE_ARRIVAL = timedelta(minutes=5)
"""Assumption: after this, a message that eHealth does not know will not arrive any more ("some minutes", §13.2)."""

CLOCK_AHEAD = "clock_ahead"
"""In an intent: by how many seconds this computer's clock was ahead of the service's when the message was prepared."""


def intent_of(message: SignedMessage, ahead: float) -> dict[str, Any]:
    """What must be on disk before a message is sent; `ahead`: see `CLOCK_AHEAD`."""
    return {"message_id": message.message_id, "sha256": message.sha256, CLOCK_AHEAD: ahead}


def may_still_arrive(intent: Mapping[str, Any], now: datetime, service_time: datetime | None = None) -> InDoubt | None:
    """A doubt until the message cannot arrive any more, then None.

    Measured by the service's clock where it was asked: this computer's may have been set in the meantime. A message
    of the future was dated by a wrong clock and tells nothing; no step sends with such a clock.
    """
    sent_at = datetime.fromisoformat(intent["at"]) - timedelta(seconds=intent.get(CLOCK_AHEAD, 0))
    left = sent_at + LATE_ARRIVAL - (service_time or now)
    if timedelta(0) < left <= LATE_ARRIVAL + LARGEST_SKEW:
        return InDoubt(look_again=now + left)
    return None
