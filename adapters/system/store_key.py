"""The key of the store: 32 random bytes in a file that only its user can read."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from adapters.system.files import private_folder, write_new
from workflow.errors import StoreUnusableError
from workflow.texts import mark

_KEY_BYTES = 32


def store_key(file: Path) -> bytes:
    """The store key, made on first use. Raises `StoreUnusableError`, `FolderNotWritableError`.

    A file that others can read is refused: what it protects would be readable by them.
    """
    private_folder(file.parent)
    if not file.exists():
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            write_new(file, os.urandom(_KEY_BYTES))
    try:
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise StoreUnusableError(path=file, reason=mark("others can read the store key: chmod 600"))
        key = file.read_bytes()
    except OSError as error:
        raise StoreUnusableError(path=file, reason=error.strerror) from error
    if len(key) != _KEY_BYTES:
        raise StoreUnusableError(path=file, reason=mark("the store key is damaged"))
    return key
