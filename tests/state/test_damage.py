"""Damaged files: whatever happens to them, no procedure is believed that is not as it was written.

Each case damages the files and then loads every procedure, as `resume` does before anything is sent: it is the same as
before, or an error of the store names the damage. SQLite itself notices some of it, the seals and the anchor the rest.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable

import pytest

from tests.state.damaging import NAMES, NOTICED, begins_again, flipped, outcome, zeroed
from tests.state.shelves import Shelf
from workflow.errors import BusyError, NoSuchProcedureError, StoreError
from workflow.procedure import Line, ProcedureId

SEED = 20261123
FLIPS = 20
TRUNCATIONS = 8


@pytest.mark.parametrize("seed", range(FLIPS))
def test_a_flipped_bit_changes_nothing_or_is_noticed(shelf: Shelf, seed: int) -> None:
    shelf.file.write_bytes(flipped(shelf.file.read_bytes(), random.Random(SEED + seed)))

    outcomes = [outcome(shelf, name) for name in NAMES]

    assert set(outcomes) <= {"same", *NOTICED}
    assert not begins_again(shelf)


PAGES = 22


@pytest.mark.parametrize("page", range(PAGES))
def test_a_page_of_zeros_changes_nothing_or_is_noticed(shelf: Shelf, page: int) -> None:
    shelf.file.write_bytes(zeroed(shelf.file.read_bytes(), page))

    outcomes = [outcome(shelf, name) for name in NAMES]

    assert set(outcomes) <= {"same", *NOTICED}
    assert not begins_again(shelf)


def test_pages_are_noticed_and_the_other_procedure_stays_usable_where_sqlite_lets_it(shelf: Shelf) -> None:
    data = shelf.file.read_bytes()
    found = []
    for page in range(len(data) // 4096):
        shelf.file.write_bytes(zeroed(data, page))
        found.append(tuple(outcome(shelf, name) for name in NAMES))

    assert len(found) == PAGES
    assert sum(one != ("same", "same") for one in found) >= PAGES // 3  # the others hold indexes of the listings
    assert any(one.count("same") == 1 for one in found)


@pytest.mark.parametrize("part", range(TRUNCATIONS))
def test_a_cut_file_is_noticed(shelf: Shelf, part: int) -> None:
    data = shelf.file.read_bytes()
    shelf.file.write_bytes(data[: len(data) * part // TRUNCATIONS])

    outcomes = [outcome(shelf, name) for name in NAMES]

    assert "same" not in outcomes or part > 0
    assert outcomes != ["same", "same"]
    assert not begins_again(shelf)


def _older_copy(shelf: Shelf) -> None:
    older = shelf.file.read_bytes()
    shelf.go_on(NAMES[0])
    shelf.file.write_bytes(older)


def _a_folder(shelf: Shelf) -> None:
    shelf.file.unlink()
    shelf.file.mkdir()


def _a_link(shelf: Shelf) -> None:
    target = shelf.folder.parent / "elsewhere.sqlite"
    shutil.move(shelf.file, target)
    shelf.file.symlink_to(target)


def _another_program(shelf: Shelf) -> None:
    shelf.file.write_bytes(b"PK\x03\x04" + bytes(5000))


def _another_database(shelf: Shelf) -> None:
    shelf.file.unlink()
    with sqlite3.connect(shelf.file) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    connection.close()


def _another_key(shelf: Shelf) -> None:
    shelf.key_file.write_bytes(bytes(32))


def _short_key(shelf: Shelf) -> None:
    shelf.key_file.write_bytes(b"short")


def _gone(shelf: Shelf) -> None:
    shelf.file.unlink()


@pytest.mark.parametrize(
    "damage",
    [_older_copy, _a_folder, _a_link, _another_program, _another_database, _another_key, _short_key, _gone],
    ids=lambda one: one.__name__,
)
def test_another_thing_in_place_of_the_store_is_noticed(shelf: Shelf, damage: Callable[[Shelf], None]) -> None:
    damage(shelf)

    assert outcome(shelf, NAMES[0]) in NOTICED
    assert not begins_again(shelf)


def test_an_interrupted_change_whose_journal_file_was_deleted_is_noticed(shelf: Shelf) -> None:
    """A process dies while it writes: without its rollback journal the file is half old and half new."""
    journal = shelf.file.with_name("procedures.sqlite-journal")
    before = shelf.file.read_bytes()
    connection = sqlite3.connect(shelf.file)
    connection.executescript("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN IMMEDIATE;")
    connection.execute("UPDATE journal SET details = details || hex(zeroblob(50000))")
    torn, rollback = shelf.file.read_bytes(), journal.read_bytes()
    connection.rollback()
    connection.close()
    assert torn != before, "the change has reached the file in part"

    shelf.file.write_bytes(torn)
    journal.unlink(missing_ok=True)

    assert outcome(shelf, NAMES[0]) != "same"
    shelf.file.write_bytes(torn)
    journal.write_bytes(rollback)
    assert [outcome(shelf, name) for name in NAMES] == ["same", "same"]


def test_a_damaged_index_does_not_hide_a_procedure(shelf: Shelf) -> None:
    """An index that lost an entry finds nothing, and SQLite says nothing."""
    with shelf.sql() as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("CREATE TABLE hollow (id TEXT PRIMARY KEY, identity TEXT UNIQUE)")
        roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'index'"))
        for wrong, right in (("sqlite_autoindex_procedure_1", "sqlite_autoindex_hollow_1"),):
            connection.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = ?", (roots[right], wrong))

    with pytest.raises(StoreError):
        shelf.store().load(NAMES[0])

    assert not begins_again(shelf)


def test_a_procedure_that_never_was_is_not_called_damaged(shelf: Shelf) -> None:
    with pytest.raises(NoSuchProcedureError):
        shelf.store().load(ProcedureId("dddddddd"))


def test_two_who_write_at_once_do_not_mix_their_lines(shelf: Shelf) -> None:
    one, other = shelf.store(), shelf.store()
    first, second = one.load(NAMES[0]), other.load(NAMES[0])
    one.save(first, [Line(first.since, "looked", first.state)])

    with pytest.raises(BusyError):
        other.save(second, [Line(first.since, "looked", first.state)])
