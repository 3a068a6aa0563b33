"""Ask eHealth with the card alone which certificate of its holder may be replaced now."""

from __future__ import annotations

from dataclasses import dataclass

from steps.clock import check_clock
from steps.holder import asked_with_card
from steps.owner import owner_of
from steps.ports.card import Cards
from steps.ports.registration import (
    CertificateDetails,
    CertificateInfo,
    CertificateStatus,
    Qualities,
    RegistrationAuthority,
)
from steps.ports.signing import Signer
from steps.remembered import contact_fact
from workflow.errors import (
    CertificateExpiredError,
    CertificateRevokedError,
    EhcertError,
    NothingToRenewError,
    RequestUnderWayError,
    TooEarlyError,
)
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class LookUpWithCard:
    """Safe to repeat: it only asks (PROTOCOL §3.2, op. 1 and 5)."""

    authority: RegistrationAuthority
    cards: Cards

    outcomes = frozenset({"renewable"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `CardError`, `ClockOffError`, and when there is nothing to renew why not.

        That is `RequestUnderWayError`, `TooEarlyError`, `CertificateRevokedError`, `CertificateExpiredError` or
        `NothingToRenewError`.
        """
        check_clock(work.now, self.authority.service_time())
        qualities, infos = asked_with_card(self.cards, work, lambda signer: self._answers(work, signer))
        owner = owner_of(work.facts)
        info, details = _replaceable([info for info in infos if owner.owns(info)])
        record = {
            "public_key_identifier": info.public_key_identifier,
            "valid_until": details.valid_until.isoformat(),
            "replaceable_from": info.replaceable_from.isoformat() if info.replaceable_from else None,
            "care_provider": qualities.care_provider,
            "contact": contact_fact(info.contact),
        }
        return Outcome("renewable", {"record": record})

    def _answers(self, work: Work, signer: Signer) -> tuple[Qualities, tuple[CertificateInfo, ...]]:
        qualities = self.authority.qualities(work.facts["holder"]["ssin"], signer)
        return qualities, self.authority.certificates_of_citizen(signer)


def _replaceable(own: list[CertificateInfo]) -> tuple[CertificateInfo, CertificateDetails]:
    """The certificate that may be replaced, with its details; the one that ends last when there are several."""
    for info in own:
        if info.status is CertificateStatus.IN_PROGRESS:
            raise RequestUnderWayError(requested_at=info.requested_at)
    valid = sorted((info for info in own if info.status is CertificateStatus.VALID_ACTIVE), key=_end)
    for info in reversed(valid):
        if info.replaceable and info.details:
            return info, info.details
    raise _reason(valid or sorted(own, key=lambda info: info.requested_at))


def _reason(known: list[CertificateInfo]) -> EhcertError:
    """Why none may be replaced, said of the newest one."""
    if not known:
        return NothingToRenewError()
    newest = known[-1]
    until = newest.details.valid_until if newest.details else None
    match newest.status:
        case CertificateStatus.VALID_ACTIVE:
            return TooEarlyError(replaceable_from=newest.replaceable_from, until=until)
        case CertificateStatus.REVOKED:
            return CertificateRevokedError()
        case CertificateStatus.EXPIRED:
            return CertificateExpiredError(until=until)
        case _:
            return NothingToRenewError()


def _end(info: CertificateInfo) -> float:
    return info.details.valid_until.timestamp() if info.details else 0.0
