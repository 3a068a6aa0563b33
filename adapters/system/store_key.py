"""The key of the store: 32 random bytes in a file that only its user can read."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from adapters.system.files import private_folder, reason_of, write_new
from workflow.errors import StoreUnusableError
from workflow.texts import mark

_KEY_BYTES = 32


def store_key(file: Path, *, make: bool = True) -> bytes:
    """The store key, made on first use. Raises `StoreUnusableError`, `FolderNotWritableError`.

    A new one opens nothing that is there already: `make` says whether that is nothing. A file that others can read is
    refused: what it protects would be readable by them.
    """
    private_folder(file.parent)
    if make and not os.path.lexists(file):
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            write_new(file, os.urandom(_KEY_BYTES))
    return read_store_key(file)


def read_store_key(file: Path) -> bytes:
    """The store key that is there; a link is not followed. Raises `StoreUnusableError`."""
    try:
        with open(
            os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)), "rb"
        ) as opened:
            if os.name == "posix" and stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise StoreUnusableError(path=file, reason=mark("others can read the store key: chmod 600"))
            key = opened.read(_KEY_BYTES + 1)
    except FileNotFoundError as error:
        reason = mark("the store key is missing, and nothing opens without it: put it back from a backup")
        raise StoreUnusableError(path=file, reason=reason) from error
    except OSError as error:
        reason = mark("it is a link that ehcert did not make") if file.is_symlink() else reason_of(error)
        raise StoreUnusableError(path=file, reason=reason) from error
    if len(key) != _KEY_BYTES:
        raise StoreUnusableError(path=file, reason=mark("the store key is damaged"))
    return key
