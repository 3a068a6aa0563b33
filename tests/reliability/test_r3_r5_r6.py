"""R3, R5 and R6: killed at a system call that writes; the disk is full; the disk fails.

That a fault fired is proved by strace, which reports the call that it struck.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from functools import partial

import pytest

from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.courses import COURSES, Course
from tests.reliability.driving import Journey, a_home, end_of
from tests.reliability.measuring import WRITES, calls_of
from tests.reliability.processes import Ended, Home
from tests.reliability.striking import Strike, before, count, run_struck
from workflow.errors import Exit

pytestmark = [pytest.mark.slow, pytest.mark.soap]

ALONE = ("write", "pwrite64")
FAILING = {
    "EIO": ("fsync", "fdatasync", "rename", "link", "pread64"),
    "EROFS": ("unlink", "ftruncate"),
}


def sittings() -> list[tuple[Course, str]]:
    """Every sitting of every course."""
    return [(course, sitting) for course in COURSES.values() for sitting in course.sittings]


def calls(course: Course, sitting: str, kinds: Sequence[str]) -> list[tuple[str, int]]:
    """The calls of these kinds that a sitting makes: each kind, and how many."""
    known = calls_of(f"{course.name} {sitting}")
    return [(kind, known[kind]) for kind in kinds if kind in known]


def killed(course: Course, sitting: str, call: str, when: int) -> Verdict:
    with a_home(course) as home:
        command = before(home, sitting)

        ended, fired = run_struck(home, command, Strike("signal=SIGKILL", call, when))

        problems = end_of(home, Journey())
    return Verdict(fired and ended.signal == signal.SIGKILL, tuple(problems))


def failing(course: Course, sitting: str, call: str, error: str, when: int) -> Verdict:
    with a_home(course) as home:
        command = before(home, sitting)

        ended, fired = run_struck(home, command, Strike(f"error={error}", call, when))

        problems = told_right(home, ended) + end_of(home, Journey())
    return Verdict(fired, tuple(problems))


def told_right(home: Home, ended: Ended) -> list[Problem]:
    """A success that was told must be on disk; a failure has one of our exit codes, and never a trace of a bug."""
    if ended.state is not None and ended.state not in home.states():
        return [Problem(Harm.LOST, f"told {ended.state}, stored {home.states()}")]
    error = ended.answer.get("error", {})
    if error.get("code") == "internal_error":
        return [Problem(Harm.STUCK, f"a bug instead of a message: {error} {ended.errors[-400:]}")]
    if error and (error["exit"] not in set(Exit) or not error["hint"]):
        return [Problem(Harm.STUCK, f"no next action: {error}")]
    return []


def r3_cases() -> list[Case]:
    return [
        Case(f"{course.name} {sitting} {call} {when}", partial(killed, course, sitting, call, when))
        for course, sitting in sittings()
        for call, most in calls(course, sitting, WRITES)
        for when in range(1, most + 1, course.stride)
    ]


def r5_cases() -> list[Case]:
    return [
        Case(f"{course.name} {sitting} {call} {when}", partial(failing, course, sitting, call, "ENOSPC", when))
        for course, sitting in sittings()
        for call, most in calls(course, sitting, ALONE)
        for when in range(1, most + 1, 4 * course.stride)
    ]


def r6_cases() -> list[Case]:
    return [
        Case(f"{course.name} {sitting} {call} {when}", partial(failing, course, sitting, call, error, when))
        for error, kinds in FAILING.items()
        for course, sitting in sittings()
        for call, most in calls(course, sitting, kinds)
        for when in _some(most, course.stride)
    ]


def _some(most: int, stride: int) -> range:
    """About ten of the calls, fewer where not every call is struck."""
    return range(1, most + 1, max(1, most * stride // 10))


R3 = register(Row("R3", "kill -9 at every system call that writes", r3_cases, share=0.015))
R5 = register(Row("R5", "no space at the n-th write", r5_cases, share=0.06))
R6 = register(Row("R6", "the disk fails at the n-th call", r6_cases, share=0.1))


@pytest.mark.parametrize("case", [*R3.chosen(), *R5.chosen(), *R6.chosen()], ids=str)
def test_a_renewal_survives_a_strike_at_a_system_call(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize(("course", "sitting"), sittings(), ids=lambda one: getattr(one, "name", one))
def test_the_matrix_reaches_to_the_last_call_of_a_sitting(course: Course, sitting: str) -> None:
    with a_home(course) as home:
        measured = count(home, before(home, sitting))

    known = calls_of(f"{course.name} {sitting}")
    assert known.keys() == measured.keys(), "measure again: python -m tests.reliability.measuring"
    assert all(known[kind] <= number <= known[kind] * 1.2 + 2 for kind, number in measured.items()), measured
