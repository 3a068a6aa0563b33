"""Which faults a seed brings, and how often: drawn once, at the beginning of a simulated life."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Final

from adapters.sandbox.cards import CardKind
from steps.late_arrival import LATE_ARRIVAL
from tests.world.courses import COURSES
from workflow.definition import Final as End
from workflow.definitions import DEFINITIONS

_NOT_LIVED: Final = ("password", "adopt")
"""One changes nothing at eHealth; the other begins where another program stopped."""

USUAL: Final = {way.definition: way for way in COURSES.values() if way.definition not in _NOT_LIVED and not way.only}
"""The usual way through each definition that is lived."""

SENDING: Final = ("generateCertificate", "submitCSRForForeigner", "revoke")
"""The operations after which there is no way back."""

LEVELS: Final[Mapping[str, tuple[float, ...]]] = {
    "network": (0, 0.05, 0.2, 0.5),  # of every message
    "card": (0, 0, 0.01, 0.05),  # of every moment: a call to a port, or a boundary of the engine
    "person": (0, 0.05, 0.2),  # of every question
    "disk": (0, 0, 0.02, 0.1),  # of every write
    "crash": (0, 0.004, 0.02, 0.05),  # of every moment
    "second": (0, 0, 0.01, 0.05),  # of every moment
    "clock": (0, 0, 0.2),  # of every look
    "service": (0, 0.1, 0.3),  # of every look
}
"""How often a kind of fault strikes; each seed takes one of the levels of each kind."""

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

_TOO_EARLY: Final = 120 * DAY
_VALIDITIES: Final = (*(days * DAY for days in (60, 60, 60, 80, 45, 20, 4)), _TOO_EARLY)
_DELIVERY: Final = (timedelta(minutes=2), 10 * DAY)
_LATE_DELIVERY: Final = (10 * DAY, 40 * DAY)
_PACES: Final = (HOUR, DAY, 6 * DAY, 6 * DAY, 12 * DAY)

SKEWS: Final = (
    timedelta(hours=1),
    timedelta(hours=-1),
    timedelta(days=2),
    timedelta(days=-2),
    timedelta(days=400),
    timedelta(days=-22_000),  # 1970
    timedelta(minutes=4),
    timedelta(minutes=-4),
    timedelta(minutes=8),
)
"""By how much the clock of the person's computer may be wrong."""


@dataclass(frozen=True, slots=True)
class Weather:
    """`sure` is the number of the moment at which the process dies in any case; `aim` the operation whose first
    message always meets a fault of the network, and `scene` the state in which the process dies in any case, if it
    comes there, after so many moments.

    `looks` is how often somebody looks before the faults stop, `pace` the longest time between two looks.
    `refusals` is how many requests the people at eHealth refuse, where they look at them by hand. With
    `lasting_locks` False two processes can hold one procedure, as on a network drive without locks: then only the
    revision in the store is between them. `latest` is how long a message may be under way: now and then longer than
    the program assumes, and then it may send again, but must not lose.
    """

    levels: Mapping[str, float]
    sure: int
    aim: str
    scene: tuple[str, int]
    valid_for: timedelta
    delivery: timedelta
    looks: int
    pace: timedelta
    by_hand: bool
    refusals: int
    blocks_card: bool
    locks: bool
    latest: timedelta
    card: CardKind

    @property
    def is_very_late(self) -> bool:
        """Whether messages may arrive later than the program assumes."""
        return self.latest > LATE_ARRIVAL

    def level(self, kind: str) -> float:
        """How often this kind strikes."""
        return self.levels[kind]


def _aims(definition: str) -> tuple[str, ...]:
    """The operations that change something, a request twice; starting an ETK again changes nothing."""
    operations = [name for name in USUAL[definition].accepted if name != "startETKRegistration"]
    return ("", "", *(name for name in operations for _ in range(1 + (name in SENDING))))


def _scenes(definition: str) -> tuple[str, ...]:
    """The states in which something can happen; those that send for good twice."""
    declared = DEFINITIONS[definition]
    states = [state for state in declared.states if not isinstance(state, End)]
    return ("", *(state.name for state in states for _ in range(1 + (state.until in declared.sent_by))))


def weather(random: Random, without: Collection[str] = (), definition: str = "renew") -> Weather:
    """Draw the weather of a life; kinds in `without` never strike, the others do as they would."""
    levels = {kind: random.choice(choices) for kind, choices in LEVELS.items()}
    sure = random.randint(1, random.choice((12, 60, 140)))
    aim = random.choice(_aims(definition))
    scene = random.choice(_scenes(definition)), random.randint(1, 12)
    return Weather(
        levels={kind: 0 if kind in without else level for kind, level in levels.items()},
        aim="" if "network" in without else aim,
        scene=("", 0) if "crash" in without else scene,
        sure=0 if "crash" in without else sure,
        valid_for=random.choice(_VALIDITIES),
        delivery=between(random, *(_DELIVERY if random.random() < 0.9 else _LATE_DELIVERY)),
        looks=30,
        pace=random.choice(_PACES),
        by_hand=random.random() < 0.3,
        refusals=random.choice((0, 0, 0, 1, 2)),
        blocks_card=random.random() < 0.05,
        locks=random.random() < 0.9,
        latest=LATE_ARRIVAL * random.choice((1, 1, 1, 1, 1, 4)),
        card=random.choice(("rsa", "rsa", "ec")),
    )


def waiting(random: Random, drawn: Weather) -> Weather:
    """The same life with weeks of waiting: few faults, a late delivery, many looks (docs/reliability.md, R11)."""
    few = {kind: min(level, sorted(set(LEVELS[kind]))[1] / 2) for kind, level in drawn.levels.items()}
    return replace(
        drawn,
        levels=few,
        valid_for=max(drawn.valid_for, 60 * DAY) if drawn.valid_for != _TOO_EARLY else 60 * DAY,
        delivery=between(random, *_LATE_DELIVERY),
        looks=60,
        pace=4 * DAY,
    )


def between(random: Random, shortest: timedelta, longest: timedelta) -> timedelta:
    """A duration whose order of magnitude is at random; in whole seconds, so that moments stay readable."""
    seconds = shortest.total_seconds() * (longest / shortest) ** random.random()
    return timedelta(seconds=round(seconds))
