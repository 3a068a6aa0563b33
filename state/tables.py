"""The tables: procedures, their journal, the records of care providers, and what was told by notifications."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class ProcedureRow(SQLModel, table=True):
    """One procedure. Moments are texts in UTC of one width, so that they sort.

    `facts` is JSON in which personal values are encrypted one by one. `identity` is a keyed hash of whose
    certificate it is, kept until the procedure ends: that it is unique is what keeps a second one out.
    `seal` covers every other column but `state` and `turn`, which follow from the facts.

    `person`, `stuck_at` and `ends_at` are there to look procedures up: a keyed hash of the card holder's national
    number, from when on somebody should look at it (`workflow.status.stuck_from`), when the certificate ends. They are
    missing in a row of schema 0002 or older that was not written since.
    """

    __tablename__ = "procedure"
    __table_args__ = (
        Index("procedure_open", "ended", "since"),
        Index("procedure_due", "ended", "wake_at"),
        Index("procedure_stuck", "environment", "ended", "stuck_at"),
        Index("procedure_turn", "ended", "turn", "since"),
        Index("procedure_person", "person"),
        Index("procedure_ends", "environment", "ends_at"),
    )

    id: str = Field(primary_key=True)
    definition: str
    definition_version: int
    environment: str
    state: str
    turn: str
    identity: str | None = Field(default=None, unique=True)
    facts: str
    created_at: str
    since: str
    looked_at: str | None = None
    wake_at: str | None = None
    expected_by: str | None = None
    trouble_code: str | None = None
    trouble_at: str | None = None
    trouble_attempts: int = 0
    ended: bool = False
    revision: int
    lines: int
    head: str
    seal: str
    person: str | None = None
    stuck_at: str | None = None
    ends_at: str | None = None


_NOTICED = "kind = 'noticed'"
"""Few lines are of this kind, and they are looked for in all journals at once."""


class JournalRow(SQLModel, table=True):
    """One line of a journal; `details` is encrypted, `link` chains it to the line before."""

    __tablename__ = "journal"
    __table_args__ = (Index("journal_noticed", "at", sqlite_where=text(_NOTICED), postgresql_where=text(_NOTICED)),)

    procedure_id: str = Field(primary_key=True, foreign_key="procedure.id")
    number: int = Field(primary_key=True)
    at: str
    kind: str
    state: str
    trigger: str
    details: str
    link: str


class ProviderRow(SQLModel, table=True):
    """The record of one care provider. `name`, `numbers` and `link` are encrypted one by one, and `ssin` too.

    `identity` is a keyed hash of the environment and the national number, by which a record is found. `seal` covers
    every other column.
    """

    __tablename__ = "provider"

    id: str = Field(primary_key=True)
    environment: str
    identity: str = Field(unique=True)
    name: str
    ssin: str
    numbers: str
    link: str | None = None
    created_at: str
    changed_at: str
    seal: str


class ToldRow(SQLModel, table=True):
    """One notification that a person got: `key` names the procedure or record and the occasion, nothing personal."""

    __tablename__ = "told"

    key: str = Field(primary_key=True)
    at: str


PROCEDURE = ProcedureRow.__table__  # type: ignore[attr-defined]
JOURNAL = JournalRow.__table__  # type: ignore[attr-defined]
PROVIDER = ProviderRow.__table__  # type: ignore[attr-defined]
TOLD = ToldRow.__table__  # type: ignore[attr-defined]
