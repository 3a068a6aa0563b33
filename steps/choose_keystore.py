"""Open the keystore whose password is to be changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steps.certificates import identifier_of
from steps.given_keystore import authentication_of, check_environment, open_given
from steps.ports.keystore import Keystores
from workflow.errors import KeystorePasswordError, OldPasswordWrongError
from workflow.forms import Choice, Offer
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class ChooseKeystore:
    """Safe to repeat: it only reads. Finished or not, the file may be of a procedure under way."""

    keystores: Keystores

    outcomes = frozenset({"opened"})

    def offer(self, work: Work) -> Offer:
        """The keystores of the environment, newest first."""
        return Offer(choices={"file": tuple(Choice(str(one.path), one.path.name) for one in self.keystores.files())})

    def __call__(self, work: Work) -> Outcome:
        """Raises `OldPasswordWrongError` and every other `KeystoreError`."""
        path = Path(work.answers["file"]).expanduser().absolute()
        try:
            content = open_given(self.keystores, path, work)
        except KeystorePasswordError as error:
            raise OldPasswordWrongError(path=path) from error
        entry = authentication_of(content, path)
        check_environment(self.keystores, path, entry.chain[0], work.environment)
        identifier = identifier_of(entry.private_key.public_key())
        keystore = {"path": str(path), "sha256": self.keystores.fingerprint(path), "public_key_identifier": identifier}
        return Outcome("opened", {"keystore": keystore})
