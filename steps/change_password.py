"""Write a keystore with its new password, beside the old one, and put it in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steps.certificates import identifier_of
from steps.given_keystore import open_given
from steps.ports.keystore import AUTHENTICATION, Keystore, Keystores
from steps.remembered import moment
from workflow.errors import KeystoreChangedError, KeystorePasswordError, OldPasswordWrongError
from workflow.forms import KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Safe to repeat: whether the change was made is read in the file, never remembered.

    A file that is still byte for byte as it was when it was chosen has its old password; any other one tells by the
    password that opens it.
    """

    keystores: Keystores

    outcomes = frozenset({"changed", "choose_again"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `OldPasswordWrongError`, `KeystoreChangedError` and every other `KeystoreError`."""
        path = Path(work.facts["keystore"]["path"])
        if not work.knows(NEW_KEYSTORE_PASSWORD):
            return self._go_on_later(path, work)
        if self._has_new_password(path, work):
            return self._changed(path, work)
        return self._change(path, work)

    def _go_on_later(self, path: Path, work: Work) -> Outcome:
        """In another sitting: a new password that is not in the file yet is typed twice again, in its form."""
        if not self._is_as_it_was(path, work):
            if self._has_new_password(path, work):
                return self._changed(path, work)
            work.wrong_secret(NEW_KEYSTORE_PASSWORD)
            self._open_with_old(path, work)
        return Outcome("choose_again", forgotten=("password",))

    def _change(self, path: Path, work: Work) -> Outcome:
        content = self._open_with_old(path, work)
        self._check_key(path, content, work)
        old, new = work.secret(KEYSTORE_PASSWORD, path.name), work.secret(NEW_KEYSTORE_PASSWORD, path.name)
        self.keystores.change_password(path, old, new, moment(work.facts["password"]["chosen_at"]))
        return self._changed(path, work)

    def _changed(self, path: Path, work: Work) -> Outcome:
        kept = self.keystores.kept_copy(path)
        copy = None if kept is None else str(kept)
        changed = {"at": work.now.isoformat(), "copy": copy, "sha256": self.keystores.fingerprint(path)}
        return Outcome("changed", {"changed": changed})

    def _is_as_it_was(self, path: Path, work: Work) -> bool:
        before: str = work.facts["keystore"]["sha256"]
        return self.keystores.fingerprint(path) == before

    def _has_new_password(self, path: Path, work: Work) -> bool:
        try:
            content = self.keystores.open(path, work.secret(NEW_KEYSTORE_PASSWORD, path.name))
        except KeystorePasswordError:
            return False
        self._check_key(path, content, work)
        return True

    def _open_with_old(self, path: Path, work: Work) -> Keystore:
        try:
            return open_given(self.keystores, path, work)
        except KeystorePasswordError as error:
            raise OldPasswordWrongError(path=path) from error

    def _check_key(self, path: Path, content: Keystore, work: Work) -> None:
        entry = content.key(AUTHENTICATION)
        expected = work.facts["keystore"]["public_key_identifier"]
        if entry is None or identifier_of(entry.private_key.public_key()) != expected:
            raise KeystoreChangedError(path=path, reason=mark("it holds another key"))
