"""Make the new authentication key and write it in a new, unfinished keystore, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.certificates import identifier_of
from steps.owner import owner_of
from steps.placeholder import placeholder_certificate
from steps.ports.keys import KeyMaker
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore, Keystores
from steps.remembered import moment
from workflow.errors import KeystoreError
from workflow.forms import NEW_KEYSTORE_PASSWORD
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class MakeKey:
    """Safe to repeat: the name of the file follows from the facts, and a key already written there is used."""

    keys: KeyMaker
    keystores: Keystores

    outcomes = frozenset({"made", "choose_again"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `FolderNotWritableError`, `KeystorePasswordError`."""
        name = self._name(work)
        if self.keystores.find(name) is None and not work.knows(NEW_KEYSTORE_PASSWORD):
            # An earlier sitting ended before anything was written: a new password is typed twice, in its form.
            return Outcome("choose_again", forgotten=("password",))
        password = work.secret(NEW_KEYSTORE_PASSWORD, name)
        path = self.keystores.find(name) or self._write(name, password, work)
        entry = self.keystores.open(path, password).key(AUTHENTICATION)
        assert entry is not None, "the keystore was just written with this key"
        key = {"public_key_identifier": identifier_of(entry.private_key.public_key()), "made_at": work.now.isoformat()}
        written = {"name": path.name, "sha256": self.keystores.fingerprint(path)}
        return Outcome("made", {"key": key, "new_keystore": written})

    def undo(self, facts: Mapping[str, Any]) -> None:
        """Remove the unfinished keystore: its key was never sent. A file that took its name is left alone."""
        for path in self.keystores.candidates():
            if self.keystores.describe(path).pending and self._is_the_one(path, facts["new_keystore"]):
                self.keystores.discard(path)

    def _is_the_one(self, path: Path, written: Mapping[str, str]) -> bool:
        try:
            return self.keystores.fingerprint(path) == written["sha256"]
        except KeystoreError:  # unreadable, so not the file that was written
            return False

    def _name(self, work: Work) -> str:
        chosen_at = moment(work.facts["password"]["chosen_at"])
        owner = owner_of(work.facts)
        return self.keystores.name_for(owner.identifier_type, owner.identifier, owner.application_id, chosen_at)

    def _write(self, name: str, password: str, work: Work) -> Path:
        key = self.keys.make()
        entry = KeyEntry(AUTHENTICATION, key, (placeholder_certificate(key, work.now),))
        return self.keystores.create(name, Keystore((entry,)), password)
