"""How a procedure is doing, computed when it is looked at: never stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum

from workflow import errors
from workflow.definition import Turn
from workflow.procedure import Procedure


class Status(Enum):
    """Why a procedure does not move."""

    WAITING_USER = "waiting-user"
    WAITING_EHEALTH = "waiting-ehealth"
    RETRYING = "retrying"
    BLOCKED = "blocked"
    AT_RISK = "at-risk"
    DONE = "done"


AT_RISK_BEFORE = timedelta(days=14)
"""How long before the present certificate ends an unfinished renewal is at risk."""


def _families(family: type[errors.EhcertError]) -> Iterator[str]:
    yield family.code
    for leaf in family.__subclasses__():
        yield from _families(leaf)


TEMPORARY = frozenset(_families(errors.TemporaryError))
FOR_THE_HELPDESK = frozenset(
    leaf.code
    for leaf in (
        errors.RefusedError,
        errors.ContractMismatchError,
        errors.WrongCertificateError,
        errors.WrongEtkError,
        errors.DefinitionError,
    )
)


def status_of(procedure: Procedure, now: datetime) -> Status:
    """The status of a procedure at this moment."""
    if procedure.ended:
        return Status.DONE
    trouble = procedure.trouble
    if trouble is not None and trouble.code in FOR_THE_HELPDESK:
        return Status.BLOCKED
    if _ends_soon(procedure, now):
        return Status.AT_RISK
    if "intent" in procedure.facts or (trouble is not None and trouble.code in TEMPORARY):
        return Status.RETRYING
    return Status.WAITING_EHEALTH if procedure.turn is Turn.EHEALTH else Status.WAITING_USER


def is_late(procedure: Procedure, now: datetime) -> bool:
    """Whether a wait has lasted longer than was to be expected."""
    return procedure.expected_by is not None and now > procedure.expected_by and not procedure.ended


def is_due(procedure: Procedure, now: datetime) -> bool:
    """Whether a look that was planned should happen now.

    A plan that was made at a later moment than this one was made by a wrong clock: nothing is lost by looking.
    """
    if procedure.ended or procedure.wake_at is None:
        return False
    planned_at = max(procedure.since, procedure.looked_at or procedure.since)
    return procedure.wake_at <= now or planned_at > now


def turn_of(procedure: Procedure, now: datetime) -> Turn:
    """Who must act now."""
    if status_of(procedure, now) is Status.BLOCKED:
        return Turn.HELPDESK
    return procedure.turn


def is_stuck(procedure: Procedure, now: datetime) -> bool:
    """Whether somebody should look at it: it retries, is blocked or at risk, or past its expected date."""
    return status_of(procedure, now) in _STUCK or is_late(procedure, now)


def stuck_from(procedure: Procedure) -> datetime | None:
    """From when on `is_stuck` holds if nothing happens; None when it never will. A store may sort by it."""
    if procedure.ended:
        return None
    moments = []
    trouble = procedure.trouble
    if trouble is not None and (trouble.code in FOR_THE_HELPDESK or trouble.code in TEMPORARY):
        moments.append(trouble.at)
    if "intent" in procedure.facts:
        moments.append(procedure.since)
    if ends := ends_at(procedure):
        moments.append(ends - AT_RISK_BEFORE)
    if procedure.expected_by is not None:
        moments.append(procedure.expected_by)
    return min(moments, default=None)


def ends_at(procedure: Procedure) -> datetime | None:
    """When the certificate ends that the person can use now: until the new one is done, the present one's end."""
    facts = procedure.facts
    known = facts["installed"] if procedure.ended and "installed" in facts else facts.get("record", {})
    return datetime.fromisoformat(known["valid_until"]) if known.get("valid_until") else None


_STUCK = frozenset({Status.RETRYING, Status.BLOCKED, Status.AT_RISK})


def _ends_soon(procedure: Procedure, now: datetime) -> bool:
    ends = ends_at(procedure)
    return ends is not None and now > ends - AT_RISK_BEFORE
