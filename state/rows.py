"""Turns procedures and journal lines into rows and back, sealed and linked."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from state.keys import SealError, StoreKeys
from workflow.definition import Turn
from workflow.errors import StoreDamagedError
from workflow.procedure import CLEAR_FACTS, Line, Procedure, ProcedureId, Trouble
from workflow.status import ends_at, stuck_from
from workflow.texts import mark

FIRST_LINK = "0" * 64

_SEALED = (
    "id",
    "definition",
    "definition_version",
    "environment",
    "identity",
    "facts",
    "created_at",
    "since",
    "looked_at",
    "wake_at",
    "expected_by",
    "trouble_code",
    "trouble_at",
    "trouble_attempts",
    "ended",
    "revision",
    "lines",
    "head",
)


_SEALED_IF_THERE = ("person", "stuck_at", "ends_at")
"""Columns that older rows do not have."""

NEVER = "9999"
"""In a column of moments: after all of them."""


def moment_text(moment: datetime) -> str:
    """A moment as stored: UTC, always the same width."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """A stored moment."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _optional_text(value: datetime | None) -> str | None:
    return None if value is None else moment_text(value)


def _optional_moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _canonical(value: Any) -> bytes:
    # The path of a file whose name is no UTF-8 holds halves of pairs; `json.loads` takes them back.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _canonical_row(row: Mapping[Any, Any]) -> bytes:
    """As `_canonical`, also for a damaged row, in which a value may be of any type."""
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr).encode()


def procedure_row(
    keys: StoreKeys, procedure: Procedure, *, identity: str | None, lines: int, head: str
) -> dict[str, Any]:
    """The columns of a procedure's row."""
    trouble = procedure.trouble
    row: dict[str, Any] = {
        "id": procedure.id,
        "definition": procedure.definition,
        "definition_version": procedure.definition_version,
        "environment": procedure.environment,
        "state": procedure.state,
        "turn": procedure.turn.value,
        "identity": None if procedure.ended else identity,
        "facts": _facts_text(keys, procedure),
        "created_at": moment_text(procedure.created_at),
        "since": moment_text(procedure.since),
        "looked_at": _optional_text(procedure.looked_at),
        "wake_at": _optional_text(procedure.wake_at),
        "expected_by": _optional_text(procedure.expected_by),
        "trouble_code": trouble.code if trouble else None,
        "trouble_at": moment_text(trouble.at) if trouble else None,
        "trouble_attempts": trouble.attempts if trouble else 0,
        "ended": procedure.ended,
        "revision": procedure.revision,
        "lines": lines,
        "head": head,
        "person": person_hash(keys, procedure.facts["holder"]["ssin"]) if "holder" in procedure.facts else "",
        "stuck_at": _optional_text(stuck_from(procedure)) or NEVER,
        "ends_at": _optional_text(ends_at(procedure)) or NEVER,
    }
    return {**row, "seal": _row_seal(keys, row)}


def person_hash(keys: StoreKeys, ssin: str) -> str:
    """By what the procedures of a person are found, whatever the environment and also after their end."""
    return keys.look_up(f"person {ssin}")


def procedure_of(keys: StoreKeys, row: Mapping[Any, Any]) -> Procedure:
    """The procedure of a row. Raises `StoreDamagedError` when the row was changed by another hand."""
    if not _equal(_row_seal(keys, row), row["seal"]):
        raise StoreDamagedError(id=row["id"], reason=mark("what is stored about it was changed"))
    trouble = None
    if row["trouble_code"] is not None:
        trouble = Trouble(row["trouble_code"], moment(row["trouble_at"]), row["trouble_attempts"])
    return Procedure(
        id=ProcedureId(row["id"]),
        definition=row["definition"],
        definition_version=row["definition_version"],
        environment=row["environment"],
        state=row["state"],
        turn=_turn(row["turn"]),
        facts=_facts_of(keys, row["id"], row["facts"]),
        created_at=moment(row["created_at"]),
        since=moment(row["since"]),
        revision=row["revision"],
        looked_at=_optional_moment(row["looked_at"]),
        wake_at=_optional_moment(row["wake_at"]),
        expected_by=_optional_moment(row["expected_by"]),
        trouble=trouble,
        ended=bool(row["ended"]),
    )


def _turn(text: str) -> Turn:
    try:
        return Turn(text)
    except ValueError:
        return Turn.HELPDESK  # not sealed: follows from the state, which the engine derives


def _row_seal(keys: StoreKeys, row: Mapping[Any, Any]) -> str:
    values = {name: row[name] for name in _SEALED}
    values |= {name: row[name] for name in _SEALED_IF_THERE if row.get(name) is not None}
    values["ended"] = bool(values["ended"])
    return keys.row_seal(_canonical_row(values))


def _facts_text(keys: StoreKeys, procedure: Procedure) -> str:
    stored = {
        name: value if name in CLEAR_FACTS else {"sealed": _sealed(keys, value, f"{procedure.id}.{name}")}
        for name, value in procedure.facts.items()
    }
    return _canonical(stored).decode()


def _facts_of(keys: StoreKeys, procedure: str, text: str) -> dict[str, Any]:
    return {
        name: value if name in CLEAR_FACTS else _opened(keys, procedure, value["sealed"], f"{procedure}.{name}")
        for name, value in json.loads(text).items()
    }


def _sealed(keys: StoreKeys, value: Any, place: str) -> str:
    return base64.b64encode(keys.seal(_canonical(value), place)).decode()


def _opened(keys: StoreKeys, procedure: str, sealed: str, place: str) -> Any:
    try:
        return json.loads(keys.open(base64.b64decode(sealed), place))
    except (SealError, ValueError, TypeError) as error:
        raise StoreDamagedError(id=procedure, reason=mark("it cannot be decrypted with this store key")) from error


def journal_rows(
    keys: StoreKeys, procedure: str, lines: list[Line], *, after: int, head: str
) -> tuple[list[dict[str, Any]], str]:
    """The rows of new journal lines, and the last link."""
    rows = []
    for number, line in enumerate(lines, after + 1):
        row: dict[str, Any] = {
            "procedure_id": procedure,
            "number": number,
            "at": moment_text(line.at),
            "kind": line.kind,
            "state": line.state,
            "trigger": line.trigger,
            "details": _sealed(keys, _line_content(line), line_place(procedure, number)),
        }
        head = keys.link(head, _canonical_row(row))
        rows.append({**row, "link": head})
    return rows, head


def _line_content(line: Line) -> dict[str, Any]:
    return {"told": dict(line.details), "changes": dict(line.changes)}


def line_place(procedure: str, number: int) -> str:
    """What the details of a journal line are sealed for: they open in this line only."""
    return f"{procedure}.journal.{number}"


def line_of(keys: StoreKeys, row: Mapping[Any, Any]) -> Line:
    """The journal line of a row. Raises `StoreDamagedError`."""
    try:
        content = _opened(keys, row["procedure_id"], row["details"], line_place(row["procedure_id"], row["number"]))
        return Line(moment(row["at"]), row["kind"], row["state"], row["trigger"], content["told"], content["changes"])
    except (ValueError, TypeError, KeyError) as error:
        raise StoreDamagedError(id=row["procedure_id"], reason=mark("a line of its journal cannot be read")) from error


def details_open_at(keys: StoreKeys, row: Mapping[Any, Any], number: int) -> bool:
    """Whether the details of a journal row were sealed for the line of this number."""
    try:
        _opened(keys, row["procedure_id"], row["details"], line_place(row["procedure_id"], number))
    except StoreDamagedError:
        return False
    return True


def link_after(keys: StoreKeys, previous: str, row: Mapping[Any, Any]) -> str:
    """The link that a journal row must have after the link of the line before it."""
    content = {name: row[name] for name in ("procedure_id", "number", "at", "kind", "state", "trigger", "details")}
    return keys.link(previous, _canonical_row(content))


def link_holds(keys: StoreKeys, previous: str, row: Mapping[Any, Any]) -> bool:
    """Whether a journal row follows the link before it."""
    return _equal(link_after(keys, previous, row), row["link"])


def _equal(one: str, other: Any) -> bool:
    """Compare what was computed with what was read, which may be anything."""
    return isinstance(other, str) and compare_digest(one.encode(), other.encode("utf-8", "replace"))
