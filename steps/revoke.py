"""Sign the revocation with the identity card and send it to eHealth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.clock import check_clock
from steps.holder import asked_with_card, signed_with_card
from steps.late_arrival import intent_of, may_still_arrive
from steps.make_revocation_contract import revocation_contract_of
from steps.ports.card import Cards
from steps.ports.registration import CertificateStatus, RegistrationAuthority
from steps.remembered import refusal_fact
from workflow.errors import CardAbsentError, RefusedError
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class Revoke:
    """Never repeated blindly: after a doubt the state of the certificate is asked, with the card (PROTOCOL §13.2)."""

    authority: RegistrationAuthority
    cards: Cards

    operation = "revoke"
    outcomes = frozenset({"revoked", "refused"})

    def prepare(self, work: Work) -> Prepared | Outcome:
        """Raises `CardError`, `ClockOffError`."""
        ahead = check_clock(work.now, self.authority.service_time())
        identifier = work.facts["chosen"]["public_key_identifier"]
        message = signed_with_card(
            self.cards,
            work,
            lambda card: self.authority.sign_revocation(identifier, revocation_contract_of(work.facts), card),
            mark("to sign the revocation"),
        )
        return Prepared(intent_of(message, ahead), message)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """A refusal is an end, as when the certificate has ended meanwhile: asked again, eHealth says the same.

        Not where the certificate is revoked already: then an earlier message arrived after all.
        """
        try:
            self.authority.revoke(prepared.message)
        except RefusedError as error:
            if not self._is_revoked(work):
                return Outcome("refused", {"refusal": refusal_fact(error)})
        return _revoked(work)

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """Ask for the state of the certificate."""
        try:
            if self._is_revoked(work):
                return _revoked(work)
        except CardAbsentError:
            return InDoubt(look_again=work.now, needs_card=True)
        return may_still_arrive(intent, work.now, self.authority.service_time()) or NotArrived()

    def _is_revoked(self, work: Work) -> bool:
        ours = work.facts["chosen"]["public_key_identifier"]
        infos = asked_with_card(self.cards, work, self.authority.certificates_of_citizen)
        return any(info.public_key_identifier == ours and info.status is CertificateStatus.REVOKED for info in infos)


def _revoked(work: Work) -> Outcome:
    return Outcome("revoked", {"revocation": {"at": work.now.isoformat()}})
