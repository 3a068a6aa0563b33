"""The ETKs on record: at most one for each authentication certificate (PROTOCOL §8, §11)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from adapters.sandbox.certificates import Certificates, Record
from adapters.sandbox.store import Store
from steps.ports.registration import CertificateStatus, EtkStatus


class TokenState(Enum):
    """How far an ETK came, whatever happens to its certificate."""

    STARTED = "started"
    WAITING = "waiting"
    ACTIVE = "active"
    RETIRED = "retired"  # another took its place


# assumption: an ETK whose successor was activated is over, and no status says so better (PROTOCOL §8.3).
RETIRED_STATUS: Final = EtkStatus.EXPIRED

_STATUSES: Final = {
    TokenState.STARTED: EtkStatus.IN_REQUEST,
    TokenState.WAITING: EtkStatus.WAIT_FOR_ACTIVATION,
    TokenState.ACTIVE: EtkStatus.VALID_ACTIVE,
    TokenState.RETIRED: RETIRED_STATUS,
}


@dataclass(frozen=True, slots=True)
class Token:
    """The ETK of one authentication certificate, whose key identifier is `key`.

    `public_key` is the encryption key, SubjectPublicKeyInfo, `enc_key` its key identifier, `serial` the sixteen
    bytes of the newest challenge.
    """

    key: str
    public_key: bytes
    enc_key: str
    serial: bytes
    state: TokenState
    etk: bytes | None = None


class Tokens:
    """All ETKs; changes happen inside a transaction of the store."""

    def __init__(self, store: Store, certificates: Certificates) -> None:
        self._store = store
        self._certificates = certificates

    def put(self, token: Token) -> None:
        """Add an ETK, or replace the one of the same certificate."""
        self._store.change(
            "INSERT OR REPLACE INTO tokens VALUES (:key, :public_key, :enc_key, :serial, :state, :etk)",
            key=token.key,
            public_key=token.public_key,
            enc_key=token.enc_key,
            serial=token.serial,
            state=token.state.value,
            etk=token.etk,
        )

    def by_key(self, key: str) -> Token | None:
        """The ETK of the authentication certificate with this key identifier."""
        row = self._store.row("SELECT * FROM tokens WHERE key = :key", key=key)
        return None if row is None else _token(row)

    def by_enc_key(self, enc_key: str) -> Token | None:
        """The ETK of this encryption key."""
        row = self._store.row("SELECT * FROM tokens WHERE enc_key = :enc_key", enc_key=enc_key)
        return None if row is None else _token(row)

    def status(self, record: Record, now: datetime) -> EtkStatus:
        """Where the ETK of a certificate stands."""
        token = self.by_key(record.key)
        if token is None:
            return EtkStatus.NOT_REQUESTED
        match record.status(now):
            case CertificateStatus.REVOKED:
                return EtkStatus.REVOKED
            case CertificateStatus.EXPIRED:
                return EtkStatus.EXPIRED
            case _:
                return _STATUSES[token.state]

    def in_use(self, record: Record, now: datetime) -> bytes | None:
        """The ETK of a certificate when it is in use."""
        token = self.by_key(record.key)
        if token is None or self.status(record, now) is not EtkStatus.VALID_ACTIVE:
            return None
        return token.etk

    def others_in_use(self, record: Record, now: datetime) -> list[Token]:
        """The ETKs in use of other certificates with the same distinguished name."""
        others = [r for r in self._certificates.of_subject(record.subject) if r.key != record.key]
        return [token for r in others if self.in_use(r, now) is not None and (token := self.by_key(r.key)) is not None]


def _token(row: sqlite3.Row) -> Token:
    return Token(
        key=row["key"],
        public_key=row["public_key"],
        enc_key=row["enc_key"],
        serial=row["serial"],
        state=TokenState(row["state"]),
        etk=row["etk"],
    )
