"""R3, R5 and R6: killed at a system call that writes; the disk is full; the disk fails.

That a fault fired is proved by strace, which reports the call that it struck.
"""

from __future__ import annotations

import signal
from datetime import timedelta
from functools import partial

import pytest

from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.driving import Course, a_home, end_of
from tests.reliability.processes import Ended, Home
from tests.reliability.striking import WRITES, Strike, count, run_struck
from workflow.errors import Exit

pytestmark = [pytest.mark.slow, pytest.mark.soap]

RENEW = ("renew", "--answers", "answers.yaml", "--json")
RESUME = ("resume", "--answers", "answers.yaml", "--json")
SITTINGS = ("sending", "installing", "activating")
WRITING_CALLS = {"sending": 460, "installing": 270, "activating": 260}
"""How many calls that write each sitting makes, a little less than measured: see the last test."""

WRITES_ALONE = {"sending": 380, "installing": 225, "activating": 235}
"""How many of them are writes proper."""

FAILING = {
    "fsync": ("fsync,fdatasync", "EIO", {"sending": 60, "installing": 34, "activating": 22}),
    "rename": ("rename,link,linkat", "EIO", {"sending": 3, "installing": 5, "activating": 2}),
    "read": ("pread64", "EIO", {"sending": 30, "installing": 27, "activating": 30}),
    "read-only": ("unlink,ftruncate", "EROFS", {"sending": 17, "installing": 11, "activating": 6}),
}


def before(home: Home, sitting: str) -> tuple[str, ...]:
    """Bring a fresh home to where a sitting begins; returns the command of the sitting."""
    if sitting == "sending":
        return RENEW
    home.run(*RENEW)
    home.move_clock(timedelta(days=2))
    if sitting == "activating":
        home.run(*RESUME)
    return RESUME


def killed(sitting: str, when: int) -> Verdict:
    with a_home() as home:
        command = before(home, sitting)

        ended, fired = run_struck(home, command, Strike("signal=SIGKILL", WRITES, str(when)))

        problems = end_of(home, Course())
    return Verdict(fired and ended.signal == signal.SIGKILL, tuple(problems))


def failing(sitting: str, calls: str, error: str, when: int) -> Verdict:
    with a_home() as home:
        command = before(home, sitting)

        ended, fired = run_struck(home, command, Strike(f"error={error}", calls, str(when)))

        problems = told_right(home, ended) + end_of(home, Course())
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
        Case(f"{sitting} {when}", partial(killed, sitting, when))
        for sitting in SITTINGS
        for when in range(1, WRITING_CALLS[sitting] + 1)
    ]


def r5_cases() -> list[Case]:
    return [
        Case(f"{sitting} {when}", partial(failing, sitting, "write,pwrite64", "ENOSPC", when))
        for sitting in SITTINGS
        for when in range(1, WRITES_ALONE[sitting], 4)
    ]


def r6_cases() -> list[Case]:
    return [
        Case(f"{sitting} {name} {when}", partial(failing, sitting, calls, error, when))
        for name, (calls, error, most) in FAILING.items()
        for sitting in SITTINGS
        for when in range(1, most[sitting] + 1, max(1, most[sitting] // 10))
    ]


R3 = register(Row("R3", "kill -9 at every system call that writes", r3_cases, share=0.03))
R5 = register(Row("R5", "no space at the n-th write", r5_cases, share=0.1))
R6 = register(Row("R6", "the disk fails at the n-th call", r6_cases, share=0.1))


@pytest.mark.parametrize("case", [*R3.chosen(), *R5.chosen(), *R6.chosen()], ids=str)
def test_a_renewal_survives_a_strike_at_a_system_call(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("sitting", SITTINGS)
def test_the_matrix_reaches_to_the_last_writing_call_of_a_sitting(sitting: str) -> None:
    with a_home() as home:
        calls = count(home, before(home, sitting), WRITES)

    assert WRITING_CALLS[sitting] <= calls <= WRITING_CALLS[sitting] * 1.2
