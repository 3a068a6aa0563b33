"""Register the encryption key at eHealth, and move the finished keystore to its folder."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.clock import check_clock
from steps.encryption_token import certificate_in
from steps.late_arrival import LATE_ARRIVAL, intent_of, may_still_arrive
from steps.new_keystore import open_new, written_fact
from steps.ports.keystore import Keystores
from steps.ports.registration import EtkStatus, RegistrationAuthority
from steps.remembered import moment
from workflow.errors import KeystoreChangedError, RefusedError, WrongEtkError
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared, Work
from workflow.texts import mark

REGISTERED = frozenset({EtkStatus.WAIT_FOR_ACTIVATION, EtkStatus.VALID_ACTIVE})
"""An ETK in one of these states was completed."""


@dataclass(frozen=True, slots=True)
class CompleteEtk:
    """Never repeated blindly: the key and its certificate are on disk, and after a doubt the ETK's state is asked.

    The question (PROTOCOL §13.1): registered, it arrived; still in request, everything starts again from the
    challenge, with the same key.
    """

    authority: RegistrationAuthority
    keystores: Keystores

    operation = "completeETKRegistration"
    outcomes = frozenset({"etk_registered", "start_again"})

    def prepare(self, work: Work) -> Prepared | Outcome:
        """Raises a `KeystoreError` when the encryption key is not in the keystore."""
        keystore = open_new(self.keystores, work)
        fact = work.facts["encryption_certificate"]
        if fact.get("registered") and (registered := self._if_registered(work)):
            return registered
        if keystore.encryption is None:
            raise KeystoreChangedError(path=keystore.path, reason=mark("its encryption key is missing"))
        # The newest challenge counts: when the file was written once more than we remember, or when a message that
        # was given up for lost can have asked for a newer one, it is asked again.
        if keystore.content.key(fact["serial"]) is None or abs(work.now - moment(fact["at"])) > LATE_ARRIVAL:
            return Outcome("start_again", forgotten=("encryption_certificate",))
        ahead = check_clock(work.now, self.authority.service_time())
        message = self.authority.sign_etk_completion(_certificate(work), keystore.signer)
        return Prepared(intent_of(message, ahead), message)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """Raises `WrongEtkError` when the token is not for our key."""
        try:
            answer = self.authority.complete_etk(prepared.message)
        except RefusedError:
            # Not where an earlier message, given up for lost, arrived after all.
            if registered := self._if_registered(work):
                return registered
            raise
        if certificate_in(answer.etk) != _certificate(work):
            raise WrongEtkError()
        token = base64.b64encode(answer.etk).decode()
        return self._registered(work, {"to_be_activated": answer.to_be_activated, "token": token})

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """Ask for the state of the ETK, with the new authentication key."""
        if registered := self._if_registered(work):
            return registered
        doubt = may_still_arrive(intent, work.now, self.authority.service_time())
        return doubt or Outcome("start_again", forgotten=("encryption_certificate",))

    def _if_registered(self, work: Work) -> Outcome | None:
        status = self.authority.certificate_info(open_new(self.keystores, work).signer).etk_status
        if status not in REGISTERED:
            return None
        return self._registered(work, {"to_be_activated": status is EtkStatus.WAIT_FOR_ACTIVATION})

    def _registered(self, work: Work, etk: dict[str, Any]) -> Outcome:
        """The keystore is finished now: it leaves the folder of the unfinished ones. May run twice."""
        path = self.keystores.finish(open_new(self.keystores, work).path)
        finished = {**written_fact(self.keystores, work.facts["new_keystore"], path), "path": str(path)}
        return Outcome("etk_registered", {"etk": {"at": work.now.isoformat(), **etk}, "new_keystore": finished})


def _certificate(work: Work) -> bytes:
    return base64.b64decode(work.facts["encryption_certificate"]["certificate"])
