"""Take which certificate is to be revoked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.owner import Owner, owner_fact
from workflow.errors import BadValueError
from workflow.forms import Choice, Offer
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class ChooseCertificate:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"certificate_chosen"})

    def offer(self, work: Work) -> Offer:
        """Every certificate that can be revoked; none is chosen beforehand (PROCEDURES §6, step 3)."""
        found = work.facts["record"]["certificates"]
        return Offer(choices={"certificate": tuple(Choice(one["public_key_identifier"], _label(one)) for one in found)})

    def __call__(self, work: Work) -> Outcome:
        """By its PublicKeyIdentifier or its serial number. Raises `BadValueError`."""
        wanted = work.answers["certificate"].lower()
        for one in work.facts["record"]["certificates"]:
            # What was not delivered yet has no serial number: an empty answer must not choose it.
            if wanted and wanted in (one["public_key_identifier"], (one["serial"] or "").lower()):
                return Outcome("certificate_chosen", {"chosen": one, "owner": owner_fact(_owner(one))})
        raise BadValueError(field="certificate", value=work.answers["certificate"])


def _owner(certificate: Mapping[str, Any]) -> Owner:
    return Owner(certificate["type"], certificate["identifier"], certificate["name"], certificate["application_id"])


def _label(certificate: Mapping[str, Any]) -> str:
    dates = f"{(certificate['valid_from'] or '?')[:10]} - {(certificate['valid_until'] or '?')[:10]}"
    return f"{_owner(certificate).label}; {certificate['serial'] or '?'}; {dates}; {certificate['status']}"
