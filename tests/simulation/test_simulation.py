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

FIRST, LIVES = 1, 100


@pytest.mark.slow
def test_lives_in_which_everything_fails_end_well_and_reach_every_end_state_and_fault() -> None:
    ends: Counter[str] = Counter()
    states: set[str] = set()
    story = ""
    for seed in range(FIRST, FIRST + LIVES):
        simulation = Simulation(seed)
        life = simulation.run()
        assert not life.problems, f"{command(seed)}: {'; '.join(map(str, life.problems))}"
        assert life.fired
        story += "\n".join(life.story.lines)
        for procedure in simulation.store.procedures(ended=True):
            ends[procedure.state] += 1
            states |= {written.line.state for written in simulation.store.journal(procedure.id)}

    resting = {state.name for state in DEFINITIONS["renew"].states if not isinstance(state, Final)}
    assert ends.keys() == {"done", "cancelled", "refused", "expired"}
    assert states >= resting - {"checking", "awaiting_consent"}  # nothing is stored there
    assert not [fault.value for fault in Fault if fault.value not in story]
    assert not [kind for kind in LEVELS if f"** {kind}:" not in story]


@pytest.mark.slow
def test_weeks_of_waiting_end_well() -> None:
    batch = play(range(FIRST, FIRST + 8), patient=True)

    assert not batch.failures, told(batch)


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
