"""The keystore folders in memory, with the meaning of the real ones."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from adapters.keystore import names
from steps.ports.keystore import KeyEntry, Keystore, KeystoreFile
from workflow.errors import (
    FolderNotWritableError,
    KeystoreChangedError,
    KeystoreDamagedError,
    KeystoreMissingError,
    KeystorePasswordError,
)


@dataclass
class MemoryKeystores:
    """Implements `steps.ports.keystore.Keystores`: `content` maps a path to what is there and its password.

    A test may change `content` as another program would; None in the place of a keystore is a damaged file.
    `full` True: nothing can be written any more.
    """

    environment: str = "sandbox"
    folder: Path = Path("/keystore")
    content: dict[Path, tuple[Keystore | None, str]] = field(default_factory=dict)
    full: bool = False

    @property
    def pending(self) -> Path:
        """Where the unfinished ones are."""
        return self.folder / "pending"

    def check(self) -> None:
        """See `steps.ports.keystore.Keystores.check`."""
        if self.full:
            raise FolderNotWritableError(path=self.folder, reason="the disk is full")

    def files(self) -> list[KeystoreFile]:
        """See `steps.ports.keystore.Keystores.files`."""
        found = [self.describe(path) for path in self.content]
        mine = [file for file in found if file.environment == self.environment]
        return sorted(mine, key=lambda one: (one.made_at or datetime.min, one.path.name), reverse=True)

    def describe(self, path: Path) -> KeystoreFile:
        """See `steps.ports.keystore.Keystores.describe`."""
        name = names.parse(path.name)
        return KeystoreFile(
            path,
            name.identifier_type,
            name.identifier,
            name.application_id,
            name.made_at,
            name.environment,
            path.parent == self.pending,
        )

    def open(self, path: Path, password: str) -> Keystore:
        """See `steps.ports.keystore.Keystores.open`."""
        if path not in self.content:
            raise KeystoreMissingError(path=path)
        keystore, its_password = self.content[path]
        if keystore is None:
            raise KeystoreDamagedError(path=path, reason="it is cut short")
        if unicodedata.normalize("NFC", password) != its_password:
            raise KeystorePasswordError(path=path)
        return keystore

    def name_for(
        self, identifier_type: str, identifier: str, application_id: str | None, requested_at: datetime
    ) -> str:
        """See `steps.ports.keystore.Keystores.name_for`."""
        owner = f"{identifier_type}={identifier}" + (f",{application_id}" if application_id else "")
        return names.name_of(owner, requested_at.astimezone(), self.environment)

    def create(self, name: str, keystore: Keystore, password: str) -> Path:
        """See `steps.ports.keystore.Keystores.create`."""
        self.check()
        for candidate in names.later_names(name, self.environment):
            if self.find(candidate) is None:
                break
        path = self.pending / candidate
        self.content[path] = (keystore, unicodedata.normalize("NFC", password))
        return path

    def replace(self, path: Path, keystore: Keystore, password: str) -> None:
        """See `steps.ports.keystore.Keystores.replace`."""
        try:
            present = self.open(path, password)
        except (KeystorePasswordError, KeystoreDamagedError) as error:
            raise KeystoreChangedError(path=path, reason="it does not open as before") from error
        if not _keys(present) <= _keys(keystore):
            raise KeystoreChangedError(path=path, reason="it holds a key that would be lost")
        self.check()
        self.content[path] = (keystore, unicodedata.normalize("NFC", password))

    def change_password(self, path: Path, old: str, new: str, at: datetime) -> None:
        """See `steps.ports.keystore.Keystores.change_password`."""
        keystore = self.open(path, old)
        self.check()
        if self.content[path] not in [self.content[copy] for copy in self._kept(path)]:
            self.content[path.with_name(names.copy_name(path.name, at.astimezone()))] = self.content[path]
        self.content[path] = (keystore, unicodedata.normalize("NFC", new))

    def take_in(self, path: Path, name: str) -> Path:
        """See `steps.ports.keystore.Keystores.take_in`."""
        self.open(path, self.content[path][1] if path in self.content else "")
        if path.parent in (self.folder, self.pending):
            return path
        self.check()
        for candidate in names.later_names(name, self.environment):
            present = self.find(candidate)
            if present is None or self.content[present] == self.content[path]:
                break
        taken = present or self.pending / candidate
        self.content[taken] = self.content[path]
        return taken

    def kept_copy(self, path: Path) -> Path | None:
        """See `steps.ports.keystore.Keystores.kept_copy`."""
        return max(self._kept(path), default=None)

    def _kept(self, path: Path) -> list[Path]:
        beside = [one for one in self.content if one.parent == path.parent]
        return [one for one in beside if names.original_of_copy(one.name) == path.name]

    def finish(self, path: Path) -> Path:
        """See `steps.ports.keystore.Keystores.finish`."""
        target = self.folder / path.name
        if path.parent == self.pending and path in self.content:
            if target in self.content and self.content[target] != self.content[path]:
                raise KeystoreChangedError(path=path, reason="another file of this name is in the keystore folder")
            self.content[target] = self.content.pop(path)
        if target not in self.content:
            raise KeystoreMissingError(path=target)
        return target

    def discard(self, path: Path) -> None:
        """See `steps.ports.keystore.Keystores.discard`."""
        if path.parent != self.pending:
            raise ValueError("only an unfinished keystore can be discarded")
        self.content.pop(path, None)

    def find(self, name: str) -> Path | None:
        """See `steps.ports.keystore.Keystores.find`."""
        return next((one / name for one in (self.pending, self.folder) if one / name in self.content), None)

    def candidates(self) -> list[Path]:
        """See `steps.ports.keystore.Keystores.candidates`."""
        return [path for path in reversed(self.content) if not names.is_kept_copy(path.name)]

    def key_aliases(self, path: Path) -> frozenset[str]:
        """See `steps.ports.keystore.Keystores.key_aliases`."""
        if path not in self.content:
            raise KeystoreMissingError(path=path)
        keystore = self.content[path][0]
        if keystore is None:
            raise KeystoreDamagedError(path=path, reason="it is cut short")
        return frozenset(entry.alias.lower() for entry in keystore.keys)

    def fingerprint(self, path: Path) -> str:
        """See `steps.ports.keystore.Keystores.fingerprint`."""
        if path not in self.content:
            raise KeystoreMissingError(path=path)
        keystore, password = self.content[path]
        parts = [(one.alias, _numbers(one), one.chain) for one in keystore.keys] if keystore else []
        return hashlib.sha256(repr((parts, password)).encode()).hexdigest()


def _numbers(entry: KeyEntry) -> tuple[int, int]:
    numbers = entry.private_key.private_numbers()
    return numbers.p, numbers.q


def _keys(keystore: Keystore) -> set[tuple[int, int]]:
    return {_numbers(entry) for entry in keystore.keys}
