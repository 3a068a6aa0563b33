"""Activate the encryption key: from now on messages are sealed for the new keystore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.clock import check_clock
from steps.depot import is_handed_out
from steps.late_arrival import intent_of, may_still_arrive
from steps.new_keystore import open_new
from steps.ports.keystore import Keystores
from steps.ports.registration import EtkStatus, RegistrationAuthority
from workflow.definition import STAY
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared, Work


@dataclass(frozen=True, slots=True)
class ActivateEtk:
    """Never repeated blindly: before sending, and after a doubt, the state of the ETK is asked (PROTOCOL §13.1)."""

    authority: RegistrationAuthority
    keystores: Keystores

    operation = "activateETK"
    outcomes = frozenset({"activated"})

    def prepare(self, work: Work) -> Prepared | Outcome:
        """An ETK that is already active needs no activation."""
        if self._is_active(work):
            return _activated(work)
        ahead = check_clock(work.now, self.authority.service_time())
        message = self.authority.sign_etk_activation(open_new(self.keystores, work).signer)
        return Prepared(intent_of(message, ahead), message)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """Raises what the service answers."""
        self.authority.activate_etk(prepared.message)
        return _activated(work)

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """Ask for the state of the ETK."""
        if self._is_active(work):
            return _activated(work)
        return may_still_arrive(intent, work.now, self.authority.service_time()) or NotArrived()

    def watch(self, work: Work) -> Outcome:
        """Without the password the public depot is asked; that it hands out another key proves nothing."""
        if not is_handed_out(self.authority, work.facts):
            return Outcome(STAY)
        return Outcome("activated", {"activation": {"at": work.now.isoformat(), "found_by_asking": True}})

    def _is_active(self, work: Work) -> bool:
        info = self.authority.certificate_info(open_new(self.keystores, work).signer)
        return info.etk_status is EtkStatus.VALID_ACTIVE


def _activated(work: Work) -> Outcome:
    return Outcome("activated", {"activation": {"at": work.now.isoformat()}})
