"""Counts what fault rows find: each case says what harm it saw, a row adds up, the far side's log is the judge.

A row is a kind of fault (R16: the far side fails), a case one place where it strikes. A test module makes its rows
with `register`, pytest runs their chosen cases one by one, and `python -m tests.reliability` prints the table.
"""

from __future__ import annotations

import os
import random
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

SEED: Final = int(os.environ.get("SEED", "20261123"))
FULL: Final = bool(os.environ.get("FULL"))
FEWEST: Final = 30
"""A sample never has fewer cases than this, unless the row has fewer."""


class Harm(Enum):
    """What a case may have done; the values are the columns of the table."""

    LOST = "lost"  # an acknowledged fact is missing, or the end is not reached once faults stop
    DOUBLED = "doubled"  # the far side accepted more than one change for one intent
    ORPHANED = "orphaned"  # a certificate whose key is in no keystore that opens
    STUCK = "stuck"  # not at an end, and no next action is named, or it does not help
    LEAKED = "leaked"  # a secret lies where it must not


@dataclass(frozen=True, slots=True)
class Problem:
    """One harm, with the words that help to find its cause."""

    harm: Harm
    detail: str

    def __str__(self) -> str:
        return f"{self.harm.value}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case ended. `fired`: the fault really struck, as somebody else than the program under test saw it.

    `worth`: for how many tries it counts, where a case is a whole batch of simulated lives.
    """

    fired: bool
    problems: tuple[Problem, ...] = ()
    worth: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """One place where a fault strikes; `run` makes its own world and judges it."""

    name: str
    run: Callable[[], Verdict] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the matrix. `cases` makes all its cases, always in the same order.

    `share` is the part that a sample takes (1.0: always all).
    """

    name: str
    title: str
    cases: Callable[[], Sequence[Case]] = field(repr=False)
    share: float = 0.1

    def chosen(self, full: bool = FULL, seed: int = SEED) -> list[Case]:
        """The cases to run: all of them, or the same sample for the same seed."""
        cases = list(self.cases())
        names = [case.name for case in cases]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: two cases have the same name")
        count = len(cases) if full else min(len(cases), max(FEWEST, round(len(cases) * self.share)))
        picked = random.Random(f"{self.name} {seed}").sample(range(len(cases)), count)
        return [cases[position] for position in sorted(picked)]


ROWS: Final[dict[str, Row]] = {}


def register(row: Row) -> Row:
    """Make a row known to `python -m tests.reliability`; returns it."""
    ROWS[row.name] = row
    return row


@dataclass(slots=True)
class Counts:
    """A row, counted: so many `cases` of all that there are."""

    row: str
    of: int = 0
    cases: int = 0
    tried: int = 0
    harms: dict[Harm, int] = field(default_factory=lambda: dict.fromkeys(Harm, 0))
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Zeros everywhere, and something was tried."""
        return self.tried > 0 and not self.failures

    @property
    def mode(self) -> str:
        """Whether every case was run."""
        return "full" if self.cases == self.of else "sample"

    def add(self, case: str, verdict: Verdict, seconds: float) -> None:
        """Count one case; one whose fault did not strike is not tried, and fails the row."""
        self.seconds += seconds
        self.cases += 1
        self.tried += verdict.worth if verdict.fired else 0
        for harm in {problem.harm for problem in verdict.problems}:
            self.harms[harm] += 1
        words = [str(problem) for problem in verdict.problems]
        if not verdict.fired:
            words.insert(0, "the fault did not strike")
        if words:
            self.failures.append(f"{self.row} {case}: {'; '.join(words)}")

    def as_json(self) -> dict[str, object]:
        """The columns of the table."""
        harms = {harm.value: self.harms[harm] for harm in Harm}
        told = {"row": self.row, "mode": self.mode, "cases": self.cases, "of": self.of, "tried": self.tried}
        return {**told, **harms, "seconds": round(self.seconds, 1)}


def run_case(case: Case) -> tuple[Verdict, float]:
    """Run one case; an exception that escapes counts as a lost procedure. Returns the seconds, too."""
    begun = time.monotonic()
    try:
        verdict = case.run()
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})"
        verdict = Verdict(True, (Problem(Harm.LOST, words),))
    return verdict, time.monotonic() - begun


def assert_clean(case: Case) -> None:
    """For pytest: run one case and fail on any harm, with its traceback when something escaped."""
    verdict = case.run()
    assert verdict.fired, "the fault did not strike"
    assert not verdict.problems, "; ".join(str(problem) for problem in verdict.problems)


def problems_of(harm: Harm, details: Iterable[str]) -> list[Problem]:
    """One problem for each detail."""
    return [Problem(harm, detail) for detail in details]


def too_many(counts: Mapping[str, int], allowed: Mapping[str, int], usual: int = 1) -> list[str]:
    """The operations of which more were accepted than there were intents."""
    return [f"{name} x{count}" for name, count in counts.items() if count > allowed.get(name, usual)]
