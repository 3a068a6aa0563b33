"""R20: whole lives of a renewal, simulated, each decided by one seed; R11: lives with weeks of waiting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from tests.reliability.counting import SEED, Case, Problem, Row, Verdict, assert_clean, register
from tests.simulation.many import command, play

pytestmark = pytest.mark.slow

_LIVES, _LIVES_IN_A_CASE = 10_000, 50
_PATIENT_LIVES, _PATIENT_LIVES_IN_A_CASE = 600, 4


def lived(first: int, count: int, *, patient: bool = False) -> Verdict:
    """Play the lives of these seeds; every problem comes with the one command that plays it again."""
    batch = play(range(first, first + count), patient=patient)
    problems = tuple(
        Problem(problem.harm, f"{problem.detail} [{command(seed, patient=patient)}]")
        for seed, found in batch.failures.items()
        for problem in found
    )
    return Verdict(batch.tried > 0, problems, worth=batch.tried)


def cases(lives: int, at_once: int, *, patient: bool = False) -> Sequence[Case]:
    """Batches of seeds, from SEED on."""
    firsts = range(SEED, SEED + lives, at_once)
    return [Case(f"seeds {first}+{at_once}", partial(lived, first, at_once, patient=patient)) for first in firsts]


R11 = register(
    Row("R11", "weeks of waiting", partial(cases, _PATIENT_LIVES, _PATIENT_LIVES_IN_A_CASE, patient=True), share=0.2)
)
R20 = register(Row("R20", "simulation", partial(cases, _LIVES, _LIVES_IN_A_CASE), share=0.2))


@pytest.mark.parametrize("case", R11.chosen(), ids=str)
def test_a_renewal_survives_weeks_of_waiting(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("case", R20.chosen(), ids=str)
def test_a_life_in_which_everything_fails_ends_well(case: Case) -> None:
    assert_clean(case)
