"""What happens to the messages of a simulated life on their way to eHealth and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from tests.simulation.agenda import AgendaClock
from tests.simulation.nemesis import Nemesis
from tests.simulation.weather import SECOND, SENDING, between
from tests.world.wire import Fault, Sent, Wire

CHANGING: Final = (*SENDING, "completeETKRegistration", "activateETK")
"""The operations that change something, and must not be repeated while they may have been accepted."""

_IN_DOUBT: Final = [*Fault, Fault.REQUEST_LATE, Fault.REQUEST_LATE, Fault.ANSWER_LOST, Fault.ANSWER_LOST]
"""What happens to them: more often what leaves a doubt."""

_TIME_OUT: Final = (timedelta(seconds=5), timedelta(seconds=90))
_SLOW_ANSWERS: Final = {Fault.REQUEST_LOST, Fault.ANSWER_LOST}


class BadNetwork:
    """Chooses a fault for a message; a late message arrives before `Weather.latest` is over.

    `overtaken` is told when a message is sent while an earlier one of the same operation is still under way.
    """

    def __init__(
        self, wire: Wire, clock: AgendaClock, nemesis: Nemesis, overtaken: Callable[[Sent], None] = lambda sent: None
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._nemesis = nemesis
        self._overtaken = overtaken
        self._aim = nemesis.weather.aim
        wire.fault = self.fault

    def fault(self, message: Sent) -> Fault | None:
        """For `Wire.fault`."""
        if message.operation in CHANGING and message.operation in {late.operation for late in self._wire.late}:
            self._overtaken(message)
        self._clock.move(SECOND)
        if not (self._is_aimed_at(message) or self._nemesis.strikes("network")):
            return None
        dice = self._nemesis.dice["network"]
        fault: Fault = dice.choice(list(Fault) if message.operation not in CHANGING else _IN_DOUBT)
        self._nemesis.story.fault("network", f"{message.operation}: {fault.value}")
        if fault is Fault.REQUEST_LATE:
            self._clock.at(self._clock.now() + self._nemesis.weather.latest * dice.random(), self._arrive)
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
