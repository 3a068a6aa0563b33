"""Sign the revocation with the identity card and send it to eHealth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.clock import check_clock
from steps.holder import card_of
from steps.late_arrival import CLOCK_AHEAD, may_still_arrive
from steps.make_revocation_contract import revocation_contract_of
from steps.ports.card import Cards
from steps.ports.registration import CertificateStatus, RegistrationAuthority
from steps.sign_in import asked_with_card
from workflow.errors import CardAbsentError, RefusedError, WrongPinError
from workflow.forms import PIN
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
        card = card_of(self.cards, work.facts).signature(lambda: work.secret(PIN, mark("to sign the revocation")))
        identifier = work.facts["chosen"]["public_key_identifier"]
        try:
            message = self.authority.sign_revocation(identifier, revocation_contract_of(work.facts), card)
        except WrongPinError:
            work.wrong_secret(PIN)
            raise
        return Prepared({"message_id": message.message_id, "sha256": message.sha256, CLOCK_AHEAD: ahead}, message)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """A refusal is an end, as when the certificate has ended meanwhile: asked again, eHealth says the same.

        Not where the certificate is revoked already: then an earlier message arrived after all.
        """
        try:
            self.authority.revoke(prepared.message)
        except RefusedError as error:
            if not self._is_revoked(work):
                refusal = {"code": error.refusal_code, "message": error.details["refusal"]}
                return Outcome("refused", {"refusal": refusal})
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
