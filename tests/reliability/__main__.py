# ruff: noqa: T201
"""`python -m tests.reliability [ROW …]`: run the rows, print one table, write reliability.json.

FULL=1 runs every case, otherwise a sample chosen by SEED; JOBS is the number of processes.
`python -m tests.reliability --write DOCUMENT [JSON …]` runs nothing: it puts what was counted in the document.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.reliability.counting import FULL, ROWS, SEED, Counts, Row, Verdict, run_case
from tests.reliability.promises import merged, write_into
from tests.reliability.table import head, line, write


def row_modules() -> list[str]:
    """Every module that makes rows."""
    return [f"tests.reliability.{path.stem}" for path in sorted(Path(__file__).parent.glob("test_*.py"))]


def load_rows() -> dict[str, Row]:
    """Import every module that makes rows."""
    for name in row_modules():
        importlib.import_module(name)
    return ROWS


def _run(row: str, case: str) -> tuple[Verdict, float]:
    """In a process of its own; forked, so the rows are known."""
    return run_case(next(known for known in ROWS[row].cases() if known.name == case))


def _counted(row: Row, pool: ProcessPoolExecutor) -> Counts:
    counts = Counts(row.name, of=len(row.cases()))
    names = [case.name for case in row.chosen()]
    for name, (verdict, seconds) in zip(names, pool.map(_run, [row.name] * len(names), names), strict=True):
        counts.add(name, verdict, seconds)
    return counts


def _all_counted(rows: list[Row], jobs: int) -> Iterator[Counts]:
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        for row in rows:
            yield _counted(row, pool)


def main(wanted: list[str]) -> int:
    """Returns 0 when every row is clean."""
    warnings.simplefilter("error")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the rows run in the background
    known = load_rows()
    if wanted[:1] == ["--write"]:
        rows = sorted(known.values(), key=lambda row: _number(row.name))
        write_into(Path(wanted[1]), rows, merged(Path(name) for name in wanted[2:] or ["reliability.json"]))
        return 0
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    rows = [known[name] for name in sorted(wanted or known, key=_number)]
    jobs = int(os.environ.get("JOBS", os.cpu_count() or 1))
    print(f"{'full' if FULL else 'sample'}, seed {SEED}")
    print(head())
    counted = []
    for counts in _all_counted(rows, jobs):
        counted.append(counts)
        print(line(counts), flush=True)
        write(Path("reliability.json"), counted, full=FULL)  # what is counted stays, however the run ends
    tried = sum(counts.cases for counts in counted)
    print(f"{tried} cases of {sum(counts.of for counts in counted)}{'' if FULL else '; FULL=1 runs all of them'}")
    for counts in counted:
        for failure in counts.failures:
            print(failure, file=sys.stderr)
    return 0 if counted and all(counts.is_clean for counts in counted) else 1


def _number(name: str) -> tuple[int, str]:
    digits = "".join(c for c in name if c.isdigit())
    return int(digits or 0), name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
