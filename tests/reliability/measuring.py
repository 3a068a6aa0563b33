# ruff: noqa: T201
"""How many calls of the system each sitting makes, by kind: `python -m tests.reliability.measuring` writes calls.json.

strace counts each kind of call for itself, so a strike names the kind and the number. Run it again when a test says
that the numbers do not fit the program any more.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).with_name("calls.json")
WRITES = (
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "ftruncate",
    "unlink",
    "unlinkat",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
)
"""The calls that change the disk."""

READS = ("pread64",)
MIGRATION = "migration of 0.1.0"
_CALL = re.compile(r"^\d+\s+(\w+)\(")


def counted(report: str) -> dict[str, int]:
    """The calls in a report of strace, by kind."""
    found = Counter(match[1] for line in report.splitlines() if (match := _CALL.match(line)))
    return {name: found[name] for name in (*WRITES, *READS) if found[name]}


def surely(measured: Mapping[str, int]) -> dict[str, int]:
    """How many calls of each kind there are in any case: from one run to the next some are missing."""
    return {name: count - max(1, count // 30) if count > 4 else count for name, count in measured.items()}


@functools.cache
def calls_of(name: str) -> Mapping[str, int]:
    """The calls of a sitting, a little fewer than measured."""
    found: dict[str, int] = json.loads(FILE.read_text("utf-8")).get(name, {})
    return found


def main() -> int:
    """Measure every sitting of every course, and a migration."""
    from tests.reliability.courses import COURSES
    from tests.reliability.driving import a_home
    from tests.reliability.golden_homes import golden_homes, opened
    from tests.reliability.striking import before, count

    found = {}
    for course in COURSES.values():
        for sitting in course.sittings:
            with a_home(course) as home:
                found[f"{course.name} {sitting}"] = surely(count(home, before(home, sitting)))
                print(course.name, sitting, flush=True)
    with opened(next(golden for golden in golden_homes() if golden.name == "submitting, sent")) as home:
        found[MIGRATION] = count(home, ("status", "--all", "--json"))
    FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
