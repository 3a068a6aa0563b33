"""R3, R5 and R6: killed at a system call that writes; the disk is full; the disk fails.

That a fault fired is proved by strace, which reports the call that it struck.
"""

from __future__ import annotations

import signal
from functools import partial

import pytest

from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.courses import COURSES, RESUME, Course, Sitting
from tests.reliability.driving import Journey, a_home, end_of
from tests.reliability.processes import Ended, Home
from tests.reliability.striking import WRITES, Strike, count, run_struck
from workflow.errors import Exit

pytestmark = [pytest.mark.slow, pytest.mark.soap]

FAILING = {
    "fsync": ("fsync,fdatasync", "EIO"),
    "rename": ("rename,link,linkat", "EIO"),
    "read": ("pread64", "EIO"),
    "read_only": ("unlink,ftruncate", "EROFS"),
}
ALONE = "write,pwrite64"
KINDS = {"writes": WRITES, "alone": ALONE} | {name: calls for name, (calls, _) in FAILING.items()}
"""The fields of a `Sitting`, and the calls that they count."""


def sittings() -> list[tuple[Course, Sitting]]:
    """Every sitting of every course."""
    return [(course, sitting) for course in COURSES.values() for sitting in course.sittings]


def before(home: Home, sitting: Sitting) -> tuple[str, ...]:
    """Bring a fresh home to where a sitting begins; returns the command of the sitting."""
    command = home.course.begin
    for _ in range(home.course.sittings.index(sitting)):
        home.run(*command)
        home.let_time_pass()
        command = RESUME
    return command


def killed(course: Course, sitting: Sitting, when: int) -> Verdict:
    with a_home(course) as home:
        command = before(home, sitting)

        ended, fired = run_struck(home, command, Strike("signal=SIGKILL", WRITES, str(when)))

        problems = end_of(home, Journey())
    return Verdict(fired and ended.signal == signal.SIGKILL, tuple(problems))


def failing(course: Course, sitting: Sitting, calls: str, error: str, when: int) -> Verdict:
    with a_home(course) as home:
        command = before(home, sitting)

        ended, fired = run_struck(home, command, Strike(f"error={error}", calls, str(when)))

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
        Case(f"{course.name} {sitting.name} {when}", partial(killed, course, sitting, when))
        for course, sitting in sittings()
        for when in range(1, sitting.writes + 1, course.stride)
    ]


def r5_cases() -> list[Case]:
    return [
        Case(f"{course.name} {sitting.name} {when}", partial(failing, course, sitting, ALONE, "ENOSPC", when))
        for course, sitting in sittings()
        for when in range(1, sitting.alone, 4 * course.stride)
    ]


def r6_cases() -> list[Case]:
    return [
        Case(f"{course.name} {sitting.name} {name} {when}", partial(failing, course, sitting, calls, error, when))
        for name, (calls, error) in FAILING.items()
        for course, sitting in sittings()
        for when in _some(getattr(sitting, name), course.stride)
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


@pytest.mark.parametrize(("course", "sitting"), sittings(), ids=lambda one: one.name)
def test_the_matrix_reaches_to_the_last_call_of_a_sitting(course: Course, sitting: Sitting) -> None:
    with a_home(course) as home:
        calls = count(home, before(home, sitting), WRITES)

    assert sitting.writes <= calls <= sitting.writes * 1.2
