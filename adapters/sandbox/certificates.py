"""The certificates on record: one row for each request, from its arrival to its end (PROTOCOL §8)."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.sandbox.clock import add_months
from adapters.sandbox.dn import Subject, parse, subject_of
from adapters.sandbox.store import Store, from_text, to_text
from steps.ports.registration import Actor, CertificateStatus, Contact

# assumption: the printed rule is three months; the service's ReplacementPeriodStartDate decides (PROTOCOL §8.2).
WINDOW_MONTHS: Final = 3
# assumption: 36 months plus the window, the 39 months of the manual (PROTOCOL §8.4).
VALIDITY_MONTHS: Final = 36 + WINDOW_MONTHS


class State(Enum):
    """How far a request came."""

    CONFIRMING = "confirming"  # a foreigner must still confirm it on the web
    WAITING = "waiting"  # the support team looks at it
    APPROVED = "approved"  # the authority makes, or has made, the certificate
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Record:
    """One request with its certificate; `key` is its PublicKeyIdentifier in lower case, `requester` an SSIN."""

    key: str
    requested_at: datetime
    subject: Subject
    actor: Actor
    contact: Contact
    base_services: tuple[str, ...]
    requester: str
    state: State
    automatic: bool
    public_key: bytes
    deliver_at: datetime | None = None
    certificate: x509.Certificate | None = None
    revoked_at: datetime | None = None
    replaces: str | None = None
    token: str | None = None
    confirm_until: datetime | None = None

    def status(self, now: datetime) -> CertificateStatus:
        """Where the certificate stands."""
        if self.state is State.REFUSED or self.is_lapsed(now):
            return CertificateStatus.REFUSED
        if self.certificate is None:
            return CertificateStatus.IN_PROGRESS
        if self.revoked_at is not None:
            return CertificateStatus.REVOKED
        expired = now > self.certificate.not_valid_after_utc
        return CertificateStatus.EXPIRED if expired else CertificateStatus.VALID_ACTIVE

    def is_lapsed(self, now: datetime) -> bool:
        """Whether a foreigner did not confirm the request in time."""
        return self.state is State.CONFIRMING and self.confirm_until is not None and now > self.confirm_until

    def replaceable_from(self) -> datetime | None:
        """The first moment at which a replacement may be asked for; None until the certificate is delivered."""
        if self.certificate is None:
            return None
        return add_months(self.certificate.not_valid_after_utc, -WINDOW_MONTHS)

    def is_in_window(self, now: datetime) -> bool:
        """Whether the certificate is valid and near its end."""
        start = self.replaceable_from()
        return start is not None and now >= start and self.status(now) is CertificateStatus.VALID_ACTIVE


class Certificates:
    """All records; changes happen inside a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, record: Record) -> None:
        """Add a record, or replace the one of the same key."""
        entity = {
            "actor": asdict(record.actor),
            "contact": asdict(record.contact),
            "base_services": record.base_services,
        }
        der = None if record.certificate is None else record.certificate.public_bytes(Encoding.DER)
        self._store.change(
            "INSERT OR REPLACE INTO certificates VALUES (:key, :requested_at, :dn, :entity, :requester, :state,"
            " :automatic, :public_key, :deliver_at, :certificate, :revoked_at, :replaces, :token, :confirm_until)",
            key=record.key,
            requested_at=to_text(record.requested_at),
            dn=record.subject.text(),
            entity=json.dumps(entity),
            requester=record.requester,
            state=record.state.value,
            automatic=record.automatic,
            public_key=record.public_key,
            deliver_at=None if record.deliver_at is None else to_text(record.deliver_at),
            certificate=der,
            revoked_at=None if record.revoked_at is None else to_text(record.revoked_at),
            replaces=record.replaces,
            token=record.token,
            confirm_until=None if record.confirm_until is None else to_text(record.confirm_until),
        )

    def by_key(self, key: str) -> Record | None:
        """The record with this PublicKeyIdentifier."""
        row = self._store.row("SELECT * FROM certificates WHERE key = :key", key=key)
        return None if row is None else _record(row)

    def by_token(self, token: str) -> Record | None:
        """The record of a foreigner's request with this token in its address."""
        row = self._store.row("SELECT * FROM certificates WHERE token = :token", token=token)
        return None if row is None else _record(row)

    def of_subject(self, subject: Subject) -> list[Record]:
        """The records of this distinguished name, newest request first."""
        rows = self._store.rows(
            "SELECT * FROM certificates WHERE dn = :dn ORDER BY requested_at DESC, rowid DESC", dn=subject.text()
        )
        return [_record(row) for row in rows]

    def all(self) -> list[Record]:
        """Every record, oldest request first."""
        return [_record(row) for row in self._store.rows("SELECT * FROM certificates ORDER BY requested_at, rowid")]

    def of_actor(self, identifier_type: str, identifier: str) -> list[Record]:
        """The records of this person or organisation, oldest request first."""
        wanted = (identifier_type, identifier)
        return [r for r in self.all() if (r.subject.identifier_type, r.subject.identifier) == wanted]

    def note_question(self, key: str, now: datetime) -> None:
        """Remember that this key was used just now to ask for its own state."""
        self._store.change("INSERT OR REPLACE INTO questions VALUES (:key, :at)", key=key, at=to_text(now))

    def asked_at(self, key: str) -> datetime | None:
        """When this key was last used to ask for its own state."""
        row = self._store.row("SELECT at FROM questions WHERE key = :key", key=key)
        return None if row is None else from_text(row["at"])

    def due(self, now: datetime) -> list[Record]:
        """The approved requests whose certificate should have been delivered by now."""
        rows = self._store.rows(
            "SELECT * FROM certificates WHERE state = 'approved' AND certificate IS NULL AND deliver_at <= :now"
            " ORDER BY deliver_at, rowid",
            now=to_text(now),
        )
        return [_record(row) for row in rows]


def _record(row: sqlite3.Row) -> Record:
    subject = subject_of(parse(row["dn"]))
    requested_at = from_text(row["requested_at"])
    if subject is None or requested_at is None:
        raise ValueError("a damaged record")
    entity = json.loads(row["entity"])
    der = row["certificate"]
    return Record(
        key=row["key"],
        requested_at=requested_at,
        subject=subject,
        actor=Actor(**entity["actor"]),
        contact=Contact(**entity["contact"]),
        base_services=tuple(entity["base_services"]),
        requester=row["requester"],
        state=State(row["state"]),
        automatic=bool(row["automatic"]),
        public_key=row["public_key"],
        deliver_at=from_text(row["deliver_at"]),
        certificate=None if der is None else x509.load_der_x509_certificate(der),
        revoked_at=from_text(row["revoked_at"]),
        replaces=row["replaces"],
        token=row["token"],
        confirm_until=from_text(row["confirm_until"]),
    )
