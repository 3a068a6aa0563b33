"""What the far side remembers of messages: the log of accepted changes, which is the judge, and the Ids."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from adapters.sandbox.store import Store, to_text


@dataclass(frozen=True, slots=True)
class Accepted:
    """One change that was carried out; written in the transaction of the change, before the answer.

    `sha256` is the hexadecimal hash of the whole body as it came; `public_key_identifier` is in lower case.
    """

    n: int
    at: datetime
    operation: str
    message_id: str | None
    sha256: str
    public_key_identifier: str | None
    ssin: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that was answered before; `reply` only when it changed something."""

    digest: str
    reply: bytes | None


class Ledger:
    """The log of accepted changes and the Ids that were used; changes happen inside a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def accept(
        self, at: datetime, operation: str, message_id: str | None, sha256: str, key: str | None, ssin: str | None
    ) -> None:
        """Write down an accepted change."""
        self._store.change(
            "INSERT INTO accepted (at, operation, message_id, sha256, public_key_identifier, ssin)"
            " VALUES (:at, :operation, :message_id, :sha256, :key, :ssin)",
            at=to_text(at),
            operation=operation,
            message_id=message_id,
            sha256=sha256,
            key=key,
            ssin=ssin,
        )

    def accepted(self) -> list[Accepted]:
        """Every accepted change, oldest first."""
        return [_accepted(row) for row in self._store.rows("SELECT * FROM accepted ORDER BY n")]

    def counts(self) -> dict[str, int]:
        """How many changes of each operation were accepted."""
        return dict(Counter(entry.operation for entry in self.accepted()))

    def seen(self, message: str) -> Seen | None:
        """What is known about a message with this Id."""
        row = self._store.row("SELECT digest, reply FROM messages WHERE id = :id", id=message)
        return None if row is None else Seen(row["digest"], row["reply"])

    def remember(self, message: str, digest: str, reply: bytes | None) -> None:
        """Remember the Id of an answered message, and the answer when the message changed something."""
        self._store.change(
            "INSERT OR REPLACE INTO messages VALUES (:id, :digest, :reply)", id=message, digest=digest, reply=reply
        )

    def note_repeat(self, at: datetime, operation: str, message: str) -> None:
        """Write down that a changing message came again, byte for byte, and was not carried out again."""
        self._store.change(
            "INSERT INTO repeated (at, operation, message_id) VALUES (:at, :operation, :id)",
            at=to_text(at),
            operation=operation,
            id=message,
        )

    def repeats(self) -> list[tuple[str, str]]:
        """Operation and Id of every changing message that came again."""
        rows = self._store.rows("SELECT operation, message_id FROM repeated ORDER BY n")
        return [(row["operation"], row["message_id"]) for row in rows]


def _accepted(row: sqlite3.Row) -> Accepted:
    return Accepted(
        n=row["n"],
        at=datetime.fromisoformat(row["at"]),
        operation=row["operation"],
        message_id=row["message_id"],
        sha256=row["sha256"],
        public_key_identifier=row["public_key_identifier"],
        ssin=row["ssin"],
    )
