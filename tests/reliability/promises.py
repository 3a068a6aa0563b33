"""What `ehcert` promises, and the rows and tests that try each promise: `--write` puts their counts in the document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.reliability.counting import Harm, Row

BEGIN: Final = "<!-- counted: python -m tests.reliability --write docs/reliability.md -->"
END: Final = "<!-- end of what was counted -->"


@dataclass(frozen=True, slots=True)
class Promise:
    """`rows` of the matrix try it, and `tests` outside of it."""

    name: str
    words: str
    kept: str
    rows: tuple[str, ...]
    tests: tuple[str, ...] = ()


PROMISES: Final = (
    Promise(
        "P1",
        "nothing lost",
        "state, facts and journal line in one transaction; `synchronous=EXTRA`; files are synced before their names",
        ("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R20"),
    ),
    Promise(
        "P2",
        "nothing twice",
        "an intent on disk before each changing call; after a doubt eHealth is asked; no library repeats a request",
        ("R1", "R2", "R3", "R16", "R17", "R20"),
    ),
    Promise(
        "P3",
        "no orphan",
        "a key is in a keystore, synced and opened again, before its public half leaves",
        ("R1", "R3", "R4", "R16", "R20"),
    ),
    Promise(
        "P4",
        "the keystore in use is untouched",
        "the new one is a new file; nothing writes in the old one",
        ("R1", "R3", "R5", "R6", "R26", "R34"),
    ),
    Promise(
        "P5",
        "always resumable",
        "the state follows from the facts; an error names the next action",
        ("R1", "R2", "R3", "R5", "R6", "R7", "R16", "R18", "R20"),
        ("tests/workflow/test_crashes.py",),
    ),
    Promise(
        "P6", "progress", "a wait has a rhythm; a doubt ends after some minutes or with the card", ("R10", "R11", "R20")
    ),
    Promise(
        "P7",
        "one at a time",
        "a lock of the operating system for each procedure; the revision in the UPDATE",
        ("R8", "R9", "R20"),
    ),
    Promise(
        "P8",
        "secrets stay out",
        "secrets live in one sitting; personal facts are encrypted one by one",
        ("R27", "R28", "R29", "R30", "R32"),
    ),
    Promise(
        "P9",
        "the card is safe",
        "a PIN is used once, for what it was given; the program never tries again",
        ("R22", "R23", "R24"),
        ("tests/adapters/eid", "tests/workflow/test_pins.py"),
    ),
    Promise(
        "P10",
        "only believed if proven",
        "schema, correlation, key, person, chain and environment are checked before a fact is stored",
        ("R18", "R19", "R21", "R34"),
    ),
    Promise(
        "P11",
        "damage is noticed",
        "sealed rows, chained journal, an anchor outside the database; `ehcert doctor --repair`",
        ("R12", "R13", "R25", "R25d", "R26"),
    ),
    Promise(
        "P12",
        "old procedures live on",
        "versions of definitions and of the schema, brought forward one by one, in one transaction, after a copy",
        ("R14",),
        ("tests/workflow/test_upgrades.py", "tests/state/test_forward.py"),
    ),
)


def merged(files: Iterable[Path]) -> dict[str, Mapping[str, Any]]:
    """The rows of several runs (`reliability.json`), by name: where two counted a row, the later file tells."""
    return {row["row"]: row for file in files for row in json.loads(file.read_text("utf-8"))["rows"]}


def counted(rows: Sequence[Row], counts: Mapping[str, Mapping[str, Any]]) -> str:
    """Two tables in Markdown: the promises with what was tried for each, and the rows with what they found."""
    promises = ["| promise | how it is kept | tried by | tried | harmed |", "|---|---|---|---|---|"]
    for promise in PROMISES:
        mine = [counts[name] for name in promise.rows if name in counts]
        tried, harmed = sum(row["tried"] for row in mine), sum(_harmed(row) for row in mine)
        by = ", ".join([*promise.rows, *(f"`{test}`" for test in promise.tests)])
        promises.append(f"| {promise.name} {promise.words} | {promise.kept} | {by} | {tried:,} | {harmed} |")
    harms = [harm.value for harm in Harm]
    table = [f"| row | fault | cases | tried | {' | '.join(harms)} |", "|---|---|---|---|" + "---|" * len(harms)]
    for row in rows:
        one = counts.get(row.name)
        if one is None:
            table.append(f"| {row.name} | {row.title} | not run | {' | ' * (len(harms) + 1)}")
            continue
        cases = f"all {one['of']:,}" if one["cases"] == one["of"] else f"{one['cases']:,} of {one['of']:,}"
        found = " | ".join(str(one[harm]) for harm in harms)
        table.append(f"| {row.name} | {row.title} | {cases} | {one['tried']:,} | {found} |")
    return "\n".join([*promises, "", *table])


def _harmed(row: Mapping[str, Any]) -> int:
    return sum(int(row[harm.value]) for harm in Harm)


def write_into(document: Path, rows: Sequence[Row], counts: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the tables in their place in a document. Raises `ValueError` when it has no such place."""
    text = document.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{document} has no place for what was counted")
    document.write_text(f"{before}{BEGIN}\n\n{counted(rows, counts)}\n\n{END}{after}", "utf-8")
