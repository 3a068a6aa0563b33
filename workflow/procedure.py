"""What is remembered about one procedure, and the lines of its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType

from workflow.definition import Turn

ProcedureId = NewType("ProcedureId", str)

ID_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
"""No letter that looks like another."""

ID_LENGTH = 8

SEEN_ACTIVE = "seen_active"
"""The fact that eHealth hands out our encryption key, although nobody said yet that the new file is loaded."""

CLEAR_FACTS = frozenset(
    {
        "requirements",
        "consent",
        "approval",
        "password",
        "key",
        "intent",
        "request",
        "installed",
        "handover",
        "activation",
        SEEN_ACTIVE,
        "proof",
        "reason",
        "revocation_approval",
        "revocation",
        "announced_for",
        "end",
    }
)
"""The facts that hold no personal data; every other one is encrypted at rest: also a refusal, which may name people."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last error of a procedure: its code and when."""

    code: str
    at: datetime
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Procedure:
    """One execution of a definition, as it stands.

    `facts` are plain JSON. `revision` counts the saved changes; 0 is not stored yet. All moments are in UTC.
    `since` is when the state was entered, `looked_at` when it was last tried, `wake_at` when to look again,
    `expected_by` when the state is late.
    """

    id: ProcedureId
    definition: str
    definition_version: int
    environment: str
    state: str
    turn: Turn
    facts: Mapping[str, Any]
    created_at: datetime
    since: datetime
    revision: int = 0
    looked_at: datetime | None = None
    wake_at: datetime | None = None
    expected_by: datetime | None = None
    trouble: Trouble | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal, before it is written.

    `kind`: started, moved, back, intent, asked, arrived, not_arrived, refused, looked, trouble, corrected, ended,
    restored, repaired, lost; noticed, beside what was found out without a person; and what people did: retried,
    postponed, announced, noted. `details` are plain JSON without secrets; personal values are allowed, for the whole
    is encrypted at rest. `changes` is what became of the facts (see `workflow.replaying`): it makes the journal their
    second copy, and is never shown.
    """

    at: datetime
    kind: str
    state: str
    trigger: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line of the journal as it was read: its number, from 1, and whether its link in the chain holds."""

    number: int
    line: Line
    sound: bool
