"""Ask eHealth whether the current certificate may be replaced now, and what it knows of the person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.clock import check_clock
from steps.given_keystore import open_given
from steps.holder import asked_with_card
from steps.owner import owner_of
from steps.ports.card import Cards
from steps.ports.keystore import AUTHENTICATION, Keystores
from steps.ports.registration import CertificateInfo, CertificateStatus, RegistrationAuthority
from steps.ports.signing import Signer
from steps.remembered import contact_fact, moment
from workflow.errors import (
    CertificateExpiredError,
    CertificateRevokedError,
    KeystoreChangedError,
    KeystorePasswordError,
    NotAppointedError,
    OldKeystorePasswordError,
    RequestUnderWayError,
    TooEarlyError,
)
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class LookUp:
    """Safe to repeat: it only asks."""

    authority: RegistrationAuthority
    keystores: Keystores
    cards: Cards

    outcomes = frozenset({"renewable"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `TooEarlyError`, `CertificateExpiredError`, `CertificateRevokedError`, `RequestUnderWayError`.

        And `NotAppointedError` for an organisation that the person may not act for.
        """
        check_clock(work.now, self.authority.service_time())
        info = self.authority.certificate_info(self._old_key(work))
        _check_renewable(info, work)
        care_provider, others = self._ask_with_card(work)
        _check_not_replaced(info, others)
        learned: dict[str, Any] = {"record": _record(info, work, care_provider)}
        if "owner" in work.facts:
            learned["owner"] = {**work.facts["owner"], "name": info.actor.name}
        return Outcome("renewable", learned)

    def _old_key(self, work: Work) -> Signer:
        fact = work.facts["old_keystore"]
        path = Path(fact["path"])
        try:
            keystore = open_given(self.keystores, path, work)
        except KeystorePasswordError as error:
            raise OldKeystorePasswordError(path=path) from error
        entry = keystore.key(AUTHENTICATION)
        if entry is None:
            raise KeystoreChangedError(path=path, reason=mark("its key is not there any more"))
        return Signer(entry.private_key, entry.chain)

    def _ask_with_card(self, work: Work) -> tuple[bool, list[CertificateInfo]]:
        """Whether eHealth knows the person as a care provider, and the owner's certificates and requests."""
        ssin, owner = work.facts["holder"]["ssin"], owner_of(work.facts)
        qualities, infos = asked_with_card(
            self.cards,
            work,
            lambda signer: (self.authority.qualities(ssin, signer), self.authority.certificates_of_citizen(signer)),
        )
        appointed = {(one.identifier_type, one.identifier) for one in qualities.organizations}
        if not owner.is_person and (owner.identifier_type, owner.identifier) not in appointed:
            raise NotAppointedError()
        return qualities.care_provider, [info for info in infos if owner.owns(info)]


def _check_renewable(info: CertificateInfo, work: Work) -> None:
    until = info.details.valid_until if info.details else moment(work.facts["old_keystore"]["valid_until"])
    if info.status is CertificateStatus.REVOKED:
        raise CertificateRevokedError()
    if info.status is not CertificateStatus.VALID_ACTIVE:
        raise CertificateExpiredError(until=until)
    if not info.replaceable and (info.replaceable_from is None or work.now < info.replaceable_from):
        raise TooEarlyError(replaceable_from=info.replaceable_from, until=until)


def _check_not_replaced(info: CertificateInfo, own: list[CertificateInfo]) -> None:
    """In its window, a certificate that cannot be replaced has a successor: asked for, or delivered."""
    for other in own:
        if other.status is CertificateStatus.IN_PROGRESS:
            raise RequestUnderWayError(requested_at=other.requested_at)
    if not info.replaceable:
        valid = [i for i in own if i.details and i.replaceable_from and i.status is CertificateStatus.VALID_ACTIVE]
        newest = max(valid, key=lambda one: one.replaceable_from or one.requested_at, default=info)
        until = newest.details.valid_until if newest.details else None
        raise TooEarlyError(replaceable_from=newest.replaceable_from, until=until)


def _record(info: CertificateInfo, work: Work, care_provider: bool) -> dict[str, object]:
    valid_until = work.facts["old_keystore"]["valid_until"]
    if info.details:
        valid_until = info.details.valid_until.isoformat()
    return {
        "public_key_identifier": info.public_key_identifier,
        "valid_until": valid_until,
        "replaceable_from": info.replaceable_from.isoformat() if info.replaceable_from else None,
        "care_provider": care_provider,
        "contact": contact_fact(info.contact),
    }
