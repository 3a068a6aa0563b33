"""Ask eHealth which certificates the person may revoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.clock import check_clock
from steps.holder import asked_with_card
from steps.ports.card import Cards
from steps.ports.registration import CertificateInfo, RegistrationAuthority
from steps.remembered import contact_fact
from workflow.errors import NothingToRevokeError
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class LookUpRevocable:
    """Safe to repeat: it only asks."""

    authority: RegistrationAuthority
    cards: Cards

    outcomes = frozenset({"revocable"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `NothingToRevokeError`, `ClockOffError`."""
        check_clock(work.now, self.authority.service_time())
        infos = asked_with_card(self.cards, work, self.authority.certificates_of_citizen)
        found = [_certificate(info) for info in infos if info.revocable]
        if not found:
            raise NothingToRevokeError()
        return Outcome("revocable", {"record": {"certificates": found}})


def _certificate(info: CertificateInfo) -> dict[str, Any]:
    details = info.details
    return {
        "public_key_identifier": info.public_key_identifier,
        "type": info.actor.identifier_type,
        "identifier": info.actor.identifier,
        "name": " ".join(part for part in (info.actor.first_names, info.actor.name) if part),
        "application_id": info.application_id or None,
        "status": info.status.value,
        "replaceable": info.replaceable,
        "serial": details.serial_number if details else None,
        "dn": details.dn if details else None,
        "valid_from": details.valid_from.isoformat() if details else None,
        "valid_until": details.valid_until.isoformat() if details else None,
        "contact": contact_fact(info.contact),
    }
