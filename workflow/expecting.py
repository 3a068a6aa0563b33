"""Until when a wait is no surprise: what eHealth told in its answer or its second mail, else PROCEDURES §7."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any

from workflow.definition import State, Waiting

ANNOUNCED = "announced_for"
"""The fact that keeps the date of the mail."""
_CONFIRMATION = "confirmation"
"""The fact with which the wait for a person's confirmation ends: until when, eHealth's answer says."""


class Source(Enum):
    """Who says until when."""

    ANNOUNCED = "announced"  # the second mail, copied by the user
    ANSWER = "answer"  # eHealth's answer to the request
    USUAL = "usual"  # how long it usually takes


def expected_by(state: State, since: datetime, facts: Mapping[str, Any]) -> datetime | None:
    """From when on a state that began at `since` is late; None for one that nobody waits in."""
    if not isinstance(state, Waiting):
        return None
    match source_of(state, facts):
        case Source.ANSWER:
            return datetime.fromisoformat(facts["to_confirm"]["until"])
        case Source.ANNOUNCED:
            return end_of(announced(facts) or since.date())
        case Source.USUAL:
            return state.wake.expected_by(since)


def source_of(state: State, facts: Mapping[str, Any]) -> Source:
    """Where the expected date of a wait comes from."""
    if state.until == _CONFIRMATION:
        return Source.ANSWER if (facts.get("to_confirm") or {}).get("until") else Source.USUAL
    return Source.USUAL if announced(facts) is None else Source.ANNOUNCED


def announced(facts: Mapping[str, Any]) -> date | None:
    """The day of the second mail; None when nobody told it."""
    told = facts.get(ANNOUNCED)
    return date.fromisoformat(told["date"]) if told else None


def end_of(day: date) -> datetime:
    """The moment at which a day is over. Days are those of UTC: an hour more or less makes no wait late."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)
