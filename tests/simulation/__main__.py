# ruff: noqa: T201
"""`python -m tests.simulation --seed N` plays one life and tells it; `--seeds N` plays many and counts."""

from __future__ import annotations

import argparse
import sys
import warnings

from tests.simulation.life import Life, Simulation
from tests.simulation.many import BASE, command, played, shrunk
from tests.simulation.weather import LEVELS, USUAL

_MOST_SHRUNK = 3
"""For so many failing seeds the kinds of faults that do not matter are found: each costs a few lives."""


def main(arguments: list[str]) -> int:
    """Returns 0 when nothing was wrong."""
    warnings.simplefilter("error")
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="play this life and tell it")
    parser.add_argument("--without", default="", help=f"kinds of faults to leave out, with commas: {', '.join(LEVELS)}")
    parser.add_argument("--seeds", type=int, default=100, help="how many lives (default 100)")
    parser.add_argument("--base", type=int, default=BASE, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--patient", action="store_true", help="lives with weeks of waiting and many looks")
    parser.add_argument("--definition", default="renew", choices=sorted(USUAL), help="what is lived (default renew)")
    parser.add_argument("--verbose", action="store_true", help="tell everything, not only what was wrong")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        without = tuple(filter(None, given.without.split(",")))
        life = Simulation(given.seed, without, patient=given.patient, definition=given.definition).run()
        return _tell(life, given.verbose)
    return _many(given.base, given.seeds, given.jobs, given.patient, given.definition)


def _tell(life: Life, verbose: bool) -> int:
    print("\n".join(life.story.lines if verbose or life.problems else life.story.lines[-3:]))
    print(f"faults: {dict(life.story.fired)}")
    for problem in life.problems:
        print(problem, file=sys.stderr)
    return 1 if life.problems else 0


def _many(base: int, count: int, jobs: int, patient: bool, definition: str) -> int:
    batch = played(base, count, jobs, patient=patient, definition=definition)
    for number, (seed, problems) in enumerate(sorted(batch.failures.items())):
        left_out = shrunk(seed, patient=patient, definition=definition) if number < _MOST_SHRUNK else ()
        again = command(seed, left_out, patient=patient, definition=definition)
        print(f"seed {seed}: {'; '.join(map(str, problems))}\n  {again}", file=sys.stderr)
    rate = count / batch.seconds if batch.seconds else 0
    print(
        f"{count} seeds from {base}: {batch.tried} with faults that struck, {len(batch.failures)} failed,"
        f" {batch.seconds:.0f} s ({rate:.1f} a second); ends: {dict(batch.ends)}; faults: {dict(batch.fired)}"
    )
    return 1 if batch.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
