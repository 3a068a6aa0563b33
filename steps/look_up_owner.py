"""Ask eHealth which certificates exist already: what is there decides whether a new one may be requested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.holder import asked_with_card
from steps.owner import Owner, owner_of
from steps.ports.card import Cards
from steps.ports.registration import CertificateInfo, CertificateStatus, RegistrationAuthority
from steps.remembered import contact_fact
from workflow.errors import CertificateStillValidError, RenewInsteadError, RequestUnderWayError
from workflow.ports import Outcome, Work

LIVE = frozenset({CertificateStatus.IN_PROGRESS, CertificateStatus.VALID_ACTIVE})
"""A certificate of one of these states counts."""


@dataclass(frozen=True, slots=True)
class LookUpOwner:
    """Safe to repeat: it only asks."""

    authority: RegistrationAuthority
    cards: Cards

    outcomes = frozenset({"free"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `RequestUnderWayError`, `CertificateStillValidError`, `RenewInsteadError`."""
        owner = owner_of(work.facts)
        infos = asked_with_card(self.cards, work, self.authority.certificates_of_citizen)
        check_free(owner, infos)
        return Outcome("free", {"record": _record(owner, infos, work)})


def check_free(owner: Owner, infos: tuple[CertificateInfo, ...]) -> None:
    """That nothing stands in the way of a first certificate (PROCEDURES §2, step 5; PROTOCOL §8.2)."""
    own = [info for info in infos if owner.owns(info)]
    for info in own:
        if info.status is CertificateStatus.IN_PROGRESS:
            raise RequestUnderWayError(requested_at=info.requested_at)
    valid = [info for info in own if info.status is CertificateStatus.VALID_ACTIVE]
    if not valid:
        return
    # Of two, the newer one tells from when on there can be another.
    newest = max(valid, key=lambda info: (not info.replaceable, info.requested_at))
    until = newest.details.valid_until if newest.details else None
    if not newest.replaceable:
        raise CertificateStillValidError(until=until, replaceable_from=newest.replaceable_from)
    raise RenewInsteadError(until=until)


def _record(owner: Owner, infos: tuple[CertificateInfo, ...], work: Work) -> dict[str, Any]:
    last = max((info for info in infos if owner.owns(info)), key=lambda info: info.requested_at, default=None)
    return {
        "care_provider": work.facts["qualities"]["care_provider"],
        "contact": contact_fact(last.contact) if last else None,
        "live": sum(owner.is_actor(info) and info.status in LIVE for info in infos),
    }
