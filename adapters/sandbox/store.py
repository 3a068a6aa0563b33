"""The memory of the far side: one SQLite database, in a file or in memory."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from adapters.sandbox.files import PRIVATE_FILE, sync_folder

_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    ssin TEXT PRIMARY KEY, first_names TEXT NOT NULL, surname TEXT NOT NULL, care_provider INTEGER NOT NULL,
    automatic INTEGER NOT NULL, nihii TEXT);
CREATE TABLE IF NOT EXISTS organizations (
    type TEXT NOT NULL, identifier TEXT NOT NULL, name_fr TEXT NOT NULL, name_nl TEXT NOT NULL,
    PRIMARY KEY (type, identifier));
CREATE TABLE IF NOT EXISTS mandates (
    ssin TEXT NOT NULL, type TEXT NOT NULL, identifier TEXT NOT NULL, PRIMARY KEY (ssin, type, identifier));
CREATE TABLE IF NOT EXISTS anchors (der BLOB PRIMARY KEY);
CREATE TABLE IF NOT EXISTS withdrawn_cards (der BLOB PRIMARY KEY);
CREATE TABLE IF NOT EXISTS certificates (
    key TEXT PRIMARY KEY, requested_at TEXT NOT NULL, dn TEXT NOT NULL, entity TEXT NOT NULL,
    requester TEXT NOT NULL, state TEXT NOT NULL, automatic INTEGER NOT NULL, public_key BLOB NOT NULL,
    deliver_at TEXT, certificate BLOB, revoked_at TEXT, replaces TEXT, token TEXT, confirm_until TEXT);
CREATE INDEX IF NOT EXISTS certificates_dn ON certificates (dn);
CREATE TABLE IF NOT EXISTS questions (key TEXT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    key TEXT PRIMARY KEY, public_key BLOB NOT NULL, enc_key TEXT NOT NULL, serial BLOB NOT NULL,
    state TEXT NOT NULL, etk BLOB);
CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, digest TEXT NOT NULL, reply BLOB);
CREATE TABLE IF NOT EXISTS accepted (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, operation TEXT NOT NULL, message_id TEXT,
    sha256 TEXT NOT NULL, public_key_identifier TEXT, ssin TEXT);
CREATE TABLE IF NOT EXISTS repeated (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, operation TEXT NOT NULL, message_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
    n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, content BLOB NOT NULL, written INTEGER NOT NULL);
"""


class Store:
    """One connection, used by one thread at a time; what a transaction changed is on disk when it ends."""

    def __init__(self, database: str) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    @classmethod
    def open(cls, path: Path) -> Self:
        """The database in a file, made with mode 0600 when it is missing."""
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
            sync_folder(path.parent)
        except FileExistsError:
            pass
        return cls(str(path))

    @classmethod
    def in_memory(cls) -> Self:
        """A database that is gone with the process: for simulations."""
        return cls(":memory:")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one at a time, also among processes."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def change(self, statement: str, **values: Any) -> None:
        """Run one changing statement, inside a transaction."""
        self._connection.execute(statement, values)

    def rows(self, statement: str, **values: Any) -> list[sqlite3.Row]:
        """The rows of a question."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, **values: Any) -> sqlite3.Row | None:
        """The first row of a question, or None."""
        return next(iter(self.rows(statement, **values)), None)

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._connection.close()


def to_text(moment: datetime) -> str:
    """A moment as it is stored: UTC, sortable."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(stored: str | None) -> datetime | None:
    """A stored moment, with zone UTC."""
    return None if stored is None else datetime.fromisoformat(stored)
