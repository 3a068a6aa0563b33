"""Decides where faults strike: at every call to a port, at every boundary of the engine, at every write and message."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from tests.simulation.story import Story
from tests.simulation.weather import LEVELS, Weather
from tests.world.watched import Died, Trail
from workflow.errors import EhcertError

Result = TypeVar("Result")

_COMPANY = 6
"""Faults come in company: for so many moments after one, the process dies so many times as often."""

DISK_FULL = "the disk is full"
DISK_FAILS = "the disk or the network drive fails"


class Nemesis(Trail):
    """Watches a life, and strikes. Each kind of fault has dice of its own: without one, the others fall the same."""

    def __init__(self, random: Random, weather: Weather, story: Story) -> None:
        super().__init__()
        self.weather = weather
        self.story = story
        self.quiet = False
        self.moments = 0
        self.disk_full = False
        self._countdown = -1
        self._scene = weather.scene[0]
        self.at_a_moment: Callable[[str], None] = lambda where: None
        self.dice = {kind: Random(random.getrandbits(64)) for kind in LEVELS}

    def strikes(self, kind: str, times: float = 1) -> bool:
        """Whether a fault of this kind strikes now; `times` as often as usual."""
        level = self.weather.level(kind) * times
        return level > 0 and self.dice[kind].random() < level and not self.quiet

    # --- moments: calls and boundaries ----------------------------------------------------------------------------

    def passed(self, call: str) -> None:
        """See `Trail.passed`."""
        super().passed(call)
        self.moment(f"after {call}")

    def boundary(self, name: str) -> None:
        """See `Trail.boundary`."""
        super().boundary(name)
        if self._scene and f".{self._scene}." in name:
            self._scene, self._countdown = "", self.weather.scene[1]
        self.moment(f"at {name}")

    def moment(self, where: str) -> None:
        """Something was done, or is about to be: here the process may die, or another begin."""
        self.moments += 1
        self.story.calm += 1
        self._countdown -= 1
        sure = (self.moments == self.weather.sure or self._countdown == 0) and not self.quiet
        if self.strikes("crash", _COMPANY if self.story.calm <= _COMPANY else 1) or sure:
            self.die(where)
        self.at_a_moment(where)

    def die(self, where: str) -> None:
        """The process ends here."""
        self.story.fault("crash", f"the process dies {where}")
        raise Died(where)

    # --- the disk -------------------------------------------------------------------------------------------------

    def begin_sitting(self) -> None:
        """Another look begins: in bad weather the disk is full now and then, for a whole sitting."""
        self.disk_full = self.strikes("disk")

    def write(
        self,
        name: str,
        change: Callable[[], Result],
        refusal: Callable[[str], EhcertError],
        *halves: Callable[[], None],
    ) -> Result:
        """Carry out a write, or not: it may fail before or after it is done, and the process may die meanwhile.

        What was not written is gone. `halves` are states in between, in which a write can be left.
        """
        if self.disk_full and not self.quiet:
            self.story.fault("disk", f"{name}: {DISK_FULL}")
            raise refusal(DISK_FULL)
        if not self.strikes("disk"):
            return change()
        dice = self.dice["disk"]
        done = dice.choice(["not done", "half", "done"])
        if done == "half" and halves:
            dice.choice(halves)()
        elif done == "done":
            change()
        if self.weather.level("crash") and dice.random() < 0.5:
            self.die(f"in {name}, which is {done}")
        self.story.fault("disk", f"{name} fails, and is {done}")
        raise refusal(DISK_FAILS)

    def read(self, name: str, refusal: Callable[[str], EhcertError]) -> None:
        """A read may fail."""
        if self.strikes("disk") and self.dice["disk"].random() < 0.3:
            self.story.fault("disk", f"{name}: {DISK_FAILS}")
            raise refusal(DISK_FAILS)
