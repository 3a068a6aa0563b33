"""The folder of finished keystores and the one of unfinished ones: create, replace, finish, never lose a key."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from adapters.keystore import names, passwords
from adapters.keystore.files import content_of, keys_of, prove
from adapters.keystore.outline import outline
from adapters.keystore.protection import Encryption
from adapters.keystore.reading import read
from adapters.keystore.writing import USUAL, Rounds, write
from adapters.system import files as disk
from steps.ports.keystore import Keystore, KeystoreFile
from workflow.errors import (
    FolderNotWritableError,
    KeystoreChangedError,
    KeystoreError,
)
from workflow.texts import mark

_MOST_NAMES = 3600  # later seconds tried before a folder counts as unusable


@dataclass(frozen=True, slots=True)
class KeystoreFolder:
    """The `Keystores` of the steps, on disk.

    `pending` may be `folder` itself, as the wizard has it: then a file's name does not tell whether it is
    finished, none counts as pending, and `finish` has nothing to do. `environment` is a key of `names.SUFFIXES`.
    """

    folder: Path
    pending: Path
    environment: str
    encryption: Encryption = Encryption.COMPATIBLE
    rounds: Rounds = USUAL

    def check(self) -> None:
        """Find out whether both folders can be written to; makes them when they are missing."""
        disk.private_folder(self.folder)
        disk.private_folder(self.pending, inside=self.folder if self.pending.is_relative_to(self.folder) else None)
        for folder in self._folders():
            disk.check_writable(folder)

    def files(self) -> list[KeystoreFile]:
        """The keystores of this environment in both folders, newest first."""
        found = [(self.describe(path), changed) for folder in self._folders() for path, changed in _regular(folder)]
        mine = [(file, changed) for file, changed in found if file.environment == self.environment]
        mine.sort(key=lambda one: (one[0].made_at or one[1], one[0].path.name), reverse=True)
        return [file for file, _ in mine]

    def describe(self, path: Path) -> KeystoreFile:
        """What the name and the folder of any file say."""
        name = names.parse(path.name)
        return KeystoreFile(
            path=path,
            identifier_type=name.identifier_type,
            identifier=name.identifier,
            application_id=name.application_id,
            made_at=name.made_at,
            environment=name.environment,
            pending=self._is_pending(path),
        )

    def open(self, path: Path, password: str) -> Keystore:
        """Read every key and certificate. The password is tried in NFC, then in NFD."""
        return read(content_of(path), password, path=path)

    def name_for(
        self, identifier_type: str, identifier: str, application_id: str | None, requested_at: datetime
    ) -> str:
        """The file name of a new request, in local time (PROTOCOL §10.3)."""
        owner = f"{identifier_type}={identifier}" + (f",{application_id}" if application_id else "")
        return names.name_of(owner, requested_at.astimezone(), self.environment)

    def create(self, name: str, keystore: Keystore, password: str) -> Path:
        """Write a new unfinished keystore, proved by reading it back and synced to disk; never overwrites.

        The name gets the suffix of this environment when it has none or another's. When it exists in one of the
        folders a second later one is taken.
        """
        _refuse_paths(name)
        data = write(keystore, password, self.encryption, self.rounds)
        for candidate in islice(names.later_names(name, self.environment), _MOST_NAMES):
            if any(os.path.lexists(folder / candidate) for folder in self._folders()):
                continue
            path = self.pending / candidate
            try:
                disk.write_new(path, data, lambda written: prove(written, keystore, password))
            except FileExistsError:
                continue
            return path
        raise FolderNotWritableError(path=self.pending, reason=mark("too many files of this name are there"))

    def replace(self, path: Path, keystore: Keystore, password: str) -> None:
        """Put new content in a keystore: written beside it, proved, synced, then renamed over it.

        Raises `KeystoreChangedError` when the present file holds a key that the new content lacks, cannot be
        opened with this password, or changes while the new content is written.
        """
        before = content_of(path)
        try:
            present = read(before, password, path=path)
        except KeystoreError as error:
            raise KeystoreChangedError(path=path, reason=mark("it does not open as before")) from error
        if not keys_of(present) <= keys_of(keystore):
            raise KeystoreChangedError(path=path, reason=mark("it holds a key that would be lost"))

        def check(written: Path) -> None:
            prove(written, keystore, password)
            if content_of(path) != before:
                raise KeystoreChangedError(path=path, reason=mark("another program is changing it"))

        disk.replace(path, write(keystore, password, self.encryption, self.rounds), check)

    def change_password(self, path: Path, old: str, new: str, at: datetime) -> None:
        """Write a keystore of any folder with a new password; a dated copy of the file of before stays beside it.

        Raises `KeystoreChangedError` when another program changes the file meanwhile.
        """
        passwords.change(path, old, new, at, self.encryption, self.rounds)

    def take_in(self, path: Path, name: str) -> Path:
        """Copy a file, byte for byte, among the unfinished ones; one that lies in our folders stays where it is.

        The name gets the suffix of this environment; when another file has it a later second is taken.
        """
        _refuse_paths(name)
        content = content_of(path)
        if any(_same(path.parent, folder) for folder in self._folders()):
            return path
        for candidate in islice(names.later_names(name, self.environment), _MOST_NAMES):
            present = self.find(candidate)
            if present is not None and content_of(present) == content:
                return present
            try:
                if present is None:
                    disk.write_new(self.pending / candidate, content)
                    return self.pending / candidate
            except FileExistsError:
                continue
        raise FolderNotWritableError(path=self.pending, reason=mark("too many files of this name are there"))

    def kept_copy(self, path: Path) -> Path | None:
        """The newest dated copy that `change_password` left beside a file."""
        return next(iter(passwords.kept_copies(path)), None)

    def finish(self, path: Path) -> Path:
        """Move a finished keystore to the keystore folder, for good; a file already there is returned as it is.

        Raises `KeystoreChangedError` when another file of this name is in the keystore folder: neither is touched.
        """
        target = self.folder / path.name
        if _same(path.parent, self.folder):
            content_of(path)
            return path
        try:
            disk.move_new(path, target)
        except FileExistsError:
            if content_of(path) != content_of(target):
                reason = mark("another file of this name is in the keystore folder")
                raise KeystoreChangedError(path=path, reason=reason) from None
            disk.remove(path)  # an earlier move was interrupted between its two halves
        except FileNotFoundError:
            content_of(target)  # moved earlier, or missing
        return target

    def discard(self, path: Path) -> None:
        """Remove an unfinished keystore whose key was never sent; a missing file is no error.

        Raises `ValueError` for a file outside the folder of unfinished ones.
        """
        if not _same(path.parent, self.pending):
            raise ValueError("only an unfinished keystore can be discarded")
        disk.remove(path)

    def find(self, name: str) -> Path | None:
        """Where the file of this name is now: among the unfinished or the finished ones."""
        _refuse_paths(name)
        return next((folder / name for folder in (self.pending, self.folder) if _is_file(folder / name)), None)

    def candidates(self) -> list[Path]:
        """Every file in both folders, of whatever name, newest first: one may be a keystore that was renamed.

        But not the copies of before a change of password: they hold the same keys, and nobody uses them.
        """
        # `find` takes no name with a backslash: it would be a path elsewhere.
        found = [one for folder in self._folders() for one in _regular(folder) if _may_be_renamed(one[0].name)]
        return [path for path, _ in sorted(found, key=lambda one: (one[1], one[0].name), reverse=True)]

    def key_aliases(self, path: Path) -> frozenset[str]:
        """The aliases of the private keys, lower case, as far as the file shows them without its password."""
        return frozenset(key.alias.lower() for key in outline(content_of(path), path).keys)

    def fingerprint(self, path: Path) -> str:
        """The SHA-256 of a file, hexadecimal: what tells it without its password."""
        return hashlib.sha256(content_of(path)).hexdigest()

    def _folders(self) -> tuple[Path, ...]:
        return (self.folder,) if _same(self.folder, self.pending) else (self.folder, self.pending)

    def _is_pending(self, path: Path) -> bool:
        return _same(path.parent, self.pending) and not _same(self.pending, self.folder)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long here, a folder that may not be looked into
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except (OSError, ValueError):
        return False


def _refuse_paths(name: str) -> None:
    if not name or name.startswith(".") or Path(name).name != name or "\\" in name or "\x00" in name:
        raise ValueError("a file name is wanted, without its folder")


def _regular(folder: Path) -> list[tuple[Path, datetime]]:
    """The ordinary files of a folder with the moment of their last change; none when there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return [(folder / one.name, _changed(one)) for one in entries if one.name[0] != "." and one.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise FolderNotWritableError(path=folder, reason=disk.reason_of(error)) from error


def _changed(entry: os.DirEntry[str]) -> datetime:
    try:
        return datetime.fromtimestamp(entry.stat().st_mtime)
    except (OSError, OverflowError, ValueError):  # gone since, or a moment beyond all calendars
        return datetime.min


def _may_be_renamed(name: str) -> bool:
    return "\\" not in name and not names.is_kept_copy(name)
