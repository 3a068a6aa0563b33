"""R1 and R2: killed at every named boundary, and killed again while recovering.

That a fault fired is proved by the process's own end: it died of the signal that cannot be caught.
"""

from __future__ import annotations

import itertools
import random
from functools import partial

import pytest

from tests.reliability.boundaries import CHANGING, all_boundaries
from tests.reliability.counting import SEED, Case, Row, Verdict, assert_clean, register
from tests.reliability.courses import COURSES, course_of
from tests.reliability.driving import Journey, a_home, drive, end_of, struck_at, with_variables

pytestmark = [pytest.mark.slow, pytest.mark.soap]


_PAIRS = 300
"""How many of the thousands of pairs a full run tries."""


def killed_once(boundary: str) -> Verdict:
    with a_home(course_of(boundary)) as home:
        journey = Journey()
        drive(home, journey, struck_at(boundary), until=lambda j: j.killed == 1)

        problems = end_of(home, journey)

    return Verdict(journey.killed == 1, tuple(problems))


def killed_twice(first: str, second: str) -> Verdict:
    with a_home(course_of(first)) as home:
        journey = Journey()
        drive(home, journey, struck_at(first), until=lambda j: j.killed == 1)
        drive(home, journey, struck_at(second), until=lambda j: j.killed == 2)

        problems = end_of(home, journey)

    return Verdict(journey.killed == 2, tuple(problems))


def pairs() -> list[tuple[str, str]]:
    """A boundary, and one that is passed after it on the way of recovery."""
    found = []
    for names in all_boundaries().values():
        for one, other in itertools.combinations(names, 2):
            state, moment = one.rsplit(".", 1)
            # With an intent on disk the state asks and does not send: its own moments of sending do not come again.
            if not (moment in CHANGING and other.startswith(f"{state}.")):
                found.append((one, other))
    return found


def r1_cases() -> list[Case]:
    return [Case(name, partial(killed_once, name)) for names in all_boundaries().values() for name in names]


def r2_cases() -> list[Case]:
    chosen = random.Random(SEED).sample(pairs(), _PAIRS)
    return [Case(f"{one} + {other}", partial(killed_twice, one, other)) for one, other in chosen]


R1 = register(Row("R1", "kill -9 at every named boundary", r1_cases, share=0.12))
R2 = register(Row("R2", "killed again during the resume", r2_cases, share=0.1))


@pytest.mark.parametrize("case", R1.chosen(), ids=str)
def test_a_process_killed_at_a_boundary_is_resumed_to_the_same_end(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("case", R2.chosen(), ids=str)
def test_a_process_killed_again_while_recovering_is_resumed_to_the_same_end(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("name", COURSES)
def test_every_boundary_that_a_course_passes_is_in_the_matrix(name: str) -> None:
    with a_home(COURSES[name]) as home:
        trace = home.folder / "trace"
        journey = Journey()

        assert drive(home, journey, with_variables({"EHCERT_TRACE_BOUNDARIES": str(trace)})), journey.ended[-1]

        assert trace.read_text().split() == all_boundaries()[name]
        assert home.judged() == []
