"""What the helpdesk may do to a procedure: each act says who and why, and none may send twice or lose a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workflow.conditions import nothing_sent
from workflow.definition import Definition, Final, Turn, Waiting
from workflow.errors import (
    ActionNotPossibleError,
    DateOutOfRangeError,
    DoubtOpenError,
    KeyWouldBeLostError,
    LookedJustNowError,
    NotAnEarlierStateError,
    ProcedureEndedError,
    SentSinceError,
)
from workflow.expecting import ANNOUNCED, end_of
from workflow.machine import derive, facts_before, next_state
from workflow.ports import Steps
from workflow.procedure import Procedure, WrittenLine
from workflow.record import Record, key_may_have_left
from workflow.run import SHORTEST_PAUSE, looked_just_now
from workflow.status import ends_at
from workflow.texts import mark

LONGEST_POSTPONEMENT = timedelta(days=90)
"""Nobody has a reason to look away for longer than a renewal window lasts (PROCEDURES §7)."""

LONGEST_ANNOUNCEMENT = timedelta(days=366)
"""A date of eHealth's mail that lies further ahead is mistyped: the whole procedure can take ten days."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something to a procedure, and why; both stand in the journal."""

    by: str
    reason: str

    def told(self, **more: Any) -> dict[str, Any]:
        """The details of its line."""
        return {**more, "reason": self.reason, "by": self.by}


# --- looking again, and later -----------------------------------------------------------------------------------------


def begin_retry(record: Record, act: Act) -> None:
    """Write down that somebody looks again now. Raises `ProcedureEndedError`, `LookedJustNowError`."""
    _check_open(record, "retry")
    if isinstance(record.state, Waiting) and looked_just_now(record):
        raise LookedJustNowError(seconds=int(SHORTEST_PAUSE.total_seconds()))
    record.write(record.line("retried", details=act.told()))


def postpone(record: Record, until: datetime, act: Act) -> None:
    """Plan the next look for a moment: until then nobody is reminded. Who resumes the procedure still looks at once.

    Raises `ProcedureEndedError`, `DateOutOfRangeError` for a moment that is over, too far ahead, or after the end of
    the present certificate or of the time to confirm.
    """
    _check_open(record, "postpone")
    now = record.desk.clock.now()
    ends = [end for end in _ends(record.procedure) if end > now]
    _check_between("until", until, now, min([now + LONGEST_POSTPONEMENT, *ends]))
    record.change(record.line("postponed", details=act.told(until=until.isoformat())), wake_at=until)


def announce(record: Record, day: date) -> None:
    """Keep the date of eHealth's second mail, and expect the certificate by the end of that day (PROCEDURES §7).

    Raises `ActionNotPossibleError` where nothing is awaited from eHealth, `DateOutOfRangeError`.
    """
    procedure, state = record.procedure, record.state
    if not isinstance(state, Waiting) or state.turn is not Turn.EHEALTH:
        raise ActionNotPossibleError(action="--announced-for", state=state.name, id=procedure.id)
    told = procedure.facts.get("request", {}).get("at")
    requested = datetime.fromisoformat(told) if told else procedure.created_at
    until = end_of(day)
    _check_between("announced-for", until, requested, requested + LONGEST_ANNOUNCEMENT)
    facts = {**procedure.facts, ANNOUNCED: {"date": day.isoformat(), "told_at": record.desk.clock.now().isoformat()}}
    record.change(record.line("announced", details={"date": day.isoformat()}), facts=facts, expected_by=until)


def note(record: Record, act: Act) -> None:
    """Write down what somebody has to say; also about a procedure that has ended."""
    record.write(record.line("noted", details=act.told()))


def _ends(procedure: Procedure) -> Iterator[datetime]:
    if ends := ends_at(procedure):
        yield ends
    if until := (procedure.facts.get("to_confirm") or {}).get("until"):
        yield datetime.fromisoformat(until)


# --- going back -------------------------------------------------------------------------------------------------------


def go_back(record: Record, to: str, steps: Steps, journal: Sequence[WrittenLine], act: Act) -> None:
    """Be in an earlier state again; what was learned since is forgotten, and its files are cleared away.

    Raises `ProcedureEndedError`, `DoubtOpenError`, `SentSinceError`, `NotAnEarlierStateError`, `KeyWouldBeLostError`.
    """
    _check_open(record, "back")
    definition, procedure = record.definition, record.procedure
    before = procedure.facts
    if "intent" in before:
        raise DoubtOpenError(id=procedure.id)
    if to not in _before(definition, procedure.state):
        raise _not_earlier(record, to, steps)
    facts = facts_before(definition, to, before)
    if _sent_between(definition, steps, before, facts):
        raise SentSinceError(id=procedure.id, to=to)
    if derive(definition, facts) != to:
        raise _not_earlier(record, to, steps)
    if "key" in before and "key" not in facts and key_may_have_left(journal):
        raise KeyWouldBeLostError(id=procedure.id, to=to)
    record.enter(to, facts, record.line("back", "back", act.told(to=to)))
    record.clear_away(steps, before, facts)


def _not_earlier(record: Record, to: str, steps: Steps) -> NotAnEarlierStateError:
    definition, procedure = record.definition, record.procedure
    possible = [
        name
        for name in _before(definition, procedure.state)
        if derive(definition, left := facts_before(definition, name, procedure.facts)) == name
        and not _sent_between(definition, steps, procedure.facts, left)
    ]
    return NotAnEarlierStateError(
        id=procedure.id, to=to, state=procedure.state, possible=", ".join(possible) or mark("no state")
    )


def _before(definition: Definition, state: str) -> list[str]:
    names = [one.name for one in definition.states]
    return names[: names.index(state)]


def _sent_between(
    definition: Definition, steps: Steps, before: Mapping[str, Any], left: Mapping[str, Any]
) -> list[str]:
    """The states in which something was sent that would be forgotten."""
    gone = [state for state in definition.states if state.until in before and state.until not in left]
    return [one.name for one in gone if hasattr(steps.get(getattr(one, "step", "")), "find_out")]


# --- giving up --------------------------------------------------------------------------------------------------------


def abandon(record: Record, act: Act) -> None:
    """End the procedure after something was sent; no key is removed. Raises `ActionNotPossibleError`."""
    procedure = record.procedure
    if "abandon" not in record.definition.triggers(procedure.state) or nothing_sent(procedure.facts):
        raise ActionNotPossibleError(action="abandon", state=procedure.state, id=procedure.id)
    dest = next_state(record.definition, procedure.state, "abandon", procedure.facts)
    record.enter(dest, record.ended(dest, procedure.facts), record.line("ended", "abandon", act.told()))


_LEFT_BEHIND = (
    ("intent", mark("It is not known whether the last message arrived; eHealth may still carry it out.")),
    ("revocation", mark("The certificate that was revoked stays revoked.")),
    ("request", mark("The request stays at eHealth, which may deliver the certificate and refuse another request.")),
    ("certificate", mark("The delivered certificate stays valid at eHealth until it ends or is revoked.")),
    ("etk", mark("The new encryption key stays registered at eHealth.")),
    ("activation", mark("Messages are sealed for the new encryption key from now on.")),
    ("key", mark("The new keystore stays on this computer: it holds the only copy of its key.")),
)


def left_behind(procedure: Procedure) -> tuple[str, ...]:
    """What stays at eHealth and on this computer after a procedure was given up, as marked texts."""
    return tuple(text for fact, text in _LEFT_BEHIND if fact in procedure.facts)


# --- small questions --------------------------------------------------------------------------------------------------


def _check_open(record: Record, action: str) -> None:
    if isinstance(record.state, Final):
        raise ProcedureEndedError(id=record.procedure.id, state=record.state.name, action=action)


def _check_between(field: str, moment: datetime, earliest: datetime, latest: datetime) -> None:
    if not earliest < moment <= latest:
        raise DateOutOfRangeError(field=field, value=moment, earliest=earliest, latest=latest)
