"""Register the encryption key at eHealth, and move the finished keystore to its folder."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.clock import check_clock
from steps.encryption_token import certificate_in
from steps.late_arrival import CLOCK_AHEAD, may_still_arrive
from steps.new_keystore import open_new
from steps.ports.keystore import Keystores
from steps.ports.registration import EtkStatus, RegistrationAuthority
from workflow.errors import KeystoreChangedError, WrongEtkError
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared, Work
from workflow.texts import mark


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
        if keystore.content.key(fact["serial"]) is None:
            if keystore.encryption is None:
                raise KeystoreChangedError(path=keystore.path, reason=mark("its encryption key is missing"))
            # The file was written once more than we remember: the newest challenge counts, so it is asked again.
            return Outcome("start_again", forgotten=("encryption_certificate",))
        ahead = check_clock(work.now, self.authority.service_time())
        message = self.authority.sign_etk_completion(_certificate(work), keystore.signer)
        intent = {"message_id": message.message_id, "sha256": message.sha256, CLOCK_AHEAD: ahead}
        return Prepared(intent, message)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """Raises `WrongEtkError` when the token is not for our key."""
        answer = self.authority.complete_etk(prepared.message)
        if certificate_in(answer.etk) != _certificate(work):
            raise WrongEtkError()
        token = base64.b64encode(answer.etk).decode()
        return self._registered(work, {"to_be_activated": answer.to_be_activated, "token": token})

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """Ask for the state of the ETK, with the new authentication key."""
        keystore = open_new(self.keystores, work)
        status = self.authority.certificate_info(keystore.signer).etk_status
        if status in (EtkStatus.WAIT_FOR_ACTIVATION, EtkStatus.VALID_ACTIVE):
            return self._registered(work, {"to_be_activated": status is EtkStatus.WAIT_FOR_ACTIVATION})
        forgotten = ("encryption_certificate",)
        doubt = may_still_arrive(intent, work.now, self.authority.service_time())
        return doubt or Outcome("start_again", forgotten=forgotten)

    def _registered(self, work: Work, etk: dict[str, Any]) -> Outcome:
        """The keystore is finished now: it leaves the folder of the unfinished ones. May run twice."""
        path = self.keystores.finish(open_new(self.keystores, work).path)
        finished = {**work.facts["new_keystore"], "name": path.name, "path": str(path)}
        return Outcome("etk_registered", {"etk": {"at": work.now.isoformat(), **etk}, "new_keystore": finished})


def _certificate(work: Work) -> bytes:
    return base64.b64decode(work.facts["encryption_certificate"]["certificate"])
