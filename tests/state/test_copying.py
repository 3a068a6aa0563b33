"""Copies of the database in use, and the way back."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from state.copying import pour, snapshot
from state.database import open_database
from tests.state.shelves import Shelf
from workflow.errors import StoreNotEmptyError, StoreUnusableError
from workflow.procedure import Line, ProcedureId

A = ProcedureId("aaaaaaaa")


def test_a_copy_is_of_one_moment_while_another_process_writes(shelf: Shelf, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        store = shelf.store()
        procedure = store.load(A)
        while not stop.is_set():
            procedure = store.save(procedure, [Line(procedure.since, "looked", procedure.state)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [snapshot(shelf.file) for _ in range(5)]
    finally:
        stop.set()
        writer.join()

    lengths = []
    for number, copy in enumerate(copies):
        file = tmp_path / f"{number}.sqlite"
        file.write_bytes(copy)
        with sqlite3.connect(file) as connection:
            row = connection.execute("SELECT lines FROM procedure WHERE id = ?", (A,)).fetchone()[0]
            lines = connection.execute("SELECT count(*) FROM journal WHERE procedure_id = ?", (A,)).fetchone()[0]
        connection.close()
        assert row == lines
        lengths.append(row)
    assert lengths == sorted(lengths)


def test_a_damaged_database_is_not_copied(shelf: Shelf) -> None:
    data = bytearray(shelf.file.read_bytes())
    data[4096 * 4 : 4096 * 8] = bytes(4096 * 4)
    shelf.file.write_bytes(data)

    with pytest.raises(StoreUnusableError):
        snapshot(shelf.file)


def test_nothing_is_poured_over_procedures(shelf: Shelf, furnished: Path) -> None:
    source = open_database(f"sqlite:///{furnished / 'procedures.sqlite'}")
    before = shelf.file.read_bytes()

    with pytest.raises(StoreNotEmptyError, match=A):
        pour(source, open_database(f"sqlite:///{shelf.file}"), lambda: None)

    assert shelf.file.read_bytes() == before


def test_a_failure_before_the_commit_leaves_an_empty_store(furnished: Path, tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError("the disk is full")

    source = open_database(f"sqlite:///{furnished / 'procedures.sqlite'}")
    target = open_database(f"sqlite:///{tmp_path / 'new' / 'store.sqlite'}")

    with pytest.raises(OSError, match="full"):
        pour(source, target, fail)

    assert pour(source, target, lambda: None) == 2


def test_a_forgotten_procedure_leaves_nothing_in_the_files(shelf: Shelf) -> None:
    with shelf.sql() as connection:
        facts = connection.execute("SELECT facts FROM procedure WHERE id = ?", (A,)).fetchone()[0]
    texts = [row["details"] for row in shelf.rows(A)]
    texts += [fact["sealed"] for fact in json.loads(facts).values() if "sealed" in fact]
    assert all(text[:60].encode() in shelf.file.read_bytes() for text in texts)

    shelf.store().forget(A)

    left = shelf.file.read_bytes() + shelf.anchor.read_bytes()
    assert not [text for text in texts if text[:60].encode() in left or text[-60:].encode() in left]
    assert A.encode() not in left


def test_no_personal_data_lies_in_the_files_in_clear(shelf: Shelf) -> None:
    left = b"".join(path.read_bytes() for path in shelf.folder.iterdir())

    for personal in ("75031299943", "Exemple", "exemple@example.org", "/nowhere/old.p12"):
        assert personal.encode() not in left
