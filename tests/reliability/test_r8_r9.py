"""R8 and R9: several processes resume one procedure; one acts, and when it dies the next one takes over at once.

The one who holds the procedure is stopped at a boundary, as a laptop that falls asleep there; the parent sees it
stopped, which proves that the others met a living holder.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from adapters.system.boundaries import HIT_VARIABLE
from tests.reliability.boundaries import stored_boundaries
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.courses import RESUME, course_of
from tests.reliability.driving import Journey, a_home, drive, end_of, struck_at
from tests.reliability.processes import Ended, Home
from workflow.errors import Exit

pytestmark = [pytest.mark.slow, pytest.mark.soap]

_SECONDS = 60.0


def prepared(home: Home, boundary: str) -> Journey:
    """A procedure that waits where the next command passes this boundary."""
    journey = Journey()
    drive(home, journey, struck_at(boundary), until=lambda j: j.killed == 1)
    return journey


def many(boundary: str, count: int) -> Verdict:
    """All begin at once; each would stop at the boundary, so whoever is stopped there holds the procedure."""
    with a_home(course_of(boundary)) as home:
        journey = prepared(home, boundary)
        home.let_time_pass()
        pids = [home.begin(*RESUME, variables={HIT_VARIABLE: f"{boundary}=SIGSTOP"}) for _ in range(count)]
        stopped = _the_stopped(pids)
        if not stopped:
            _kill(pids)
            return Verdict(False)
        others = [home.wait(pid) for pid in pids if pid not in stopped]
        journey.ended += [_woken(home, pid) for pid in stopped]

        problems = [Problem(Harm.DOUBLED, "two acted at once")] if len(stopped) > 1 else []
        problems += [problem for other in others for problem in _told_who(other, stopped)]
        problems += end_of(home, journey)
    return Verdict(journey.killed == 1, tuple(problems))


def _the_stopped(pids: list[int]) -> list[int]:
    """Those who were stopped, when all have either ended or been stopped."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        found = {pid: os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT) for pid in pids}
        if all(found.values()):
            return [pid for pid, seen in found.items() if seen is not None and seen.si_code == os.CLD_STOPPED]
        time.sleep(0.01)
    return []


def _woken(home: Home, pid: int) -> Ended:
    """Let it go on to its end; it may pass the boundary again, and be stopped there again."""
    os.kill(pid, signal.SIGCONT)
    while home.stopped(pid):
        os.kill(pid, signal.SIGCONT)
    return home.wait(pid)


def _kill(pids: list[int]) -> None:
    """One that is stopped would never end by itself."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _told_who(other: Ended, holders: list[int]) -> list[Problem]:
    error = other.answer.get("error", {})
    if other.code != Exit.BUSY or error.get("code") != "busy":
        return [Problem(Harm.DOUBLED, f"another one ended with {other.code}: {error or other.answer or other.errors}")]
    if not any(f"process {holder}, since 2" in error["message"] for holder in holders):
        return [Problem(Harm.STUCK, f"the holder was not named: {error['message']}")]
    return []


def holder_dies(boundary: str, left: Callable[[Path], None]) -> Verdict:
    """The holder is killed while it sleeps; what it leaves in the lock file is made worse by `left`."""
    with a_home(course_of(boundary)) as home:
        journey = prepared(home, boundary)
        home.let_time_pass()
        pid = home.begin(*RESUME, variables={HIT_VARIABLE: f"{boundary}=SIGSTOP"})
        fired = home.stopped(pid)
        busy = home.run(*RESUME)
        os.kill(pid, signal.SIGKILL)
        home.wait(pid)
        lock = next(path for path in (home.folder / "data" / "locks").glob("*.lock") if path.stat().st_size)
        left(lock)

        took_over = home.run(*RESUME)
        problems = [] if busy.code == Exit.BUSY else [Problem(Harm.DOUBLED, f"two acted at once: {busy}")]
        if took_over.code == Exit.BUSY:
            problems.append(Problem(Harm.STUCK, "a dead process still holds the procedure"))
        problems += end_of(home, journey)
    return Verdict(fired and journey.killed == 1, tuple(problems))


def _as_it_was(lock: Path) -> None:
    assert json.loads(lock.read_text())["pid"] > 0


def _says_a_living_process(lock: Path) -> None:
    """The number of the dead process was given to another one, which has nothing to do with it."""
    lock.write_text(json.dumps({"pid": os.getpid(), "since": "2026-03-02T09:00:00+00:00"}))


def _says_nothing(lock: Path) -> None:
    lock.write_text("")


def _says_nonsense(lock: Path) -> None:
    lock.write_bytes(b"\xff\x00{")


def _is_gone(lock: Path) -> None:
    lock.unlink()


def r8_cases() -> list[Case]:
    """Two and four at each boundary."""
    return [Case(f"{count} at {name}", partial(many, name, count)) for name in stored_boundaries() for count in (2, 4)]


def r9_cases() -> list[Case]:
    left = (_as_it_was, _says_a_living_process, _says_nothing, _says_nonsense, _is_gone)
    return [
        Case(f"{name}, the lock file {leave.__name__.strip('_')}", partial(holder_dies, name, leave))
        for name in stored_boundaries()
        for leave in left
    ]


R8 = register(Row("R8", "two and four processes resume one procedure", r8_cases, share=0.1))
R9 = register(Row("R9", "the holder dies while holding", r9_cases, share=0.05))


@pytest.mark.parametrize("case", R8.chosen(), ids=str)
def test_one_acts_and_the_others_say_who_and_since_when(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("case", R9.chosen(), ids=str)
def test_the_next_one_takes_over_from_a_dead_holder(case: Case) -> None:
    assert_clean(case)
