"""The keystore that the procedure made: found by its name, known by its key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steps.certificates import identifier_of
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore, Keystores
from steps.ports.signing import Signer
from workflow.errors import KeystoreChangedError, KeystoreMissingError, KeystorePasswordError
from workflow.forms import NEW_KEYSTORE_PASSWORD
from workflow.ports import Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class NewKeystore:
    """An opened keystore of a procedure, with the password that opens it."""

    path: Path
    content: Keystore
    password: str

    @property
    def authentication(self) -> KeyEntry:
        """The authentication key, which `open_new` has found to be the right one."""
        entry = self.content.key(AUTHENTICATION)
        assert entry is not None
        return entry

    @property
    def signer(self) -> Signer:
        """The authentication key with its chain."""
        return Signer(self.authentication.private_key, self.authentication.chain)

    @property
    def encryption(self) -> KeyEntry | None:
        """The other key: the one that messages are sealed for."""
        return next((entry for entry in self.content.keys if entry.alias.lower() != AUTHENTICATION), None)


def open_new(keystores: Keystores, work: Work) -> NewKeystore:
    """Open the procedure's own keystore, asking for its password when this sitting does not have it yet.

    Raises `KeystoreMissingError`, `KeystorePasswordError`, and `KeystoreChangedError` when another file took its
    place.
    """
    name = work.facts["new_keystore"]["name"]
    path = keystores.find(name)
    if path is None:
        raise KeystoreMissingError(path=name)
    password = work.secret(NEW_KEYSTORE_PASSWORD, name)
    try:
        content = keystores.open(path, password)
    except KeystorePasswordError:
        work.wrong_secret(NEW_KEYSTORE_PASSWORD)
        raise
    entry = content.key(AUTHENTICATION)
    expected = work.facts["key"]["public_key_identifier"]
    if entry is None or identifier_of(entry.private_key.public_key()) != expected:
        raise KeystoreChangedError(path=path, reason=mark("it holds another key"))
    return NewKeystore(path, content, password)
