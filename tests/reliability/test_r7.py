"""R7: Ctrl-C, a polite kill, a closed terminal and a laptop that sleeps, at every named boundary.

That a fault fired is proved by the exit code of an interrupted command, or by the parent that saw it stopped.
"""

from __future__ import annotations

import os
import signal
import time
from functools import partial

import pytest

from adapters.system.boundaries import HIT_VARIABLE, TRACE_VARIABLE
from tests.reliability.boundaries import all_boundaries
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.courses import course_of
from tests.reliability.driving import Journey, a_home, drive, end_of
from tests.reliability.processes import Ended, Home
from workflow.errors import Exit

pytestmark = [pytest.mark.slow, pytest.mark.soap]

LONGEST = 2.0
"""Seconds in which an interrupted command must have ended."""


def interrupted(boundary: str, striking: str) -> Verdict:
    took: list[float] = []

    def command(home: Home, arguments: tuple[str, ...]) -> Ended:
        trace = home.folder / "trace"
        variables = {HIT_VARIABLE: f"{boundary}={striking}", TRACE_VARIABLE: str(trace)}
        ended = home.run(*arguments, variables=variables)
        took.append(time.time() - trace.stat().st_mtime)  # the boundary is written down just before the strike
        return ended

    with a_home(course_of(boundary)) as home:
        journey = Journey()
        drive(home, journey, command, until=lambda j: _was_interrupted(j.ended[-1]))
        fired = _was_interrupted(journey.ended[-1])
        told = [] if journey.ended[-1].answer.get("error", {}).get("next") else ["nothing said how to go on"]
        told += [f"took {took[-1]:.1f} s to end"] if fired and took[-1] > LONGEST else []

        problems = [Problem(Harm.STUCK, words) for words in told] + end_of(home, journey)
    return Verdict(fired, tuple(problems))


def _was_interrupted(ended: Ended) -> bool:
    return ended.code == Exit.INTERRUPTED


def asleep(boundary: str) -> Verdict:
    stops: list[float] = []

    def command(home: Home, arguments: tuple[str, ...]) -> Ended:
        pid = home.begin(*arguments, variables={HIT_VARIABLE: f"{boundary}=SIGSTOP"})
        if home.stopped(pid):
            stops.append(time.monotonic())
            os.kill(pid, signal.SIGCONT)
        return home.wait(pid)

    with a_home(course_of(boundary)) as home:
        journey = Journey()
        drive(home, journey, command, until=lambda _: bool(stops))
        woken = journey.ended[-1]
        told = [] if woken.code == Exit.OK else [Problem(Harm.LOST, f"did not go on after waking: {woken}")]

        problems = told + end_of(home, journey)
    return Verdict(bool(stops), tuple(problems))


def cases() -> list[Case]:
    names = [name for found in all_boundaries().values() for name in found]
    signals = ("SIGINT", "SIGTERM", "SIGHUP")
    struck = [
        Case(f"{striking} at {name}", partial(interrupted, name, striking)) for name in names for striking in signals
    ]
    return struck + [Case(f"asleep at {name}", partial(asleep, name)) for name in names]


R7 = register(Row("R7", "Ctrl-C, SIGTERM, terminal closed, laptop asleep", cases, share=0.03))


@pytest.mark.parametrize("case", R7.chosen(), ids=str)
def test_an_interrupted_command_ends_in_time_and_is_resumed_to_the_same_end(case: Case) -> None:
    assert_clean(case)
