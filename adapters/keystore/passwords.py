"""Changes the password of a keystore file in place, and keeps what was there."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path

from adapters.keystore import names
from adapters.keystore.files import NOT_AS_WRITTEN, content_of, keys_of, prove
from adapters.keystore.protection import Encryption
from adapters.keystore.reading import read
from adapters.keystore.writing import Rounds, write
from adapters.system import files as disk
from steps.ports.keystore import Keystore
from workflow.errors import DefinitionError, KeystoreChangedError
from workflow.texts import mark


def change(path: Path, old: str, new: str, at: datetime, encryption: Encryption, rounds: Rounds) -> None:
    """Write the keystore in `path` with the password `new`, every key and alias as it was.

    The file of before is kept as it is beside it first, under a name with the moment `at` (aware). The new one is
    written beside, synced, read back and compared key by key, then put in place; it keeps the rights of the old one,
    for practice software may read it as another user. A link is followed: the file that it leads to is changed.

    Raises a `KeystoreError`: `KeystoreChangedError` when another program changes the file meanwhile;
    `FolderNotWritableError`, `DefinitionError`. After an error the file is as it was.
    """
    file = path.resolve()
    before = content_of(file)
    keystore = read(before, old, path=path)
    _keep(file, before, at)

    def check(written: Path) -> None:
        prove(written, keystore, new)
        if not _equal(read(content_of(written), new, path=written), keystore):
            raise DefinitionError(problem=NOT_AS_WRITTEN)
        os.chmod(written, stat.S_IMODE(file.stat().st_mode))
        if content_of(file) != before:
            raise KeystoreChangedError(path=path, reason=mark("another program is changing it"))

    disk.replace(file, write(keystore, new, encryption, rounds), check)


def kept_copies(path: Path) -> list[Path]:
    """The copies of a file that were kept beside it, the newest first."""
    file = path.resolve()
    beside = file.parent.iterdir() if file.parent.is_dir() else ()
    found = [one for one in beside if names.original_of_copy(one.name) == file.name]
    return sorted(found, key=lambda one: one.name, reverse=True)


def _keep(file: Path, content: bytes, at: datetime) -> None:
    """Keep the bytes beside the file, unless an earlier attempt did so."""
    if any(content_of(copy) == content for copy in kept_copies(file)):
        return
    try:
        disk.write_new(file.with_name(names.copy_name(file.name, at.astimezone())), content)
    except FileExistsError:
        raise KeystoreChangedError(path=file, reason=mark("another file has the name of its copy")) from None


def _equal(one: Keystore, other: Keystore) -> bool:
    return (
        [(key.alias, key.chain) for key in one.keys] == [(key.alias, key.chain) for key in other.keys]
        and keys_of(one) == keys_of(other)
        and sorted(alias for alias, _ in one.certificates) == sorted(alias for alias, _ in other.certificates)
    )
