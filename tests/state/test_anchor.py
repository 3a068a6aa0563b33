"""The anchor: a store that is older than what this computer last wrote is noticed before anything is sent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from adapters.system.store_key import store_key
from state.database import open_database
from state.store import DatabaseStore
from tests.state.shelves import SSINS, Shelf
from workflow.errors import AnchorDamagedError, NoSuchProcedureError, StoreDamagedError
from workflow.procedure import Line, ProcedureId

A, B = ProcedureId("aaaaaaaa"), ProcedureId("bbbbbbbb")


def test_an_older_copy_of_the_database_is_refused_for_the_procedure_that_went_on(shelf: Shelf) -> None:
    older = shelf.file.read_bytes()
    shelf.go_on(A)
    shelf.file.write_bytes(older)

    with pytest.raises(StoreDamagedError, match="older than what this computer last wrote"):
        shelf.store().load(A)

    assert shelf.store().load(B).id == B
    assert shelf.store().damaged() == [A]


def test_an_older_copy_that_went_on_by_itself_is_another_history(shelf: Shelf) -> None:
    older, anchor = shelf.file.read_bytes(), shelf.anchor
    shelf.go_on(A)
    newest = anchor.read_bytes()
    shelf.file.write_bytes(older)
    anchor.unlink()
    shelf.go_on(A, value={"another": "history"})
    shelf.go_on(A, value={"and": "more"})
    anchor.write_bytes(newest)

    with pytest.raises(StoreDamagedError, match="another than the one that this computer wrote"):
        shelf.store().load(A)


def test_a_procedure_that_vanished_with_the_database_is_named_and_not_begun_again(shelf: Shelf) -> None:
    shelf.file.unlink()
    open_database(f"sqlite:///{shelf.file}")

    with pytest.raises(StoreDamagedError, match=A):
        shelf.store().load(shelf.store().find("aa"))
    with pytest.raises(StoreDamagedError, match="missing from the database"):
        shelf.add("cccccccc", SSINS[0])

    assert shelf.store().damaged() == [A, B]


def test_another_person_can_begin_beside_a_procedure_that_vanished(shelf: Shelf) -> None:
    shelf.file.unlink()

    shelf.add("cccccccc", SSINS[2])

    assert [one.id for one in shelf.store().procedures()] == ["cccccccc"]


def test_a_forgotten_procedure_is_not_missed(shelf: Shelf) -> None:
    shelf.store().forget(A)

    shelf.add("cccccccc", SSINS[0])

    with pytest.raises(NoSuchProcedureError):
        shelf.store().load(A)
    assert shelf.store().damaged() == []


@pytest.mark.parametrize("share", range(0, 100, 4))
def test_a_changed_anchor_stops_who_wants_to_act_and_nobody_who_looks(shelf: Shelf, share: int) -> None:
    content = bytearray(shelf.anchor.read_bytes())
    content[len(content) * share // 100] ^= 0x02
    shelf.anchor.write_bytes(content)

    with pytest.raises(AnchorDamagedError, match=r"anchor\.json"):
        shelf.store().load(A)

    assert len(shelf.store().procedures()) == 2
    assert len(shelf.store().journal(A)) == 8


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\x00" * 300, b'{"procedures": {}, "seal": 7}'])
def test_anything_else_in_place_of_the_anchor_counts_as_damage(shelf: Shelf, content: bytes) -> None:
    shelf.anchor.write_bytes(content)

    with pytest.raises(AnchorDamagedError):
        shelf.store().load(A)


def test_a_damaged_anchor_is_never_papered_over(shelf: Shelf) -> None:
    store = shelf.store()
    procedure = store.load(A)
    store.save(procedure, [Line(procedure.since, "looked", procedure.state)])
    shelf.anchor.write_bytes(b"{}")

    with pytest.raises(AnchorDamagedError):
        store.anchor()

    assert shelf.anchor.read_bytes() == b"{}"


def test_an_intent_is_anchored_before_the_call_that_it_announces(shelf: Shelf) -> None:
    store = shelf.store()
    procedure = store.load(A)

    store.save(procedure, [Line(procedure.since, "intent", procedure.state)])

    assert json.loads(shelf.anchor.read_text())["procedures"][A][0] == 9


def test_other_lines_wait_for_the_end_of_the_command(shelf: Shelf) -> None:
    store = shelf.store()
    procedure = store.load(A)
    before = shelf.anchor.read_bytes()

    store.save(procedure, [Line(procedure.since, "looked", procedure.state)])

    assert shelf.anchor.read_bytes() == before
    store.anchor()
    assert shelf.anchor.read_bytes() != before


def test_a_command_that_wrote_nothing_leaves_the_anchor_alone(shelf: Shelf) -> None:
    store = shelf.store()
    store.load(A)
    before = shelf.anchor.stat()

    store.anchor()

    assert (shelf.anchor.stat().st_ino, shelf.anchor.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_two_processes_do_not_lose_each_others_marks(shelf: Shelf) -> None:
    one, other = shelf.store(), shelf.store()
    for store, name in ((one, A), (other, B)):
        procedure = store.load(name)
        store.save(procedure, [Line(procedure.since, "looked", procedure.state)])

    one.anchor()
    other.anchor()

    marks = json.loads(shelf.anchor.read_text())["procedures"]
    assert (marks[A][0], marks[B][0]) == (9, 7)


def test_without_an_anchor_everything_goes_on_and_the_next_command_makes_one(shelf: Shelf) -> None:
    shelf.anchor.unlink()

    shelf.go_on(A)

    assert list(json.loads(shelf.anchor.read_text())["procedures"]) == [A]


def test_the_anchor_of_another_store_key_is_damaged(shelf: Shelf, tmp_path: Path) -> None:
    other = Shelf(tmp_path / "other")
    other.add("cccccccc")
    shutil.copy(other.anchor, shelf.anchor)
    store = DatabaseStore(
        open_database(f"sqlite:///{shelf.file}"), store_key(shelf.key_file), shelf.store()._anchor._file
    )

    with pytest.raises(AnchorDamagedError):
        store.load(A)
