"""Prints the counted rows as one table and writes them as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tests.reliability.counting import SEED, Counts, Harm


def line(counts: Counts) -> str:
    """One row: what was tried, what was found, and how many of how many cases that were."""
    harms = "".join(f"{counts.harms[harm]:>10}" for harm in Harm)
    cases = f"{counts.cases}/{counts.of}"
    return f"{counts.row:<6}{counts.tried:>6}{harms}{counts.seconds:>9.0f}{cases:>13} {counts.mode}"


def head() -> str:
    """The names of the columns."""
    return f"{'row':<6}{'tried':>6}{''.join(f'{harm.value:>10}' for harm in Harm)}{'seconds':>9}{'cases':>13}"


def write(path: Path, rows: Iterable[Counts], *, full: bool, seed: int = SEED) -> None:
    """Write `reliability.json`: the table, and what went wrong in words."""
    counted = list(rows)
    content = {
        "schema": "ehcert.reliability/1",
        "seed": seed,
        "full": full,
        "clean": all(counts.is_clean for counts in counted),
        "rows": [counts.as_json() for counts in counted],
        "failures": [failure for counts in counted for failure in counts.failures],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
