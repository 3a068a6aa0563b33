"""One look at a procedure without a person: it only asks, and stops where a card, a PIN or a password is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NoReturn, cast

from workflow.definition import STAY, Asking, Definition, Final, State, Waiting, Working
from workflow.errors import EhcertError, MissingAnswerError, MissingSecretError, StillInDoubtError, TemporaryError
from workflow.forms import PIN, Form, Offer
from workflow.ports import ChangingStep, InDoubt, NotArrived, Outcome, Step, Steps, WatchedStep
from workflow.procedure import Line, Procedure
from workflow.record import Record, Report, details_of
from workflow.run import Run, looked_just_now
from workflow.secret import Secret
from workflow.sitting import Sitting
from workflow.status import is_due

WATCH_EVERY = timedelta(hours=6)
"""Assumption: how often the public depot is asked about a key that waits for its person (no rhythm is published)."""


class Need(Enum):
    """What only a person can give."""

    CARD = "card"
    PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class Looked:
    """How a look ended. `asked`: eHealth was asked; `changed`: something is other than before.

    `needs` is what is missing to know more.
    """

    report: Report
    asked: bool
    changed: bool = False
    needs: Need | None = None


def can_be_asked(definition: Definition, procedure: Procedure, steps: Steps, now: datetime) -> bool:
    """Whether something about a procedure can be found out without a person, and it is time for that."""
    state = definition.state(procedure.state)
    if isinstance(state, Final):
        return False
    if isinstance(state, Waiting):
        return procedure.wake_at is None or is_due(procedure, now)
    if _in_doubt(procedure, steps, state):
        return procedure.wake_at is None or is_due(procedure, now)
    return isinstance(steps[_step(state)], WatchedStep) and _is_watched_now(procedure, now)


def asked_about(definition: Definition, steps: Steps) -> frozenset[str]:
    """The states of a definition in which something may be found out without a person."""
    return frozenset(state.name for state in definition.states if _may_be_asked(state, steps))


def _may_be_asked(state: State, steps: Steps) -> bool:
    if isinstance(state, (Working, Asking)):
        return hasattr(step := steps[state.step], "find_out") or isinstance(step, WatchedStep)
    return isinstance(state, Waiting)


class Unattended(Run):
    """Looks once at a recorded procedure; it goes on to the next state at the most."""

    def __init__(self, record: Record, steps: Steps) -> None:
        super().__init__(record, Sitting(_Nobody(), steps))

    def look(self) -> Looked:
        """Ask, when it is time. Raises what the step raises, once it is remembered; a lack of secrets is no error."""
        record, now = self._record, self._clock.now()
        before = record.procedure
        asks = can_be_asked(record.definition, before, self._sitting.steps, now)
        if not asks or looked_just_now(record):
            return Looked(record.report(), asked=False)
        try:
            self._look_at(record.state)
        except MissingSecretError as error:
            need = Need.CARD if error.details["name"] == PIN else Need.PASSWORD
            return Looked(record.report(), asked=False, needs=need)
        except EhcertError as error:
            self._remember(error)
            if isinstance(error, StillInDoubtError):
                needs = Need.CARD if error.details["needs_card"] else None
                return Looked(record.report(), asked=True, needs=needs)
            raise
        return Looked(record.report(), asked=True, changed=record.procedure.facts != before.facts)

    def _look_at(self, state: State) -> None:
        step = self._sitting.steps[_step(state)]
        intent = self._record.procedure.facts.get("intent")
        self._boundary(f"{self._definition.name}.{state.name}.before")
        if isinstance(step, WatchedStep):
            self._take(step.watch(self._work(state, {})), intent)
        elif intent is not None and hasattr(step, "find_out"):
            self._settle_alone(cast(ChangingStep, step), state, intent)
        else:
            self._take(cast(Step, step)(self._work(state, {})), None)

    def _take(self, outcome: Outcome, intent: Mapping[str, Any] | None) -> None:
        record = self._record
        if outcome.trigger != STAY:
            if intent is not None:
                record.will_tell(record.line("arrived", details={"operation": intent["operation"]}))
            self._move(outcome)
        elif outcome.learned:
            line = record.line("noticed", details={"learned": sorted(outcome.learned)})
            record.change(line, facts={**record.procedure.facts, **outcome.learned}, looked_at=line.at)
        elif isinstance(record.state, Waiting):
            record.note_look()
        else:  # a person's state: when he is reminded stays as it is
            record.change(line := record.line("looked"), looked_at=line.at)

    def _settle_alone(self, step: ChangingStep, state: State, intent: Mapping[str, Any]) -> None:
        match step.find_out(self._work(state, {}), intent):
            case Outcome() as outcome:
                self._take(outcome, intent)
            case NotArrived():
                self._notice({"to": state.name})
                self._record.close_intent("not_arrived", None)
            case InDoubt(look_again, needs_card):
                self._record.procedure = replace(self._record.procedure, wake_at=look_again)
                raise StillInDoubtError(id=self._record.procedure.id, needs_card=needs_card)

    def _enter(self, dest: str, facts: Mapping[str, Any], line: Line) -> None:
        self._notice({"to": dest})
        super()._enter(dest, facts, line)

    def _remember(self, error: EhcertError) -> None:
        """As in a sitting; what a person must see to is noticed the first time."""
        last = self._record.procedure.trouble
        if not isinstance(error, TemporaryError) and (last is None or last.code != error.code):
            self._notice(details_of(error))
        self._record.note_trouble(error)

    def _notice(self, details: Mapping[str, Any]) -> None:
        """Written in the transaction of the change itself: whoever tells it to people finds it there, also later."""
        self._record.will_tell(self._record.line("noticed", details=details))


class _Nobody:
    """Implements `workflow.ports.Person`: nobody is there."""

    def fill(self, form: Form, offer: Offer) -> NoReturn:
        raise MissingAnswerError(form=form.name, field=form.fields[0].name)

    def secret(self, name: str, about: str) -> Secret:
        raise MissingSecretError(name=name, upper=name.upper())

    def again(self, error: EhcertError) -> bool:
        return False

    def entered(self, procedure: Procedure, state: State) -> None:
        """Nobody hears of it."""


def _step(state: State) -> str:
    return cast(Working | Asking | Waiting, state).step


def _in_doubt(procedure: Procedure, steps: Steps, state: State) -> bool:
    return "intent" in procedure.facts and hasattr(steps[_step(state)], "find_out")


def _is_watched_now(procedure: Procedure, now: datetime) -> bool:
    """Not before a postponement is over, and not again within `WATCH_EVERY`; a look of the future was none."""
    looked, postponed = procedure.looked_at, procedure.wake_at
    if postponed is not None and postponed > now:
        return False
    return looked is None or not timedelta(0) <= now - looked < WATCH_EVERY
