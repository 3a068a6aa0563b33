"""Some lives, the same ones each time, and what makes a simulation worth its seeds: it repeats itself, and reaches."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.life import Simulation
from tests.simulation.many import Batch, command, play
from tests.simulation.weather import LEVELS
from tests.world.wire import Fault
from workflow.definition import Final
from workflow.definitions import DEFINITIONS

FIRST, LIVES, AT_ONCE = 1, 100, 20

ONCE_FAILED = (13, 19, 107, 110, 146, 249, 266, 294, 444, 1277, 1570)
"""Seeds that found something when the program was younger; `test_found.py` has each in its smallest form."""


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST, FIRST + LIVES, AT_ONCE))
def test_a_life_in_which_everything_fails_ends_well(first: int) -> None:
    batch = play(range(first, first + AT_ONCE))

    assert not batch.failures, told(batch)
    assert batch.tried == AT_ONCE


@pytest.mark.slow
def test_weeks_of_waiting_end_well() -> None:
    batch = play(range(FIRST, FIRST + 8), patient=True)

    assert not batch.failures, told(batch)


@pytest.mark.parametrize("seed", ONCE_FAILED)
def test_a_seed_that_once_failed_ends_well(seed: int) -> None:
    assert Simulation(seed).run().problems == ()


def told(batch: Batch) -> str:
    """The problems with the commands that repeat them."""
    return "\n".join(f"{command(seed)}: {'; '.join(map(str, found))}" for seed, found in batch.failures.items())


def test_a_seed_tells_the_same_story_in_another_process() -> None:
    told_here = "\n".join(Simulation(7).run().story.lines)

    arguments = [sys.executable, "-m", "tests.simulation", "--seed", "7", "--verbose"]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    told_there = subprocess.run(arguments, cwd=root, env=environment, capture_output=True, text=True, check=True)

    assert told_there.stdout.startswith(told_here)


def test_without_a_kind_of_fault_none_of_that_kind_strikes() -> None:
    for kind in LEVELS:
        lives = [Simulation(seed, without=[kind]).run() for seed in (3, 4)]

        assert not sum(life.story.fired[kind] for life in lives)


@pytest.mark.slow
def test_the_lives_reach_every_end_every_state_and_every_fault() -> None:
    ends: Counter[str] = Counter()
    states: set[str] = set()
    lines: list[str] = []
    for seed in range(FIRST, FIRST + LIVES):
        simulation = Simulation(seed)
        lines += simulation.run().story.lines
        ends += Counter(procedure.state for procedure in simulation.store.procedures(ended=True))
        for procedure in simulation.store.procedures(ended=True):
            states |= {written.line.state for written in simulation.store.journal(procedure.id)}

    story = "\n".join(lines)
    resting = {state.name for state in DEFINITIONS["renew"].states if not isinstance(state, Final)}
    assert ends.keys() == {"done", "cancelled", "refused", "expired"}
    assert states >= resting - {"checking", "awaiting_consent"}  # nothing is stored there
    assert not [fault.value for fault in Fault if fault.value not in story]
    assert not [f"{kind}: nothing" for kind in LEVELS if f"** {kind}:" not in story]
