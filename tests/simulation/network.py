"""What happens to the messages of a simulated life on their way to eHealth and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from steps.late_arrival import LATE_ARRIVAL
from tests.simulation.agenda import AgendaClock
from tests.simulation.nemesis import Nemesis
from tests.simulation.weather import SECOND, between
from tests.world.wire import Fault, Sent, Wire

_TIME_OUT: Final = (timedelta(seconds=5), timedelta(seconds=90))
_SLOW_ANSWERS: Final = {Fault.REQUEST_LOST, Fault.ANSWER_LOST}


class BadNetwork:
    """Chooses a fault for a message; a late message arrives before `LATE_ARRIVAL` is over."""

    def __init__(self, wire: Wire, clock: AgendaClock, nemesis: Nemesis) -> None:
        self._wire = wire
        self._clock = clock
        self._nemesis = nemesis
        self._aim = nemesis.weather.aim
        wire.fault = self.fault

    def fault(self, message: Sent) -> Fault | None:
        """For `Wire.fault`."""
        self._clock.move(SECOND)
        if not (self._is_aimed_at(message) or self._nemesis.strikes("network")):
            return None
        dice = self._nemesis.dice["network"]
        fault = dice.choice(list(Fault))
        self._nemesis.story.fault("network", f"{message.operation}: {fault.value}")
        if fault is Fault.REQUEST_LATE:
            self._clock.at(self._clock.now() + between(dice, SECOND, LATE_ARRIVAL), self._arrive)
        elif fault in _SLOW_ANSWERS:
            self._clock.move(between(dice, *_TIME_OUT))
        return fault

    def _is_aimed_at(self, message: Sent) -> bool:
        aimed = message.operation == self._aim and not self._nemesis.quiet
        if aimed:
            self._aim = ""
        return aimed

    def _arrive(self) -> None:
        for message in self._wire.late:
            self._nemesis.story.tell(f"the late {message.operation} arrives")
        self._wire.arrive()
