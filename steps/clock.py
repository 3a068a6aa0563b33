"""Whether this computer's clock can be trusted to sign."""

from __future__ import annotations

from datetime import datetime, timedelta

from steps.ports.registration import RegistrationAuthority
from workflow.errors import ClockOffError

LARGEST_SKEW = timedelta(minutes=5)
"""Assumption: eHealth does not publish how old a signed request may be (PROTOCOL §2.1)."""


def check_clock(now: datetime, service_time: datetime) -> float:
    """Compare with the clock of the service; returns by how many seconds ours is ahead. Raises `ClockOffError`."""
    skew = now - service_time
    if abs(skew) > LARGEST_SKEW:
        raise ClockOffError(minutes=round(skew.total_seconds() / 60))
    return skew.total_seconds()


def has_passed(moment: datetime, now: datetime, authority: RegistrationAuthority) -> bool:
    """Whether a moment lies behind us: believed only when the service's clock shows about the same.

    Raises `ClockOffError`, and what asking the service for its time raises.
    """
    if now < moment:
        return False
    check_clock(now, authority.service_time())
    return True
