"""Keeps the database as an older program left it, before its schema is brought forward."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from pathlib import Path

_TEMPORARY = ".ehcert-"
"""How the names of temporary files begin everywhere in the program: `ehcert doctor` removes those left over."""


def copy_of(file: Path, version: str) -> Path:
    """Where the copy of a database is kept that was still of this schema version."""
    return file.with_name(f"{file.name}.schema-{version}")


def keep_copy(file: Path, version: str) -> Path:
    """Write the copy of a SQLite file, mode 0600 and synced, over one that an earlier attempt left; returns its path.

    The pages are copied as they are, damaged ones too: the migration must not make worse what an older program could
    still read. Meant to run while nobody else can write. Raises `OSError`, `sqlite3.Error`.
    """
    target = copy_of(file, version)
    temporary = file.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}.tmp")
    try:
        _write_private(temporary, _content(file))
        os.replace(temporary, target)
        _sync_folder(file.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return target


def _content(file: Path) -> bytes:
    # Through SQLite: to open the file ourselves and close it would drop the locks that this process holds on it.
    with (
        contextlib.closing(sqlite3.connect(file, timeout=30)) as source,
        contextlib.closing(sqlite3.connect(":memory:")) as copy,
    ):
        source.backup(copy)
        return copy.serialize()


def _write_private(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
