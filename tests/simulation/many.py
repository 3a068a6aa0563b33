"""Plays many lives, in several processes, and finds the kinds of faults that a failing one needs."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tests.reliability.counting import SEED, Problem
from tests.simulation.life import Simulation
from tests.simulation.weather import LEVELS

BASE: Final = SEED
_CHUNK: Final = 10


@dataclass
class Batch:
    """What came out of many lives. `tried` counts those in which a fault struck; `seconds` of the clock on the wall."""

    tried: int = 0
    failures: dict[int, tuple[Problem, ...]] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: Batch) -> None:
        """Count another batch to this one."""
        self.tried += other.tried
        self.failures |= other.failures
        self.ends += other.ends
        self.fired += other.fired


def play(seeds: Iterable[int], *, patient: bool = False, definition: str = "renew") -> Batch:
    """Play these lives, one after the other, in this process."""
    batch = Batch()
    begun = time.monotonic()
    gc.freeze()  # what is there already stays: looking through it again and again costs a tenth of the time
    for seed in seeds:
        simulation = Simulation(seed, patient=patient, definition=definition)
        life = simulation.run()
        batch.tried += life.fired
        batch.fired += Counter(dict.fromkeys(life.story.fired, 1))
        batch.ends += Counter(procedure.state for procedure in simulation.store.procedures(ended=True))
        if life.problems:
            batch.failures[seed] = life.problems
    batch.seconds = time.monotonic() - begun
    return batch


def played(base: int, count: int, jobs: int, *, patient: bool = False, definition: str = "renew") -> Batch:
    """Play `count` lives from the seed `base` on, in so many processes."""
    begun = time.monotonic()
    whole = Batch()
    parts = [range(first, min(first + _CHUNK, base + count)) for first in range(base, base + count, _CHUNK)]
    if jobs <= 1:
        for part in parts:
            whole.add(play(part, patient=patient, definition=definition))
    else:
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
            for batch in pool.map(partial(play, patient=patient, definition=definition), parts):
                whole.add(batch)
    whole.seconds = time.monotonic() - begun
    return whole


def shrunk(seed: int, *, patient: bool = False, definition: str = "renew") -> tuple[str, ...]:
    """The kinds of faults that can be left out, while something is still wrong with this seed."""
    without: tuple[str, ...] = ()
    for kind in LEVELS:
        if Simulation(seed, (*without, kind), patient=patient, definition=definition).run().problems:
            without = (*without, kind)
    return without


def command(seed: int, without: tuple[str, ...] = (), *, patient: bool = False, definition: str = "renew") -> str:
    """The one command that plays a life again."""
    kind = "" if definition == "renew" else f" --definition {definition}"
    left_out = f" --without {','.join(without)}" if without else ""
    return f"python -m tests.simulation --seed {seed}{kind}{' --patient' if patient else ''}{left_out} --verbose"


def jobs() -> int:
    """How many processes to use: JOBS, or every core."""
    return int(os.environ.get("JOBS", os.cpu_count() or 1))
