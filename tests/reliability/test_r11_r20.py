"""R20: whole lives of each procedure, simulated, each decided by one seed; R11: lives with weeks of waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pytest

from tests.reliability.counting import SEED, Case, Problem, Row, Verdict, assert_clean, register
from tests.simulation.many import command, play
from tests.simulation.weather import USUAL

pytestmark = pytest.mark.slow

_LIVES, _LIVES_IN_A_CASE = {"renew": 10_000}, 50
_PATIENT_LIVES, _PATIENT_LIVES_IN_A_CASE = {"renew": 600}, 4
_OTHERS = 7
"""Of every other definition so many times fewer lives: they share most of their states with the renewal."""


def lived(definition: str, first: int, count: int, *, patient: bool = False) -> Verdict:
    """Play the lives of these seeds; every problem comes with the one command that plays it again."""
    batch = play(range(first, first + count), patient=patient, definition=definition)
    problems = tuple(
        Problem(problem.harm, f"{problem.detail} [{command(seed, patient=patient, definition=definition)}]")
        for seed, found in batch.failures.items()
        for problem in found
    )
    return Verdict(batch.tried > 0, problems, worth=batch.tried)


def cases(lives: Mapping[str, int], at_once: int, *, patient: bool = False) -> Sequence[Case]:
    """Batches of seeds, from SEED on, for every definition that is lived."""
    made = []
    for definition in sorted(USUAL, key=lambda name: (name != "renew", name)):
        count = lives.get(definition, lives["renew"] // _OTHERS // at_once * at_once)
        for first in range(SEED, SEED + count, at_once):
            name = f"seeds {first}+{at_once}" if definition == "renew" else f"{definition}: seeds {first}+{at_once}"
            made.append(Case(name, partial(lived, definition, first, at_once, patient=patient)))
    return made


R11 = register(
    Row("R11", "weeks of waiting", partial(cases, _PATIENT_LIVES, _PATIENT_LIVES_IN_A_CASE, patient=True), share=0.1)
)
R20 = register(Row("R20", "simulation", partial(cases, _LIVES, _LIVES_IN_A_CASE), share=0.13))


@pytest.mark.parametrize("case", R11.chosen(), ids=str)
def test_a_procedure_survives_weeks_of_waiting(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("case", R20.chosen(), ids=str)
def test_a_life_in_which_everything_fails_ends_well(case: Case) -> None:
    assert_clean(case)


def test_a_sample_is_at_least_two_thousand_lives_and_some_of_every_definition() -> None:
    chosen = [case.name for case in R20.chosen(full=False)]

    assert len(chosen) * _LIVES_IN_A_CASE >= 2_000
    assert all(any(name.startswith(f"{definition}: ") for name in chosen) for definition in USUAL.keys() - {"renew"})
