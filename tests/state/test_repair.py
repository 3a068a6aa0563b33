"""Repairs: a row from its journal, a journal around its row, nothing without proof."""

from __future__ import annotations

import pytest

from state.examination import Flaw
from tests.state.shelves import Shelf
from workflow.errors import StoreDamagedError
from workflow.procedure import ProcedureId
from workflow.replaying import replayed

A, B = ProcedureId("aaaaaaaa"), ProcedureId("bbbbbbbb")


def replayed_facts(shelf: Shelf, name: ProcedureId) -> object:
    procedure = replayed(name, [written.line for written in shelf.store().journal(name)])
    return procedure.facts if procedure else None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE procedure SET facts = '{}' WHERE id = 'aaaaaaaa'",
        "UPDATE procedure SET facts = X'00FF' WHERE id = 'aaaaaaaa'",
        "UPDATE procedure SET seal = 'x', revision = 'y', environment = 'production' WHERE id = 'aaaaaaaa'",
        "DELETE FROM procedure WHERE id = 'aaaaaaaa'",
    ],
)
def test_a_damaged_row_is_made_anew_from_its_journal(shelf: Shelf, damage: str) -> None:
    before = shelf.store().load(A)
    shelf.change(damage)

    assert shelf.repair(A)

    after = shelf.store().load(A)
    assert (after.facts, after.state, after.environment, after.definition) == (
        before.facts,
        before.state,
        before.environment,
        before.definition,
    )
    assert after.revision > before.revision
    assert shelf.store().journal(A)[-1].line.kind == "repaired"
    assert replayed_facts(shelf, A) == before.facts


def test_a_repaired_procedure_goes_on_and_still_keeps_a_second_one_out(shelf: Shelf) -> None:
    from workflow.errors import ProcedureUnderWayError

    shelf.change("UPDATE procedure SET facts = '{}', identity = NULL WHERE id = ?", A)
    shelf.repair(A)

    shelf.go_on(A)

    assert shelf.defects(A) == []
    with pytest.raises(ProcedureUnderWayError, match=A):
        shelf.add("cccccccc")


def test_when_the_end_of_the_journal_is_not_sure_ehealth_is_asked_first(shelf: Shelf) -> None:
    """The row is gone and the anchor too: a line 'about to send' may have been cut off."""
    shelf.change("DELETE FROM procedure WHERE id = ?", A)
    shelf.anchor.unlink()

    assert shelf.repair(A)

    assert shelf.store().load(A).facts["intent"]["public_key_identifier"] == "ab" * 20


def test_when_there_is_no_key_yet_and_the_end_is_not_sure_the_look_up_is_done_anew(shelf: Shelf) -> None:
    shelf.change("DELETE FROM procedure WHERE id = ?", B)
    shelf.anchor.unlink()

    assert shelf.repair(B)

    repaired = shelf.store().load(B)
    assert repaired.state == "awaiting_keystore"
    assert "record" not in repaired.facts


@pytest.mark.parametrize("number", [1, 4, 8])
@pytest.mark.parametrize("flaw", [Flaw.CHANGED, Flaw.MISSING])
def test_a_damaged_journal_is_mended_around_its_sound_row(shelf: Shelf, flaw: Flaw, number: int) -> None:
    before = shelf.store().load(A)
    where = "WHERE procedure_id = ? AND number = ?"
    shelf.change(
        f"DELETE FROM journal {where}" if flaw is Flaw.MISSING else f"UPDATE journal SET at = 'x' {where}", A, number
    )

    assert shelf.repair(A)

    lines = shelf.store().journal(A)
    assert [line.line.kind for line in lines if line.line.kind in ("lost", "repaired")] == ["lost", "repaired"]
    assert lines[number - 1].line.kind == "lost"
    assert shelf.store().load(A).facts == before.facts == replayed_facts(shelf, A)


def test_a_forged_line_goes_and_the_repair_tells_of_it(shelf: Shelf) -> None:
    row = shelf.rows(A)[-1]
    shelf.change(f"INSERT INTO journal VALUES ({', '.join('?' * 8)})", *{**row, "number": 9}.values())

    assert shelf.repair(A)

    told = shelf.store().journal(A)[-1].line
    assert told.kind == "repaired"
    assert told.details["defects"] == ["9: was not written by ehcert"]


def test_without_proof_nothing_is_touched(shelf: Shelf) -> None:
    shelf.change("UPDATE procedure SET facts = '{}' WHERE id = ?", A)
    shelf.change("UPDATE journal SET details = 'x' WHERE procedure_id = ? AND number = 3", A)
    before = shelf.file.read_bytes(), shelf.anchor.read_bytes()

    assert not shelf.repair(A)

    assert (shelf.file.read_bytes(), shelf.anchor.read_bytes()) == before


def test_an_older_copy_proves_nothing(shelf: Shelf) -> None:
    older = shelf.file.read_bytes()
    shelf.go_on(A)
    shelf.file.write_bytes(older)

    assert not shelf.repair(A)

    with pytest.raises(StoreDamagedError):
        shelf.store().load(A)


def test_what_is_sound_is_left_alone(shelf: Shelf) -> None:
    before = shelf.file.read_bytes()

    assert not shelf.repair(A)

    assert shelf.file.read_bytes() == before


def test_an_older_row_beside_a_newer_journal_takes_its_facts(shelf: Shelf) -> None:
    with shelf.sql() as connection:
        older = connection.execute("SELECT * FROM procedure WHERE id = ?", (A,)).fetchone()
    newest = shelf.go_on(A)
    with shelf.sql() as connection:
        connection.execute("DELETE FROM procedure WHERE id = ?", (A,))
        connection.execute(f"INSERT INTO procedure VALUES ({', '.join('?' * len(older))})", older)

    assert shelf.repair(A)

    assert shelf.store().load(A).facts == newest.facts


def test_the_anchor_is_made_anew_from_what_is_sound(shelf: Shelf) -> None:
    shelf.anchor.write_bytes(b"{}")
    shelf.change("UPDATE procedure SET facts = '{}' WHERE id = ?", B)

    damaged = shelf.store().make_anchor()

    assert damaged == [B]
    assert shelf.store().load(A).id == A
