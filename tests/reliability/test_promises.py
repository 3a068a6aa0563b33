"""Each promise has rows that try it, each row serves a promise, and the document is written from what was counted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.reliability.__main__ import load_rows
from tests.reliability.counting import Case, Counts, Harm, Problem, Row, Verdict
from tests.reliability.promises import BEGIN, END, PROMISES, counted, merged, write_into
from tests.reliability.table import line, write

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "reliability.md"


def a_row(count: int) -> Row:
    cases = [Case(str(number), lambda: Verdict(True)) for number in range(count)]
    return Row("R1", "a fault", lambda: cases)


def counts(cases: int, of: int, problem: Problem | None = None) -> Counts:
    found = Counts("R1", of=of)
    for number in range(cases):
        found.add(str(number), Verdict(True, (problem,) if problem and not number else ()), 0.5)
    return found


def test_every_row_serves_a_promise_and_every_promise_has_rows() -> None:
    named = {name for promise in PROMISES for name in promise.rows}

    assert named == load_rows().keys()
    assert all(promise.rows for promise in PROMISES)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_the_tests_that_are_named_exist(promise: object) -> None:
    root = DOCUMENT.parent.parent

    assert all((root / test).exists() for test in getattr(promise, "tests", ()))


def test_the_document_has_its_place_and_names_every_row() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert 0 < text.index(BEGIN) < text.index(END)
    assert [name for name in load_rows() if not re.search(rf"\b{name}\b", text)] == []


def test_a_row_says_how_many_of_how_many() -> None:
    assert "30/120 sample" in line(counts(30, 120))
    assert "120/120 full" in line(counts(120, 120))


def test_of_two_runs_the_later_one_tells(tmp_path: Path) -> None:
    write(tmp_path / "a.json", [counts(60, 120)], full=False)
    write(tmp_path / "b.json", [counts(30, 120)], full=False)

    found = merged([tmp_path / "a.json", tmp_path / "b.json"])

    assert found["R1"]["cases"] == 30


def test_the_tables_are_written_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    document, run = tmp_path / "document.md", tmp_path / "run.json"
    document.write_text(f"before\n{BEGIN}\nof last year\n{END}\nafter\n")
    write(run, [counts(30, 120, Problem(Harm.LOST, "a line"))], full=False)

    write_into(document, [a_row(120)], merged([run]))

    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "of last year" not in text
    assert "| R1 | a fault | 30 of 120 | 30 | 1 |" in text


def test_a_row_that_was_not_run_says_so() -> None:
    assert "| R1 | a fault | not run |" in counted([a_row(3)], {})


def test_what_is_written_is_the_table(tmp_path: Path) -> None:
    write(tmp_path / "a.json", [counts(3, 3)], full=True)

    [row] = json.loads((tmp_path / "a.json").read_text())["rows"]

    assert (row["mode"], row["cases"], row["of"], row["tried"], row["lost"]) == ("full", 3, 3, 3, 0)
