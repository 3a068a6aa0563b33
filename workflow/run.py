"""One procedure in one sitting: its steps are run, one after the other, until it rests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from workflow.conditions import nothing_sent
from workflow.definition import STAY, Asking, Final, State, Waiting, Working
from workflow.errors import (
    ActionNotPossibleError,
    DefinitionError,
    EhcertError,
    EhealthUnreachableError,
    RefusedError,
    StillInDoubtError,
)
from workflow.forms import FORMS
from workflow.machine import facts_before, next_state
from workflow.ports import (
    AskingStep,
    Cancelled,
    ChangingStep,
    GoBack,
    InDoubt,
    NotArrived,
    Outcome,
    Prepared,
    Step,
    Work,
)
from workflow.procedure import Line
from workflow.record import Record, Report
from workflow.sitting import Sitting

SHORTEST_PAUSE = timedelta(seconds=10)
"""Never more than one look per ten seconds at one request (PROTOCOL §13.3, an assumption)."""

_OLDEST_MESSAGE = timedelta(minutes=2)
"""What took longer to prepare is prepared anew; how old a message may be is not published (PROTOCOL §2.1)."""


class Run:
    """Runs the steps of a recorded procedure."""

    def __init__(self, record: Record, sitting: Sitting) -> None:
        self._record = record
        self._sitting = sitting
        self._clock = record.desk.clock
        self._boundary = record.desk.boundary
        self._definition = record.definition

    def go_on(self) -> Report:
        """Run steps until the procedure rests: it ended, or it waits."""
        while True:
            state = self._record.state
            self._sitting.person.entered(self._record.procedure, state)
            if isinstance(state, Final) or (self._record.has_moved and _rests(state)):
                return self._record.report()
            if isinstance(state, Waiting) and looked_just_now(self._record):
                return self._record.report()
            try:
                outcome = self._run(state)
            except GoBack:
                self._go_back(state)
                continue
            except Cancelled:
                self.cancel()
                continue
            except EhcertError as error:
                self._record.note_trouble(error)
                if isinstance(state, Asking) and self._sitting.person.again(error):
                    continue
                raise
            if outcome is None:
                continue
            if outcome.trigger == STAY:
                self._record.note_look()
                return self._record.report()
            self._move(outcome)

    # --- running steps --------------------------------------------------------------------------------------------

    def _run(self, state: State) -> Outcome | None:
        """Run the step of a state; None when only its intent was settled and the state is to be run again."""
        if not isinstance(state, (Working, Asking, Waiting)):
            raise DefinitionError(problem=f"state '{state.name}' has no step")
        step = self._sitting.steps[state.step]
        self._boundary(f"{self._definition.name}.{state.name}.before")
        if hasattr(step, "find_out"):
            return self._run_change(state, cast(ChangingStep, step))
        if isinstance(state, Asking):
            return self._ask(state, cast(AskingStep, step))
        return cast(Step, step)(self._work(state, {}))

    def _ask(self, state: Asking, step: AskingStep) -> Outcome:
        offer = step.offer(self._work(state, {}))
        answers = self._sitting.person.fill(FORMS[state.form], offer)
        return step(self._work(state, self._sitting.keep_secrets(answers)))

    def _run_change(self, state: Working | Asking | Waiting, step: ChangingStep) -> Outcome | None:
        work = self._work(state, {})
        intent = self._record.procedure.facts.get("intent")
        if intent is not None:
            return self._settle(state, step, work, intent)
        prepared = step.prepare(work)
        if isinstance(prepared, Prepared) and abs(self._clock.now() - work.now) > _OLDEST_MESSAGE:
            # The person took long to give a secret; now it is at hand, and the message can bear the present moment.
            work = self._work(state, {})
            prepared = step.prepare(work)
        if isinstance(prepared, Outcome):
            return prepared
        now = self._clock.now()
        self._record.save_intent({"operation": step.operation, "at": now.isoformat(), **prepared.intent})
        return self._send(step, work, prepared)

    def _send(self, step: ChangingStep, work: Work, prepared: Prepared) -> Outcome:
        name = f"{self._definition.name}.{self._record.procedure.state}"
        self._boundary(f"{name}.intent_written")
        try:
            outcome = step.send(work, prepared)
        except (EhealthUnreachableError, RefusedError) as error:
            kind = "not_arrived" if isinstance(error, EhealthUnreachableError) else "refused"
            self._record.close_intent(kind, error)
            raise
        self._boundary(f"{name}.answered")
        return outcome

    def _settle(self, state: State, step: ChangingStep, work: Work, intent: Mapping[str, Any]) -> Outcome | None:
        record = self._record
        self._boundary(f"{self._definition.name}.{state.name}.before_question")
        match step.find_out(work, intent):
            case Outcome() as outcome:
                record.will_tell(record.line("arrived", details={"operation": intent["operation"]}))
                return outcome
            case NotArrived():
                record.close_intent("not_arrived", None)
                return None
            case InDoubt(look_again, needs_card):
                record.procedure = replace(record.procedure, wake_at=look_again)
                raise StillInDoubtError(id=record.procedure.id, needs_card=needs_card)

    def _work(self, state: State, answers: Mapping[str, Any]) -> Work:
        allowed = state.secrets if isinstance(state, (Working, Waiting, Asking)) else ()
        if isinstance(state, Asking):
            allowed += _secrets_of_form(state)
        procedure = self._record.procedure
        return Work(
            procedure=procedure.id,
            environment=procedure.environment,
            facts=procedure.facts,
            answers=answers,
            now=self._clock.now(),
            secret=lambda name, about: self._sitting.secret(allowed, name, about),
            wrong_secret=self._sitting.wrong_secret,
            knows=self._sitting.knows,
        )

    # --- moving, going back and stopping --------------------------------------------------------------------------

    def _move(self, outcome: Outcome) -> None:
        """Compute the next state from the facts, then commit."""
        before = self._record.procedure
        facts = {n: v for n, v in before.facts.items() if n not in (*outcome.forgotten, "intent")}
        facts |= outcome.learned
        dest = next_state(self._definition, before.state, outcome.trigger, facts)
        facts = self._record.ended(dest, facts)
        self._record.check_law(dest, facts)
        details = {"to": dest, "learned": sorted(outcome.learned)}
        self._enter(dest, facts, self._record.line("moved", outcome.trigger, details))

    def _go_back(self, state: State) -> None:
        procedure = self._record.procedure
        if "back" not in self._definition.triggers(state.name):
            return
        try:
            dest = next_state(self._definition, state.name, "back", procedure.facts)
        except DefinitionError as error:  # a message is in doubt
            raise ActionNotPossibleError(action="back", state=state.name, id=procedure.id) from error
        before = procedure.facts
        facts = facts_before(self._definition, dest, before)
        self._enter(dest, facts, self._record.line("back", "back", {"to": dest}))
        self._record.clear_away(self._sitting.steps, before, facts)

    def cancel(self) -> None:
        """End the procedure while nothing was sent; what it made so far is cleared away."""
        record, procedure = self._record, self._record.procedure
        if "cancel" not in self._definition.triggers(procedure.state) or not nothing_sent(procedure.facts):
            raise ActionNotPossibleError(action="cancel", state=procedure.state, id=procedure.id)
        if procedure.revision == 0:
            record.end_unwritten("cancelled")
            return
        before = procedure.facts
        self._enter("cancelled", record.ended("cancelled", before), record.line("ended", "cancel"))
        record.clear_away(self._sitting.steps, before, facts_before(self._definition, self._definition.initial, before))

    def _enter(self, dest: str, facts: Mapping[str, Any], line: Line) -> None:
        self._record.enter(dest, facts, line)
        self._sitting.drop_unneeded(self._definition, dest)


def looked_just_now(record: Record) -> bool:
    """Whether the last look is so near that another one would be too much."""
    looked = record.procedure.looked_at
    return looked is not None and timedelta(0) <= record.desk.clock.now() - looked < SHORTEST_PAUSE


def _rests(state: State) -> bool:
    """Whether a sitting ends on arriving here."""
    return isinstance(state, Waiting) or (isinstance(state, Asking) and state.own_sitting)


def _secrets_of_form(state: Asking) -> tuple[str, ...]:
    return tuple(field.name for field in FORMS[state.form].fields if field.secret)
