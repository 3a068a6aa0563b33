"""Ask what became of a request that a person without a card must confirm on the web."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from steps.fetch_certificate import certificate_fact
from steps.ports.registration import Delivered, NotYetDelivered, RegistrationAuthority
from steps.remembered import moment, refusal_fact
from workflow.definition import STAY
from workflow.errors import RefusedError
from workflow.ports import Outcome, Work

KEPT_UNCONFIRMED = timedelta(days=30)
"""Assumption: by then a request that nobody could confirm is gone; its end was lost with the answer (§13.1)."""


@dataclass(frozen=True, slots=True)
class FetchConfirmed:
    """Safe to repeat: it only asks, without card and password.

    assumption: eHealth does not say whether somebody has confirmed. Before the end a refusal may mean that nothing is
    there until then (PROTOCOL §3.2, op. 11), so it is no news. After the end what is still known was confirmed, and
    what is refused was not.
    """

    authority: RegistrationAuthority

    outcomes = frozenset({"delivered", "confirmed", "not_confirmed", STAY})

    def __call__(self, work: Work) -> Outcome:
        """Raises `WrongCertificateError` and what else a delivered certificate may have wrong."""
        try:
            answer = self.authority.certificate(work.facts["key"]["public_key_identifier"])
        except RefusedError as refusal:
            return self._unknown(work, refusal)
        confirmation = {"confirmation": {"at": work.now.isoformat()}}
        match answer:
            case Delivered(chain):
                certificate = certificate_fact(chain, work, self.authority)
                return Outcome("delivered", {**confirmation, "certificate": certificate})
            case NotYetDelivered():
                end = _end(work)
                return Outcome("confirmed", confirmation) if end and self._is_over(end, work) else Outcome(STAY)

    def _unknown(self, work: Work, refusal: RefusedError) -> Outcome:
        end = _end(work) or moment(work.facts["request"]["at"]) + KEPT_UNCONFIRMED
        if not self._is_over(end, work):
            return Outcome(STAY)
        return Outcome("not_confirmed", {"refusal": refusal_fact(refusal)})

    def _is_over(self, end: datetime, work: Work) -> bool:
        """By both clocks: eHealth's decides, and is asked only when ours says so."""
        return work.now > end and self.authority.service_time() > end


def _end(work: Work) -> datetime | None:
    """Until when the person may confirm, unless that was lost with the answer."""
    known = work.facts.get("to_confirm")
    return None if known is None else moment(known["until"])
