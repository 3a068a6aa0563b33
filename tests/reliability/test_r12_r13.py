"""R12 and R13: a damaged database and a tampered journal are noticed before anything is sent, and named.

Each case damages a copy of one store and then loads its procedures, as every command does first. That a fault fired is
proved by the bytes of the file, which are other ones than before.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import functools
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.reliability.counting import SEED, Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.state.damaging import NAMES, NOTICED, begins_again, flipped, outcome, zeroed
from tests.state.shelves import SSINS, Shelf

A, B = NAMES
LINES = 8
FIELDS = ("at", "kind", "state", "trigger", "details", "link")
ROW_FIELDS = ("definition", "environment", "facts", "created_at", "since", "ended", "revision", "lines", "head", "seal")


@functools.cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ehcert-shelf-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Shelf(folder / "data")
    made.add(A, SSINS[0], steps=LINES - 1)
    made.add(B, SSINS[1])
    return made.folder


@contextlib.contextmanager
def a_shelf() -> Iterator[Shelf]:
    """A copy of the store, thrown away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ehcert-case-"))
    try:
        shutil.copytree(_template(), folder / "data")
        yield Shelf(folder / "data")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- R12 ----------------------------------------------------------------------------------------------------------


def damaged(damage: Callable[[Shelf], None], must_be_noticed: bool) -> Verdict:
    with a_shelf() as shelf:
        before = _bytes(shelf)
        damage(shelf)
        fired = _bytes(shelf) != before
        outcomes = [outcome(shelf, name) for name in NAMES]

        unnamed = [code for code in outcomes if code not in {"same", *NOTICED}]
        problems = [Problem(Harm.STUCK, f"not named: {code}") for code in unnamed]
        if must_be_noticed and outcomes == ["same", "same"]:
            problems.append(Problem(Harm.LOST, "not noticed"))
        if begins_again(shelf):
            problems.append(Problem(Harm.DOUBLED, "a second request of the same person could begin"))
    return Verdict(fired, tuple(problems))


def _bytes(shelf: Shelf) -> bytes | None:
    """The file of the store; nothing when it is no ordinary file."""
    return shelf.file.read_bytes() if shelf.file.is_file() and not shelf.file.is_symlink() else None


def _flip(number: int, shelf: Shelf) -> None:
    shelf.file.write_bytes(flipped(shelf.file.read_bytes(), random.Random(f"{SEED} {number}")))


def _zero(page: int, shelf: Shelf) -> None:
    shelf.file.write_bytes(zeroed(shelf.file.read_bytes(), page))


def _cut(part: int, shelf: Shelf) -> None:
    data = shelf.file.read_bytes()
    shelf.file.write_bytes(data[: len(data) * part // 40])


def _older(lines: int, shelf: Shelf) -> None:
    data = shelf.file.read_bytes()
    for _ in range(lines):
        shelf.go_on(A)
    newest = shelf.file.read_bytes()
    assert newest != data
    shelf.file.write_bytes(data[:24] + bytes(4) + data[28:])  # another counter: the bytes differ from the beginning


def _swap(column: str, shelf: Shelf) -> None:
    with shelf.sql() as connection:
        values = {
            name: connection.execute(f"SELECT {column} FROM procedure WHERE id = ?", (name,)).fetchone()[0]
            for name in NAMES
        }
        connection.execute("UPDATE procedure SET identity = NULL")
        for name, other in ((A, B), (B, A)):
            connection.execute(f"UPDATE procedure SET {column} = ? WHERE id = ?", (values[other], name))


def _swap_rows(shelf: Shelf) -> None:
    for values in (("zzzzzzzz", A), (A, B), (B, "zzzzzzzz")):
        shelf.change("UPDATE procedure SET id = ? WHERE id = ?", *values)


def _without_rollback_journal(shelf: Shelf) -> None:
    connection = sqlite3.connect(shelf.file)
    connection.executescript("PRAGMA cache_size=1; BEGIN IMMEDIATE;")
    connection.execute("UPDATE journal SET details = details || hex(zeroblob(50000))")
    torn = shelf.file.read_bytes()
    connection.rollback()
    connection.close()
    shelf.file.write_bytes(torn)


def _folder(shelf: Shelf) -> None:
    shelf.file.unlink()
    shelf.file.mkdir()


def _link(shelf: Shelf) -> None:
    target = shelf.folder.parent / "elsewhere"
    shutil.move(shelf.file, target)
    shelf.file.symlink_to(target)


def _gone(shelf: Shelf) -> None:
    shelf.file.unlink()


def _other_file(shelf: Shelf) -> None:
    shelf.file.write_bytes(b"PK\x03\x04" + bytes(9000))


def r12_cases() -> list[Case]:
    pages = len((_template() / "procedures.sqlite").read_bytes()) // 4096
    return [
        *(Case(f"flip {number}", partial(damaged, partial(_flip, number), False)) for number in range(200)),
        *(Case(f"page {page} of zeros", partial(damaged, partial(_zero, page), False)) for page in range(pages)),
        *(Case(f"cut at {part}/40", partial(damaged, partial(_cut, part), True)) for part in range(40)),
        *(Case(f"older by {lines}", partial(damaged, partial(_older, lines), True)) for lines in (1, 2, 5)),
        *(Case(f"swapped {name}", partial(damaged, partial(_swap, name), True)) for name in ("facts", "seal", "head")),
        Case("swapped rows", partial(damaged, _swap_rows, True)),
        Case("rollback journal deleted", partial(damaged, _without_rollback_journal, True)),
        Case("a folder in its place", partial(damaged, _folder, True)),
        Case("a link in its place", partial(damaged, _link, True)),
        Case("gone", partial(damaged, _gone, True)),
        Case("another file in its place", partial(damaged, _other_file, True)),
    ]


# --- R13 ----------------------------------------------------------------------------------------------------------


def tampered(tamper: Callable[[Shelf], None], expected: Sequence[tuple[int | None, str]]) -> Verdict:
    with a_shelf() as shelf:
        before = _bytes(shelf)
        tamper(shelf)
        fired = _bytes(shelf) != before
        found = shelf.defects(A)

        missed = [one for one in expected if one not in found]
        problems = [Problem(Harm.LOST, f"not named: {one}, but {found}") for one in missed]
        if outcome(shelf, A) not in NOTICED:
            problems.append(Problem(Harm.LOST, "it would be resumed"))
        if outcome(shelf, B) != "same":
            problems.append(Problem(Harm.STUCK, "the other procedure is not usable"))
    return Verdict(fired, tuple(problems))


def _edit(column: str, number: int, shelf: Shelf) -> None:
    value = str(shelf.rows(A)[number - 1][column])
    shelf.change(f"UPDATE journal SET {column} = ? WHERE procedure_id = ? AND number = ?", f"{value}x", A, number)


def _edit_row(column: str, shelf: Shelf) -> None:
    value: object = 1 if column == "ended" else "7"
    shelf.change(f"UPDATE procedure SET {column} = ? WHERE id = ?", value, A)


def _remove(number: int, shelf: Shelf) -> None:
    shelf.change("DELETE FROM journal WHERE procedure_id = ? AND number = ?", A, number)


def _cut_tail(left: int, shelf: Shelf) -> None:
    shelf.change("DELETE FROM journal WHERE procedure_id = ? AND number > ?", A, left)


def _swap_lines(one: int, other: int, shelf: Shelf) -> None:
    for values in ((99, A, one), (one, A, other), (other, A, 99)):
        shelf.change("UPDATE journal SET number = ? WHERE procedure_id = ? AND number = ?", *values)


def _double(source: int, over: int, shelf: Shelf) -> None:
    row = {**shelf.rows(A)[source - 1], "number": over}
    with shelf.sql() as connection:
        connection.execute("DELETE FROM journal WHERE procedure_id = ? AND number = ?", (A, over))
        connection.execute(f"INSERT INTO journal VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def _forge(number: int, shelf: Shelf) -> None:
    row = {**shelf.rows(A)[min(number, LINES) - 1], "number": number, "kind": "looked"}
    row |= {"details": base64.b64encode(bytes(60)).decode(), "link": "ab" * 32}
    with shelf.sql() as connection:
        connection.execute("DELETE FROM journal WHERE procedure_id = ? AND number = ?", (A, number))
        connection.execute(f"INSERT INTO journal VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


_ROW = (None, "what is stored about it was changed")


def r13_cases() -> list[Case]:
    def case(name: str, tamper: Callable[[Shelf], None], *expected: tuple[int | None, str]) -> Case:
        return Case(name, partial(tampered, tamper, expected))

    numbers = range(1, LINES + 1)
    pairs = [(one, other) for one in numbers for other in numbers if one < other]
    cut = [(left, (left + 1, "CUT")) for left in range(LINES)]
    return [
        *(
            case(f"{name} of line {n} edited", partial(_edit, name, n), (n, "CHANGED"))
            for n in numbers
            for name in FIELDS
        ),
        *(case(f"{name} of the row edited", partial(_edit_row, name), _ROW) for name in ROW_FIELDS),
        *(case(f"line {n} removed", partial(_remove, n), (n, "MISSING")) for n in range(1, LINES)),
        *(case(f"cut after {left}", partial(_cut_tail, left), named) for left, named in cut),
        *(case(f"{n} and {m} swapped", partial(_swap_lines, n, m), (n, "SWAPPED"), (m, "SWAPPED")) for n, m in pairs),
        *(case(f"{n} doubled over {m}", partial(_double, n, m), (m, "DOUBLED")) for n, m in pairs),
        *(case(f"line {n} forged", partial(_forge, n), (n, "FORGED")) for n in range(1, LINES + 2)),
    ]


R12 = register(Row("R12", "damaged database", r12_cases, share=0.25))
R13 = register(Row("R13", "tampered journal", r13_cases, share=0.5))


@pytest.mark.parametrize("case", R12.chosen(), ids=str)
def test_damage_is_noticed_and_contained(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("case", R13.chosen(), ids=str)
def test_tampering_is_named_with_its_line(case: Case) -> None:
    assert_clean(case)
