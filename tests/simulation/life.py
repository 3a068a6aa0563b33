"""One simulated life: a procedure with everything that can go wrong on the way, decided by one seed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from adapters.sandbox.desk import Rules
from adapters.sandbox.people import PEOPLE, PROVIDER
from steps.late_arrival import LATE_ARRIVAL
from tests.reliability.counting import Harm, Problem
from tests.simulation.agenda import AgendaClock
from tests.simulation.disk import FragileKeystores, FragileStore
from tests.simulation.locks import LooseLocks
from tests.simulation.nemesis import Nemesis
from tests.simulation.network import BadNetwork
from tests.simulation.people import MoodyPerson, Stopped, nobody
from tests.simulation.reader import Reader
from tests.simulation.service import Service
from tests.simulation.story import Story
from tests.simulation.weather import DAY, SECOND, SKEWS, Weather, between, waiting, weather
from tests.simulation.witness import Witness
from tests.world.person import ScriptedPerson
from tests.world.watched import Died
from tests.world.world import ENVIRONMENT, World, shared_card
from workflow.conditions import nothing_sent
from workflow.engine import Engine
from workflow.errors import BusyError, EhcertError
from workflow.procedure import Procedure, ProcedureId
from workflow.record import Report
from workflow.sitting import Sitting

HORIZON: Final = 45 * DAY
CALM_LOOKS: Final = 25
"""When faults have stopped, a procedure ends within so many looks (docs/reliability.md, P6)."""

_CALM_PAUSE: Final = 2 * DAY
_FIRST: Final = ("request", "request_foreigner")
"""Procedures of somebody who has no certificate yet."""


@dataclass(frozen=True)
class Life:
    """How it ended."""

    seed: int
    weather: Weather
    story: Story
    problems: tuple[Problem, ...]

    @property
    def fired(self) -> bool:
        """Whether a fault struck."""
        return bool(self.story.fired)


class Simulation:
    """Plays one seed. `without` names kinds of faults that are left out; `patient`: weeks of waiting.

    `definition` is the procedure that the person wants; what a revocation leaves to be done is a request.
    """

    def __init__(
        self, seed: int, without: Collection[str] = (), *, patient: bool = False, definition: str = "renew"
    ) -> None:
        random = Random(seed)
        self.seed = seed
        self.definition = definition
        self.weather = weather(random, without, definition)
        if patient:
            self.weather = waiting(random, self.weather)
        self.clock = AgendaClock()
        self.story = Story(self.clock.now)
        self.nemesis = Nemesis(random, self.weather, self.story)
        self.nemesis.quiet = True
        self.dice = Random(random.getrandbits(64))
        self.store = FragileStore(self.nemesis)
        self.keystores = FragileKeystores(self.nemesis)
        rules = Rules(delivery_delay=self.weather.delivery, manual_validation=self.weather.by_hand)
        self.world = World(
            definition=definition,
            rules=rules,
            valid_for=None if definition in _FIRST else self.weather.valid_for,
            open_store=lambda: self.store,
            keystores=self.keystores,
            seed=seed,
            clock=self.clock,
            card_kind=self.weather.card,
        )
        self.world.trail = self.nemesis
        if not self.weather.locks:
            self.world.locks = LooseLocks()
        stranger = next(person for person in PEOPLE if person != PROVIDER)
        self.reader = Reader(self.world.cards, self.world.card, shared_card(stranger), self.story)
        self.nemesis.at_a_moment = self._moment
        self.witness = Witness(self.world, self.story, self.weather)
        self.service = Service(self.world, rules, self.weather.refusals, self.story)
        BadNetwork(self.world.wire, self.clock, self.nemesis, self.witness.overtaken)
        self.nemesis.quiet = False

    # --- a life ---------------------------------------------------------------------------------------------------

    def run(self) -> Life:
        """Bad days, then good ones, then the judgement."""
        self.story.tell(f"seed {self.seed}: {self.weather}")
        try:
            self._bad_days()
            self._good_days()
            self.witness.judge_the_end()
        finally:
            self.world.close()
        return Life(self.seed, self.weather, self.story, tuple(self.witness.problems))

    def _bad_days(self) -> None:
        end = self.clock.now() + HORIZON
        for _ in range(self.weather.looks):
            if self.clock.now() >= end or self._is_renewed():
                return
            self._surroundings()
            who = "the timer" if self.dice.random() < 0.3 else "the person"
            self.look(who)
            self._let_time_pass()

    def _good_days(self) -> None:
        """Faults have stopped: everything under way ends, and what can be renewed is renewed."""
        self.story.tell("-- from here on nothing fails")
        self.nemesis.quiet = True
        self.world.own_clock.skew = timedelta(0)
        self.service.refusals = 0
        looks = CALM_LOOKS * (2 if self.definition == "request_foreigner" else 1)  # the first request may lapse
        for _ in range(looks):
            self.reader.unblock()
            self.reader.put_in_own()
            self.service.decide()
            self.service.confirm()
            if not self._under_way() and (self._is_renewed() or not self.witness.is_possible()):
                return
            self.look("the person")
            found = self._under_way()
            doubt = any("intent" in procedure.facts for procedure in found)
            self.clock.move(timedelta(minutes=6) if doubt else _CALM_PAUSE)
        states = ", ".join(f"{one.state} ({one.trouble})" for one in self._under_way()) or "nothing under way"
        self.witness.problem(Harm.STUCK, f"not at an end after {looks} good looks: {states}")

    def _let_time_pass(self) -> None:
        """Until the moment that the program named for the next look, or any other."""
        planned = [procedure.wake_at for procedure in self._under_way() if procedure.wake_at is not None]
        rhythm = self.dice.random()
        if planned and rhythm < 0.3:
            self.clock.move_to(min(*planned, self.clock.now() + self.weather.pace))
        elif rhythm < 0.6:
            self.clock.move(self.weather.pace * self.dice.random())
        elif rhythm < (0.9 if self.witness.is_in_doubt() else 0.7):  # as people do after an error
            self.clock.move(between(self.dice, SECOND, LATE_ARRIVAL))
        else:
            self.clock.move(between(self.dice, SECOND, self.weather.pace))

    def _surroundings(self) -> None:
        """What changes between two looks: the clock's error, the service, the card."""
        if self.nemesis.strikes("clock"):
            self._set_clock(self.nemesis.dice["clock"].choice(SKEWS))
        elif self.dice.random() < 0.7:
            self.world.own_clock.skew = timedelta(0)
        if self.nemesis.strikes("service"):
            self.service.restart()
        if self.dice.random() < 0.4:
            self.service.decide()
            self.service.confirm()
        if self.dice.random() < 0.7:
            self.reader.put_in_own()

    def _set_clock(self, skew: timedelta) -> None:
        self.story.fault("clock", f"the clock is wrong by {skew}")
        self.world.own_clock.skew = skew

    # --- looks ----------------------------------------------------------------------------------------------------

    def look(self, who: str) -> None:
        """One sitting, a process of its own: it ends by itself, with an error, or dies."""
        self.nemesis.begin_sitting()
        under_way = self._under_way()
        person = nobody() if who == "the timer" else self._person()
        if not under_way:
            if who == "the person":
                self._begin(f"{who} begins", person)
            return
        chosen = self.dice.choice(under_way) if not self.nemesis.quiet else under_way[0]
        if who == "the person" and self._is_unwanted(chosen):
            self._cancel(chosen, person)
            return
        wish = self.dice.random() if who == "the person" and not self.nemesis.quiet else 1
        if wish < 0.05:
            self._begin(f"{who} begins again", person)
        elif wish < 0.07:
            self._cancel(chosen, person)
        else:
            self._sit(f"{who} resumes {chosen.id}", lambda e, s: e.resume(chosen.id, s), person, chosen.id)

    def _begin(self, what: str, person: ScriptedPerson) -> None:
        """What the person wants; once the certificate is revoked, or has ended, a new one."""
        name = "request" if self.definition == "revoke" and self.witness.is_over() else self.definition
        self._sit(what, lambda e, s: e.start(name, ENVIRONMENT, s), person, None)

    def _cancel(self, chosen: Procedure, person: ScriptedPerson) -> None:
        self.witness.cancelled()
        self._sit(f"the person cancels {chosen.id}", lambda e, s: e.cancel(chosen.id, s), person, chosen.id)

    def _sit(
        self,
        what: str,
        action: Callable[[Engine, Sitting], Report],
        person: ScriptedPerson,
        procedure: ProcedureId | None,
    ) -> None:
        self.story.tell(what)
        held = procedure in self.world.locks.held
        try:
            report = action(self.world.engine(), Sitting(person, self.world.steps()))
        except (Died, Stopped) as end:
            self.story.tell(f"   {'died' if isinstance(end, Died) else 'stopped'}: {end}")
        except EhcertError as error:
            self.story.tell(f"   {type(error).__name__}: {error}")
            self.witness.heard(error)
            if held and not isinstance(error, BusyError):
                self.witness.problem(Harm.DOUBLED, f"{procedure} was held, yet: {error}")
        except Exception as error:
            self.witness.escaped(error)
        else:
            self.story.tell(f"   {report.procedure.state}, passed {', '.join(report.passed) or 'nothing'}")
            if held:
                self.witness.problem(Harm.DOUBLED, f"{procedure} was held, yet another process went on with it")
            self.witness.acknowledged(report)
        if not self.story.depth:
            self.witness.look_around()

    def _person(self) -> MoodyPerson:
        secrets = {name: str(value) for name, value in self.world.person.secrets.items()}
        return MoodyPerson(self.nemesis, self.clock, self.reader, secrets, self.witness.cancelled)

    def _moment(self, where: str) -> None:
        """What may happen between two calls: the card goes, a second process comes."""
        if self.nemesis.strikes("card"):
            act = self.nemesis.dice["card"].choice(
                [self.reader.take_out, self.reader.take_out, self.reader.put_in_strangers, self.reader.put_in_both]
            )
            act()
        if self.nemesis.strikes("clock", 0.05):
            self._set_clock(self.nemesis.dice["clock"].choice((*SKEWS, *(timedelta(0),) * 4)))
        if self.story.depth == 0 and self.nemesis.strikes("second"):
            self.story.fault("second", f"another process begins {where}")
            self._second()

    def _second(self) -> None:
        """A second process begins and ends while the first one stands still; without locks no time passes."""
        self.story.depth += 1
        frozen = self.clock.now()
        try:
            self.look(self.nemesis.dice["second"].choice(["the timer", "the person"]))
        finally:
            self.story.depth -= 1
        if not self.weather.locks and self.clock.now() - frozen > timedelta(minutes=1):
            self.story.tell("(time passed in the second process)")

    # --- small questions ------------------------------------------------------------------------------------------

    def _under_way(self) -> list[Procedure]:
        return self.store.procedures()

    def _is_unwanted(self, procedure: Procedure) -> bool:
        """Nothing was sent yet, and it was begun with another person's card, or by one who knew not that all is done.

        After going back, nobody's card has been read.
        """
        return nothing_sent(procedure.facts) and (self._is_strangers(procedure) or self._is_renewed())

    def _is_strangers(self, procedure: Procedure) -> bool:
        holder = procedure.facts.get("holder")
        if holder is None or procedure.definition == "request_foreigner":
            return False
        return bool(holder["ssin"] != self.world.holder.ssin)

    def _is_renewed(self) -> bool:
        return any(one.state == "done" and not self._is_strangers(one) for one in self.store.procedures(ended=True))
