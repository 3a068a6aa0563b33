"""Send the request of a person without a card: nobody signs it, he confirms it on the web (PROTOCOL §3.2, op. 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.clock import check_clock
from steps.fetch_certificate import certificate_fact
from steps.late_arrival import intent_of, may_still_arrive
from steps.new_keystore import open_new
from steps.ports.keystore import Keystores
from steps.ports.registration import Actor, Delivered, RegistrationAuthority
from steps.record_overview import dn_of_holder
from steps.remembered import Facts, contact_of, refusal_fact
from steps.signing_request import signing_request
from workflow.errors import RefusedError
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared, Work


@dataclass(frozen=True, slots=True)
class SubmitForeignRequest:
    """Never repeated blindly: the key and an intent are on disk first, and after a doubt eHealth is asked.

    A request that arrived has lost its address with the answer. One that eHealth does not know is sent again with the
    same key: should it have arrived all the same, nobody can confirm it, because nobody knows its address (PROTOCOL
    §13.1).
    """

    authority: RegistrationAuthority
    keystores: Keystores

    operation = "submitCSRForForeigner"
    outcomes = frozenset({"registered", "delivered", "refused"})

    def prepare(self, work: Work) -> Prepared | Outcome:
        """Raises a `KeystoreError`, `ClockOffError`."""
        ahead = check_clock(work.now, self.authority.service_time())
        csr = signing_request(open_new(self.keystores, work), dn_of_holder(work.facts))
        message = self.authority.make_foreign_request(_person(work.facts), contact_of(work.facts), csr)
        identifier = work.facts["key"]["public_key_identifier"]
        return Prepared({**intent_of(message, ahead), "public_key_identifier": identifier}, message)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """A refusal is an end; anything but an answer leaves the intent open."""
        try:
            answer = self.authority.submit_foreign_request(prepared.message)
        except RefusedError as error:
            # Not where eHealth knows the key: then an earlier message, given up for lost, arrived after all.
            return self._known(work, prepared.intent) or Outcome("refused", {"refusal": refusal_fact(error)})
        request = {"at": work.now.isoformat(), "message_id": prepared.intent["message_id"]}
        to_confirm = {"address": answer.address, "until": answer.until.isoformat()}
        return Outcome("registered", {"request": request, "to_confirm": to_confirm})

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """Ask for the certificate: eHealth knows the key, or the message is given up after some minutes."""
        known = self._known(work, intent)
        if known is not None:
            return known
        return may_still_arrive(intent, work.now, self.authority.service_time()) or NotArrived()

    def _known(self, work: Work, intent: Mapping[str, Any]) -> Outcome | None:
        """What eHealth says of the key, or None when it says nothing."""
        try:
            answer = self.authority.certificate(intent["public_key_identifier"])
        except RefusedError:
            return None
        at = intent.get("at", work.now.isoformat())
        learned: dict[str, Any] = {
            "request": {"at": at, "message_id": intent["message_id"], "found_by_asking": True},
            "to_confirm": None,  # lost with the answer
        }
        if not isinstance(answer, Delivered):
            return Outcome("registered", learned)
        learned["confirmation"] = {"at": work.now.isoformat()}
        learned["certificate"] = certificate_fact(answer.chain, work, self.authority)
        return Outcome("delivered", learned)


def _person(facts: Facts) -> Actor:
    holder = facts["holder"]
    return Actor("SSIN", holder["ssin"], holder["surname"], holder["first_names"] or None)
