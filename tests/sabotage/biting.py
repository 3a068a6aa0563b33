# ruff: noqa: T201
"""Runs the cases of one row in the tree it lies in, until one turns red: a process of its own for each sabotage."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from fnmatch import fnmatchcase

from tests.reliability.counting import ROWS, Case, run_case
from tests.sabotage.defects import Bite


def chosen(bite: Bite) -> list[Case]:
    """The cases that match, at most as many as wanted, spread evenly. Raises `LookupError` when there are none."""
    load(bite.row)
    if bite.row not in ROWS:
        raise LookupError(f"{bite.row} cannot be imported")
    cases = [case for case in ROWS[bite.row].cases() if fnmatchcase(case.name, bite.cases)]
    if not cases:
        raise LookupError(f"{bite.row} has no case '{bite.cases}'")
    count = min(len(cases), bite.most)
    return [cases[position * len(cases) // count] for position in range(count)]


def load(row: str) -> None:
    """Import the modules until one makes the row: a defect may keep others from being imported."""
    from tests.reliability.__main__ import row_modules

    for name in row_modules():
        if row not in ROWS:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def main(text: str) -> None:
    """Print one JSON object: the red case and what was wrong with it, or none."""
    tried = 0
    for case in chosen(Bite(**json.loads(text))):
        verdict, _ = run_case(case)
        tried += 1
        if verdict.problems:
            print(json.dumps({"case": case.name, "words": str(verdict.problems[0]), "tried": tried}))
            return
    print(json.dumps({"case": None, "words": "", "tried": tried}))


if __name__ == "__main__":
    main(sys.argv[1])
