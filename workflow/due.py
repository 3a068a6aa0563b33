"""What somebody should do, and when: looks, forgotten steps, windows that open, certificates that end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from workflow.conditions import etk_waits_for_activation, nothing_sent
from workflow.definition import Definition
from workflow.procedure import SEEN_ACTIVE, Procedure
from workflow.provider import WINDOW, Provider
from workflow.status import FOR_THE_HELPDESK, ends_at
from workflow.texts import Said, mark


class Kind(Enum):
    """Why something is due; the values are public, in JSON and for notifications."""

    LOOK = "look"
    LATE = "late"
    STEP = "step"
    ACTIVATION = "activation"
    WINDOW = "window"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing that is due. `at` is when: in the past for what is overdue, the end of a certificate for `END`.

    `about` is the identifier of a procedure or of a care provider's record. `deadline` is until when it is of use.
    Nothing in it is personal.
    """

    kind: Kind
    at: datetime
    environment: str
    about: str
    says: Said
    command: str
    deadline: datetime | None = None
    of_provider: bool = False


# --- procedures under way -----------------------------------------------------------------------------------------


def look(procedure: Procedure) -> Due:
    """A planned look whose time has come."""
    says = Said(mark("eHealth should be asked whether there is something new."))
    return _of(Kind.LOOK, procedure, procedure.wake_at or procedure.since, says, "ehcert poll")


def late(procedure: Procedure) -> Due:
    """A wait that lasts longer than was to be expected."""
    at = procedure.expected_by or procedure.since
    says = Said(mark("What was expected from eHealth until {until} has not come."), {"until": at})
    return _of(Kind.LATE, procedure, at, says, f"ehcert explain {procedure.id}")


def step(definition: Definition, procedure: Procedure, now: datetime) -> Due:
    """What waits for the person: since when, or from when on, where it was put off."""
    at = procedure.since
    if procedure.wake_at is not None and procedure.wake_at > now:
        at = procedure.wake_at
    command = f"ehcert resume {procedure.id}"
    trouble = procedure.trouble
    if trouble is not None and trouble.code in FOR_THE_HELPDESK:
        command = f"ehcert explain {procedure.id}"
    kind = Kind.ACTIVATION if _waits_for_activation(procedure) else Kind.STEP
    return _of(kind, procedure, at, _step_said(definition, procedure), command)


def _step_said(definition: Definition, procedure: Procedure) -> Said:
    if "intent" in procedure.facts:
        return Said(mark("It is not sure that what was sent to eHealth arrived; eHealth has to be asked."))
    if _waits_for_activation(procedure):
        return Said(_IN_USE if SEEN_ACTIVE in procedure.facts else _NOT_ACTIVATED)
    if nothing_sent(procedure.facts):
        return Said(mark("It was begun and nothing was sent yet. {says}"), {"says": _said_by(definition, procedure)})
    return _said_by(definition, procedure)


_NOT_ACTIVATED = mark(
    "The new encryption key is not activated: load the new file in your practice software, then go on."
)
_IN_USE = mark("The new encryption key is already in use: load the new file in your practice software now, then go on.")


def _said_by(definition: Definition, procedure: Procedure) -> Said:
    return Said(definition.state(procedure.state).says)


def _waits_for_activation(procedure: Procedure) -> bool:
    """The step that users forget, for the renewal seems finished (PROCEDURES §5)."""
    return etk_waits_for_activation(procedure.facts) and "activation" not in procedure.facts


def _of(kind: Kind, procedure: Procedure, at: datetime, says: Said, command: str) -> Due:
    until = procedure.facts.get("request", {}).get("until")
    ends = [end for end in (ends_at(procedure), datetime.fromisoformat(until) if until else None) if end is not None]
    return Due(
        kind=kind,
        at=at,
        environment=procedure.environment,
        about=procedure.id,
        says=says,
        command=command,
        deadline=min(ends, default=None),
    )


# --- certificates -------------------------------------------------------------------------------------------------


def window(procedure: Procedure) -> Due | None:
    """From when on the certificate of a procedure that has ended can be renewed; None while a renewal is under way."""
    ends = ends_at(procedure)
    if ends is None or not procedure.ended:
        return None
    told = None if "installed" in procedure.facts else procedure.facts.get("record", {}).get("replaceable_from")
    opens = datetime.fromisoformat(told) if told else ends - WINDOW
    return _window(procedure.environment, procedure.id, opens, ends)


def end(procedure: Procedure, now: datetime) -> Due | None:
    """The end of the certificate that the person of a procedure can use now."""
    ends = ends_at(procedure)
    if ends is None:
        return None
    due = _end(procedure.environment, procedure.id, ends, now)
    if procedure.ended:
        return due
    says = Said(mark("The present certificate ends on {until}; its renewal is under way."), {"until": ends})
    return _of(Kind.END, procedure, ends, says, f"ehcert resume {procedure.id}")


def of_provider(provider: Provider, theirs: Sequence[Procedure], now: datetime) -> Iterator[Due]:
    """The window and the end of the keystore that a care provider's practice software uses.

    `theirs` are the procedures of this person: one that knows the certificate tells of it itself.
    """
    link = provider.link
    if link is None:
        return
    if any(one.ended and "installed" in one.facts and _ends_after(one, link.valid_until) for one in theirs):
        yield replace(
            _end(provider.environment, provider.id, link.valid_until, now),
            says=Said(_FORMER, {"until": link.valid_until}),
            command=f"ehcert provider link {provider.id}",
            of_provider=True,
        )
    elif not any(link.public_key_identifier in _keys_of(one) for one in theirs):
        opens = link.valid_until - WINDOW
        yield replace(_window(provider.environment, provider.id, opens, link.valid_until), of_provider=True)
        yield replace(_end(provider.environment, provider.id, link.valid_until, now), of_provider=True)


_FORMER = mark("The practice software still has the former certificate, which ends on {until}; link the new keystore.")


def _ends_after(procedure: Procedure, moment: datetime) -> bool:
    ends = ends_at(procedure)
    return ends is not None and ends > moment


def _keys_of(procedure: Procedure) -> set[str | None]:
    return {procedure.facts.get(fact, {}).get("public_key_identifier") for fact in ("key", "record")}


def _window(environment: str, about: str, opens: datetime, ends: datetime) -> Due:
    says = Said(mark("The certificate can be renewed; it ends on {until}."), {"until": ends})
    return Due(
        kind=Kind.WINDOW,
        at=opens,
        environment=environment,
        about=about,
        says=says,
        command="ehcert renew",
        deadline=ends,
    )


def _end(environment: str, about: str, ends: datetime, now: datetime) -> Due:
    says = Said(mark("The certificate ends on {until}; renew it before."), {"until": ends})
    command = "ehcert renew"
    if now >= ends:
        says = Said(mark("The certificate ended on {until}; it cannot be renewed any more."), {"until": ends})
        command = "ehcert request"
    return Due(kind=Kind.END, at=ends, environment=environment, about=about, says=says, command=command, deadline=ends)


def is_superseded(procedure: Procedure, others: Iterable[Procedure]) -> bool:
    """Whether another procedure of the same person says more about the certificate: it replaced it, revoked it,
    is about to replace it, or looked at it later.
    """
    return any(
        other.id != procedure.id
        and _owner(other) == _owner(procedure)
        and (_revokes(other, procedure) or _rank(other) > _rank(procedure))
        for other in others
    )


def _owner(procedure: Procedure) -> tuple[str, ...]:
    owner = procedure.facts.get("owner") or {}
    return tuple(str(owner.get(name) or "") for name in ("type", "identifier", "application_id"))


def _rank(procedure: Procedure) -> tuple[float, bool, float]:
    ends = ends_at(procedure)
    return ends.timestamp() if ends else 0.0, not procedure.ended, procedure.created_at.timestamp()


def _revokes(other: Procedure, procedure: Procedure) -> bool:
    if "revocation" not in other.facts:
        return False
    facts = procedure.facts
    known = facts.get("key", {}) if procedure.ended and "installed" in facts else facts.get("record", {})
    revoked = other.facts.get("chosen", {}).get("public_key_identifier")
    return revoked is not None and revoked == known.get("public_key_identifier")


# --- when to tell -------------------------------------------------------------------------------------------------

DAY = timedelta(days=1)
BEFORE_THE_END = (30 * DAY, 7 * DAY, DAY)
"""Assumption: a person is told so long before a certificate ends; the opening of the window comes first."""
FORGOTTEN_SINCE = (30 * DAY, 7 * DAY, DAY)
"""Assumption: a person is told when a step waits for so long."""


def occasion(due: Due, now: datetime) -> str | None:
    """A name of the last deadline that has passed, the same as long as no other passes; None when there is none yet.

    It holds nothing personal.
    """
    stage = _stage(due, now)
    return stage and f"{due.about}:{due.kind.value}:{stage}:{due.at:%Y%m%dT%H%M}"


def _stage(due: Due, now: datetime) -> str | None:
    match due.kind:
        case Kind.LOOK:
            return None
        case Kind.LATE | Kind.WINDOW:
            return "passed" if now >= due.at else None
        case Kind.STEP | Kind.ACTIVATION:
            if due.deadline is not None and due.deadline - 7 * DAY <= now < due.deadline:
                return "deadline"
            return next((f"{one.days}d" for one in FORGOTTEN_SINCE if now - due.at >= one), None)
        case Kind.END:
            if now >= due.at:
                return "ended"
            return next((f"{one.days}d" for one in reversed(BEFORE_THE_END) if due.at - now <= one), None)
