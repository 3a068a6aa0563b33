"""Take the new password of a keystore."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steps.given_keystore import open_given
from steps.ports.keystore import Keystores
from workflow.errors import KeystorePasswordError, OldPasswordWrongError, SamePasswordError
from workflow.forms import KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, Offer, Shown
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class ChooseOtherPassword:
    """Safe to repeat: both passwords live in memory only; what is kept is when the new one was chosen."""

    keystores: Keystores

    outcomes = frozenset({"chosen"})

    def offer(self, work: Work) -> Offer:
        """Which keystore it is for."""
        return Offer(overview=(Shown(mark("Keystore"), work.facts["keystore"]["path"]),))

    def __call__(self, work: Work) -> Outcome:
        """Raises `SamePasswordError`, `OldPasswordWrongError` and every other `KeystoreError`."""
        path = Path(work.facts["keystore"]["path"])
        try:
            open_given(self.keystores, path, work)
        except KeystorePasswordError as error:
            raise OldPasswordWrongError(path=path) from error
        if work.secret(NEW_KEYSTORE_PASSWORD, path.name) == work.secret(KEYSTORE_PASSWORD, path.name):
            raise SamePasswordError(path=path)
        return Outcome("chosen", {"password": {"chosen_at": work.now.isoformat()}})
