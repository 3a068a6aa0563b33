"""Sign the request with the identity card and send it to eHealth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from steps.clock import check_clock
from steps.fetch_certificate import certificate_fact, record_of_request
from steps.holder import signed_with_card
from steps.late_arrival import intent_of, may_still_arrive
from steps.new_keystore import open_new
from steps.ports.card import Cards
from steps.ports.keystore import Keystores
from steps.ports.registration import (
    CertificateInfo,
    CertificateStatus,
    Delivered,
    NotYetDelivered,
    RegistrationAuthority,
    Submitted,
)
from steps.remembered import contact_of, contract_of, moment, refusal_fact
from steps.signing_request import signing_request
from workflow.errors import (
    CardAbsentError,
    EhealthNonsenseError,
    RefusedError,
    RevocationNotKnownYetError,
)
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared, Work
from workflow.texts import mark

REVOCATION_KNOWN = timedelta(hours=1)
"""Assumption: a refusal this soon after the revocation may come from a service that has not heard of it yet (§6)."""


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """Never repeated blindly: the key and an intent are on disk first, and after a doubt eHealth is asked.

    The question (PROTOCOL §13.2): is the PublicKeyIdentifier known? When eHealth does not know it, some minutes
    must have passed and the card must confirm it before the same key is sent again.
    """

    authority: RegistrationAuthority
    keystores: Keystores
    cards: Cards

    operation = "generateCertificate"
    outcomes = frozenset({"registered", "delivered", "refused"})

    def prepare(self, work: Work) -> Prepared | Outcome:
        """Raises `CardError`, `KeystoreError`, `ClockOffError`."""
        ahead = check_clock(work.now, self.authority.service_time())
        keystore, contract = open_new(self.keystores, work), contract_of(work.facts)
        message = signed_with_card(
            self.cards,
            work,
            lambda card: self.authority.sign_certificate_request(
                signing_request(keystore, contract.dn), contact_of(work.facts), contract, card
            ),
            mark("to sign the request"),
        )
        identifier = work.facts["key"]["public_key_identifier"]
        return Prepared({**intent_of(message, ahead), "public_key_identifier": identifier}, message)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """A refusal is an end; anything but an answer leaves the intent open. Raises `EhealthNonsenseError`."""
        try:
            answer = self.authority.submit(prepared.message)
        except RefusedError as error:
            # Not where eHealth knows the key: then an earlier message, given up for lost, arrived after all.
            if known := self._known(work, prepared.intent):
                return known
            if _is_revoked_just_now(work):
                raise RevocationNotKnownYetError(
                    refusal_code=error.refusal_code, refusal=error.details["refusal"]
                ) from error
            return Outcome("refused", {"refusal": refusal_fact(error)})
        if answer.public_key_identifier != prepared.intent["public_key_identifier"]:
            # Whatever was registered there: whether our request was, is asked.
            raise EhealthNonsenseError(reason=mark("it names another key"))
        return Outcome("registered", {"request": _request(answer, prepared.intent, work)})

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """Ask for the certificate; an unknown key is confirmed with the card, after some minutes."""
        known = self._known(work, intent)
        if known is not None:
            return known
        doubt = may_still_arrive(intent, work.now, self.authority.service_time())
        return doubt or self._ask_with_card(work, intent)

    def _known(self, work: Work, intent: Mapping[str, Any]) -> Outcome | None:
        """What eHealth says of the key without a card, or None when it says nothing."""
        try:
            answer = self.authority.certificate(intent["public_key_identifier"])
        except RefusedError:
            return None
        at = intent.get("at", work.now.isoformat())
        request = {"at": at, "message_id": intent["message_id"], "found_by_asking": True}
        match answer:
            case Delivered(chain):
                certificate = certificate_fact(chain, work, self.authority)
                return Outcome("delivered", {"request": request, "certificate": certificate})
            case NotYetDelivered():
                return Outcome("registered", {"request": request})

    def _ask_with_card(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        try:
            record = record_of_request(self.authority, self.cards, work)
        except CardAbsentError:
            return InDoubt(look_again=work.now, needs_card=True)
        return NotArrived() if record is None else _found(record, intent)


def _found(record: CertificateInfo, intent: Mapping[str, Any]) -> Outcome:
    if record.status is CertificateStatus.REFUSED:
        return Outcome("refused", {"refusal": {"code": record.status.value, "message": mark("refused by eHealth")}})
    request = {
        "at": intent["at"],
        "message_id": intent["message_id"],
        "found_by_asking": True,
        "automatically_validated": record.automatically_validated,
    }
    return Outcome("registered", {"request": request})


def _request(answer: Submitted, intent: Mapping[str, Any], work: Work) -> dict[str, Any]:
    return {
        "at": work.now.isoformat(),
        "message_id": intent["message_id"],
        "automatically_validated": answer.automatically_validated,
        "replaces": answer.replaces,
        "replaces_as_expected": answer.replaces == work.facts["record"].get("public_key_identifier"),
    }


def _is_revoked_just_now(work: Work) -> bool:
    """Whether the predecessor was revoked a moment ago, so that eHealth may not know it everywhere yet."""
    revocation = work.facts.get("revocation")
    return revocation is not None and work.now - moment(revocation["at"]) < REVOCATION_KNOWN
