"""Tampered journals: each edit, removal, swap, copy and forgery is named with the number of its line."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.state.shelves import Shelf
from workflow.errors import JournalDamagedError, StoreDamagedError
from workflow.procedure import ProcedureId

A, B = ProcedureId("aaaaaaaa"), ProcedureId("bbbbbbbb")
LINES = 8


def test_what_was_not_touched_is_sound(shelf: Shelf) -> None:
    assert shelf.defects(A) == []
    assert shelf.defects(B) == []


@pytest.mark.parametrize("number", range(1, LINES + 1))
@pytest.mark.parametrize("column", ["at", "kind", "state", "trigger", "details", "link"])
def test_every_edited_field_of_every_line_is_named(shelf: Shelf, column: str, number: int) -> None:
    value = shelf.rows(A)[number - 1][column]
    changed = f"{value[:5]}{'A' if value[5:6] != 'A' else 'B'}{value[6:]}"
    shelf.change(f"UPDATE journal SET {column} = ? WHERE procedure_id = ? AND number = ?", changed, A, number)

    with pytest.raises(JournalDamagedError, match=f"line {number} of its journal was changed"):
        shelf.store().load(A)

    assert shelf.defects(A) == [(number, "CHANGED")]
    assert shelf.defects(B) == []


@pytest.mark.parametrize("number", range(1, LINES + 1))
def test_a_removed_line_is_named(shelf: Shelf, number: int) -> None:
    shelf.change("DELETE FROM journal WHERE procedure_id = ? AND number = ?", A, number)

    with pytest.raises(JournalDamagedError, match=f"line {number} of its journal is missing"):
        shelf.store().load(A)

    assert shelf.defects(A) == [(number, "CUT" if number == LINES else "MISSING")]


def test_a_removed_line_is_not_hidden_by_new_numbers(shelf: Shelf) -> None:
    with shelf.sql() as connection:
        connection.execute("DELETE FROM journal WHERE procedure_id = ? AND number = 4", (A,))
        for number in range(5, LINES + 1):
            connection.execute(
                "UPDATE journal SET number = ? WHERE procedure_id = ? AND number = ?", (number - 1, A, number)
            )

    found = shelf.defects(A)

    assert found[0] == (4, "SWAPPED")
    assert found[-1] == (LINES, "CUT")


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 4), (2, 7), (7, 8)])
def test_two_swapped_lines_are_both_named(shelf: Shelf, one: int, other: int) -> None:
    statement = "UPDATE journal SET number = ? WHERE procedure_id = ? AND number = ?"
    for values in ((99, A, one), (one, A, other), (other, A, 99)):
        shelf.change(statement, *values)

    named = dict(shelf.defects(A))

    assert named[one] == named[other] == "SWAPPED"


def test_a_line_copied_over_another_is_named_as_a_copy(shelf: Shelf) -> None:
    source = shelf.rows(A)[2]
    shelf.change("DELETE FROM journal WHERE procedure_id = ? AND number = 5", A)
    _insert(shelf, {**source, "number": 5})

    assert (5, "DOUBLED") in shelf.defects(A)


def test_a_line_doubled_at_the_end_was_not_written_there(shelf: Shelf) -> None:
    _insert(shelf, {**shelf.rows(A)[-1], "number": LINES + 1})

    assert shelf.defects(A) == [(LINES + 1, "FORGED")]


@pytest.mark.parametrize("number", [1, 4, LINES])
def test_a_forged_line_is_named(shelf: Shelf, number: int) -> None:
    forged = {
        **shelf.rows(A)[number - 1],
        "kind": "looked",
        "details": base64.b64encode(b"x" * 60).decode(),
        "link": "ab" * 32,
    }
    shelf.change("DELETE FROM journal WHERE procedure_id = ? AND number = ?", A, number)
    _insert(shelf, forged)

    assert (number, "FORGED") in shelf.defects(A)


def test_a_line_of_another_procedure_is_not_taken(shelf: Shelf) -> None:
    foreign = {**shelf.rows(B)[3], "procedure_id": A}
    shelf.change("DELETE FROM journal WHERE procedure_id = ? AND number = 4", A)
    _insert(shelf, foreign)

    assert (4, "FORGED") in shelf.defects(A)


@pytest.mark.parametrize("left", range(LINES))
def test_a_cut_tail_is_seen(shelf: Shelf, left: int) -> None:
    shelf.change("DELETE FROM journal WHERE procedure_id = ? AND number > ?", A, left)

    assert (left + 1, "CUT") in shelf.defects(A)


def test_a_tail_that_was_cut_together_with_an_older_row_is_seen_against_the_anchor(shelf: Shelf) -> None:
    with shelf.sql() as connection:
        older = connection.execute("SELECT * FROM procedure WHERE id = ?", (A,)).fetchone()
    shelf.go_on(A)
    with shelf.sql() as connection:
        connection.execute("DELETE FROM procedure WHERE id = ?", (A,))
        connection.execute(f"INSERT INTO procedure VALUES ({', '.join('?' * len(older))})", older)
        connection.execute("DELETE FROM journal WHERE procedure_id = ? AND number > ?", (A, LINES))

    assert shelf.defects(A) == [(None, "it is older than what this computer last wrote")]


def test_an_older_row_beside_a_newer_journal_is_seen_without_an_anchor(shelf: Shelf) -> None:
    with shelf.sql() as connection:
        older = connection.execute("SELECT * FROM procedure WHERE id = ?", (A,)).fetchone()
    shelf.go_on(A)
    shelf.anchor.unlink()
    with shelf.sql() as connection:
        connection.execute("DELETE FROM procedure WHERE id = ?", (A,))
        connection.execute(f"INSERT INTO procedure VALUES ({', '.join('?' * len(older))})", older)

    assert shelf.defects(A) == [(None, "what is stored about it is older than its journal")]


SEALED = (
    "definition",
    "environment",
    "facts",
    "created_at",
    "since",
    "wake_at",
    "ended",
    "revision",
    "lines",
    "head",
    "seal",
)


@pytest.mark.parametrize("column", SEALED)
def test_every_edited_column_of_the_row_is_noticed(shelf: Shelf, column: str) -> None:
    shelf.change(f"UPDATE procedure SET {column} = ? WHERE id = ?", 1 if column == "ended" else "7", A)

    with pytest.raises(StoreDamagedError, match="what is stored about it was changed"):
        shelf.store().load(A)

    assert [one.id for one in shelf.store().procedures(ended=True)] == [B]
    assert shelf.store().damaged() == [A]


def test_two_procedures_whose_rows_were_swapped_are_both_damaged(shelf: Shelf) -> None:
    for values in (("zzzzzzzz", A), (A, B), (B, "zzzzzzzz")):
        shelf.change("UPDATE procedure SET id = ? WHERE id = ?", *values)

    for name in (A, B):
        with pytest.raises(StoreDamagedError):
            shelf.store().load(name)


def test_facts_of_another_procedure_are_not_taken(shelf: Shelf) -> None:
    with shelf.sql() as connection:
        facts = connection.execute("SELECT facts FROM procedure WHERE id = ?", (B,)).fetchone()[0]
        connection.execute("UPDATE procedure SET facts = ? WHERE id = ?", (facts, A))

    with pytest.raises(StoreDamagedError):
        shelf.store().load(A)


def test_a_line_that_cannot_be_read_is_shown_as_such(shelf: Shelf) -> None:
    shelf.change("UPDATE journal SET details = 'x', at = 'y' WHERE procedure_id = ? AND number = 3", A)

    written = shelf.store().journal(A)

    assert [(line.number, line.line.kind) for line in written if not line.sound] == [(3, "unreadable")]


def test_text_that_is_no_text_damages_its_own_row_only(shelf: Shelf) -> None:
    shelf.change("UPDATE procedure SET since = CAST(X'FFFE41' AS TEXT) WHERE id = ?", A)

    assert [one.id for one in shelf.store().procedures()] == [B]
    assert shelf.store().damaged() == [A]


def _insert(shelf: Shelf, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    shelf.change(f"INSERT INTO journal ({names}) VALUES ({', '.join('?' * len(row))})", *row.values())
