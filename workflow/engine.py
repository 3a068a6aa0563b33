"""Runs procedures: one step, then the next state, then state, facts and journal in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from workflow.conditions import nothing_sent
from workflow.definition import STAY, Asking, Definition, Final, State, Turn, Waiting, Working
from workflow.errors import (
    ActionNotPossibleError,
    BusyError,
    DefinitionError,
    EhcertError,
    EhealthUnreachableError,
    ProcedureNewerError,
    RefusedError,
    StillInDoubtError,
    StoreError,
    TemporaryError,
)
from workflow.forms import FORMS
from workflow.machine import derive, facts_before, next_state
from workflow.ports import (
    AskingStep,
    Cancelled,
    ChangingStep,
    Clock,
    GoBack,
    InDoubt,
    Locks,
    NotArrived,
    Outcome,
    Prepared,
    Step,
    Store,
    UndoStep,
    Work,
)
from workflow.procedure import Line, Procedure, ProcedureId, Trouble
from workflow.replaying import changes_of
from workflow.sitting import Sitting
from workflow.upgrades import brought_forward

_SHORTEST_PAUSE = timedelta(seconds=10)
"""Never more than one look per ten seconds at one request (PROTOCOL §13.3, an assumption)."""

_OLDEST_MESSAGE = timedelta(minutes=2)
"""What took longer to prepare is prepared anew; how old a message may be is not published (PROTOCOL §2.1)."""

Boundary = Callable[[str], None]
"""Called with the name of each moment at which a crash must do no harm."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a sitting ended: the procedure as it stands, and the states it went through."""

    procedure: Procedure
    passed: tuple[str, ...]


class Engine:
    """Starts procedures and takes them further; holds no state between calls.

    `new_id` makes identifiers. The engine reads no clock, disk or network but through its ports.
    """

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        store: Store,
        clock: Clock,
        locks: Locks,
        new_id: Callable[[], ProcedureId],
        boundary: Boundary = lambda name: None,
    ) -> None:
        self._definitions = definitions
        self._store = store
        self._clock = clock
        self._locks = locks
        self._new_id = new_id
        self._boundary = boundary

    # --- what commands call ---------------------------------------------------------------------------------------

    def start(self, name: str, environment: str, sitting: Sitting) -> Report:
        """Begin a procedure and take it as far as it goes now.

        A start that fails before the procedure is worth keeping leaves nothing behind.
        """
        definition = self._definitions[name]
        now = self._clock.now()
        procedure = Procedure(
            id=self._new_id(),
            definition=definition.name,
            definition_version=definition.version,
            environment=environment,
            state=definition.initial,
            turn=Turn.USER,
            facts={},
            created_at=now,
            since=now,
        )
        with self._locks.hold(procedure.id):
            run = _Run(self, definition, procedure, sitting)
            try:
                return run.go_on()
            except BusyError:  # another process went on with it: what we know of it is out of date
                raise
            except EhcertError:
                run.forget_unless_kept()
                raise

    def resume(self, procedure_id: ProcedureId, sitting: Sitting) -> Report:
        """Take a stored procedure as far as it goes now. Raises `BusyError` and what its steps raise."""
        with self._opened(procedure_id) as (definition, procedure, written):
            run = _Run(self, definition, procedure, sitting, written)
            try:
                return run.go_on()
            except EhcertError as error:
                if error.pointless:
                    run.forget_unless_kept()
                raise

    def cancel(self, procedure_id: ProcedureId, sitting: Sitting) -> Report:
        """Stop a procedure that has sent nothing. Raises `ActionNotPossibleError` afterwards."""
        with self._opened(procedure_id) as (definition, procedure, written):
            run = _Run(self, definition, procedure, sitting, written)
            run.cancel()
            return run.report()

    def abandon(self, procedure_id: ProcedureId, sitting: Sitting, reason: str) -> Report:
        """Give up a procedure that has sent something; what eHealth accepted stays there.

        Raises `ActionNotPossibleError` while nothing was sent: then it can be cancelled.
        """
        with self._opened(procedure_id) as (definition, procedure, written):
            run = _Run(self, definition, procedure, sitting, written)
            run.abandon(reason)
            return run.report()

    def current(self, procedure: Procedure) -> Procedure:
        """A stored procedure brought to today's definition; its state is the one that its facts give."""
        return self._current(procedure)[1]

    # --- inside ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _opened(self, procedure_id: ProcedureId) -> Iterator[tuple[Definition, Procedure, Procedure]]:
        """The definition, the procedure brought to today's version, and the procedure as it is stored."""
        with self._locks.hold(procedure_id):
            stored = self._store.load(procedure_id)
            definition, procedure = self._current(stored)
            if procedure.state != stored.state:
                details, changes = {"stored": stored.state}, changes_of(stored, procedure)
                line = Line(self._clock.now(), "corrected", procedure.state, details=details, changes=changes)
                procedure = stored = self._store.save(procedure, [line])
            yield definition, procedure, stored

    def _current(self, procedure: Procedure) -> tuple[Definition, Procedure]:
        definition = self._definitions.get(procedure.definition)
        if definition is None or procedure.definition_version > definition.version:
            raise ProcedureNewerError(id=procedure.id)
        procedure = brought_forward(procedure, definition.version)
        state = derive(definition, procedure.facts)
        if state != procedure.state:
            procedure = replace(procedure, state=state, turn=definition.state(state).turn)
        return definition, procedure


class _Run:
    """One procedure in one sitting."""

    def __init__(
        self,
        engine: Engine,
        definition: Definition,
        procedure: Procedure,
        sitting: Sitting,
        written: Procedure | None = None,
    ) -> None:
        self._store = engine._store
        self._clock = engine._clock
        self._boundary = engine._boundary
        self._definition = definition
        self._procedure = procedure
        self._written = written
        self._sitting = sitting
        self._unwritten: list[Line] = []
        self._passed: list[str] = []
        if procedure.revision == 0:
            self._unwritten.append(Line(procedure.created_at, "started", procedure.state))

    def report(self) -> Report:
        return Report(self._procedure, tuple(self._passed))

    def go_on(self) -> Report:
        """Run steps until the procedure rests: it ended, or it waits."""
        while True:
            state = self._state()
            self._sitting.person.entered(self._procedure, state)
            if isinstance(state, Final) or (self._passed and _rests(state)):
                return self.report()
            if isinstance(state, Waiting) and self._looked_just_now():
                return self.report()
            try:
                outcome = self._run(state)
            except GoBack:
                self._go_back(state)
                continue
            except Cancelled:
                self.cancel()
                continue
            except EhcertError as error:
                self._note_trouble(error)
                if isinstance(state, Asking) and self._sitting.person.again(error):
                    continue
                raise
            if outcome is None:
                continue
            if outcome.trigger == STAY:
                self._note_look(state)
                return self.report()
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
        intent = self._procedure.facts.get("intent")
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
        self._save_intent({"operation": step.operation, "at": now.isoformat(), **prepared.intent})
        return self._send(step, work, prepared)

    def _send(self, step: ChangingStep, work: Work, prepared: Prepared) -> Outcome:
        name = f"{self._definition.name}.{self._procedure.state}"
        self._boundary(f"{name}.intent_written")
        try:
            outcome = step.send(work, prepared)
        except (EhealthUnreachableError, RefusedError) as error:
            self._close_intent("not_arrived" if isinstance(error, EhealthUnreachableError) else "refused", error)
            raise
        self._boundary(f"{name}.answered")
        return outcome

    def _settle(self, state: State, step: ChangingStep, work: Work, intent: Mapping[str, Any]) -> Outcome | None:
        self._boundary(f"{self._definition.name}.{state.name}.before_question")
        match step.find_out(work, intent):
            case Outcome() as outcome:
                self._unwritten.append(self._line("arrived", details={"operation": intent["operation"]}))
                return outcome
            case NotArrived():
                self._close_intent("not_arrived", None)
                return None
            case InDoubt(look_again, needs_card):
                self._procedure = replace(self._procedure, wake_at=look_again)
                raise StillInDoubtError(id=self._procedure.id, needs_card=needs_card)

    def _work(self, state: State, answers: Mapping[str, Any]) -> Work:
        allowed = state.secrets if isinstance(state, (Working, Waiting, Asking)) else ()
        if isinstance(state, Asking):
            allowed += _secrets_of_form(state)
        return Work(
            procedure=self._procedure.id,
            environment=self._procedure.environment,
            facts=self._procedure.facts,
            answers=answers,
            now=self._clock.now(),
            secret=lambda name, about: self._sitting.secret(allowed, name, about),
            wrong_secret=self._sitting.wrong_secret,
            knows=self._sitting.knows,
        )

    # --- remembering ----------------------------------------------------------------------------------------------

    def _move(self, outcome: Outcome) -> None:
        """Compute the next state from the facts, then commit."""
        before = self._procedure
        facts = {n: v for n, v in before.facts.items() if n not in (*outcome.forgotten, "intent")}
        facts |= outcome.learned
        dest = next_state(self._definition, before.state, outcome.trigger, facts)
        facts = self._ended(dest, facts)
        self._check_law(dest, facts)
        self._enter(dest, facts, self._line("moved", outcome.trigger, {"to": dest, "learned": sorted(outcome.learned)}))

    def _ended(self, dest: str, facts: dict[str, Any]) -> dict[str, Any]:
        state = self._definition.state(dest)
        if isinstance(state, Final) and dest != self._definition.goal:
            return {**facts, "end": {"state": dest, "at": self._clock.now().isoformat()}}
        return facts

    def _check_law(self, dest: str, facts: Mapping[str, Any]) -> None:
        derived = derive(self._definition, facts)
        if derived != dest:
            raise DefinitionError(problem=f"{self._definition.name}: facts give '{derived}', the trigger '{dest}'")

    def _enter(self, dest: str, facts: Mapping[str, Any], line: Line) -> None:
        state, now = self._definition.state(dest), line.at
        waiting = isinstance(state, Waiting)
        self._procedure = replace(
            self._procedure,
            state=dest,
            turn=state.turn,
            facts=facts,
            since=now,
            looked_at=None,
            wake_at=cast(Waiting, state).wake.next_look(now, now) if waiting else None,
            expected_by=cast(Waiting, state).wake.expected_by(now) if waiting else None,
            trouble=None,
            ended=isinstance(state, Final),
        )
        self._write(line)
        self._passed.append(dest)
        self._sitting.drop_unneeded(self._definition, dest)

    def _save_intent(self, intent: Mapping[str, Any]) -> None:
        self._procedure = replace(self._procedure, facts={**self._procedure.facts, "intent": dict(intent)})
        self._write(self._line("intent", details=intent))

    def _close_intent(self, kind: str, error: EhcertError | None) -> None:
        facts = {name: value for name, value in self._procedure.facts.items() if name != "intent"}
        self._procedure = replace(self._procedure, facts=facts, wake_at=None)
        self._write(self._line(kind, details=_told(error)))

    def _note_look(self, state: State) -> None:
        now = self._clock.now()
        if isinstance(state, Waiting) and self._procedure.since > now:  # the clock was ahead when the wait began
            self._procedure = replace(self._procedure, since=now, expected_by=state.wake.expected_by(now))
        wake = state.wake.next_look(self._procedure.since, now) if isinstance(state, Waiting) else None
        self._procedure = replace(self._procedure, looked_at=now, wake_at=wake, trouble=None)
        self._write(self._line("looked"))

    def _note_trouble(self, error: EhcertError) -> None:
        """Remember the error with a stored procedure; one in the making has nothing to remember."""
        if self._procedure.revision == 0 or isinstance(error, (StoreError, BusyError)):
            return
        now, last = self._clock.now(), self._procedure.trouble
        attempts = last.attempts + 1 if last is not None and last.code == error.code else 1
        wake = self._procedure.wake_at
        if isinstance(error, TemporaryError) and (wake is None or wake <= now):
            wake = now + timedelta(minutes=min(2**attempts, 60))
        trouble = Trouble(error.code, now, attempts)
        self._procedure = replace(self._procedure, trouble=trouble, looked_at=now, wake_at=wake)
        self._write(self._line("trouble", details=_told(error)))

    def _write(self, line: Line) -> None:
        """Make the procedure and its journal durable; before a person is known there is nothing to store."""
        self._unwritten.append(line)
        if self._definition.identified_by not in self._procedure.facts and self._procedure.revision == 0:
            return
        name = f"{self._definition.name}.{self._procedure.state}"
        self._boundary(f"{name}.before_{line.kind}")
        self._unwritten[-1] = replace(line, changes=changes_of(self._written, self._procedure))
        if self._procedure.revision == 0:
            identity = identity_of(self._definition, self._procedure.facts)
            self._procedure = self._store.insert(self._procedure, self._unwritten, identity)
        else:
            self._procedure = self._store.save(self._procedure, self._unwritten, self._identity())
        self._unwritten, self._written = [], self._procedure
        self._boundary(f"{name}.after_{line.kind}")

    def forget_unless_kept(self) -> None:
        """Remove a procedure that came to nothing before it was worth keeping."""
        facts = self._procedure.facts
        if self._procedure.revision and self._definition.kept_from not in facts and nothing_sent(facts):
            self._store.forget(self._procedure.id)

    # --- going back and stopping ----------------------------------------------------------------------------------

    def _go_back(self, state: State) -> None:
        if "back" not in self._definition.triggers(state.name):
            return
        try:
            dest = next_state(self._definition, state.name, "back", self._procedure.facts)
        except DefinitionError as error:  # a message is in doubt
            raise ActionNotPossibleError(action="back", state=state.name, id=self._procedure.id) from error
        before = self._procedure.facts
        facts = facts_before(self._definition, dest, before)
        self._enter(dest, facts, self._line("back", "back", {"to": dest}))
        self._undo(before, facts)

    def cancel(self) -> None:
        """End the procedure while nothing was sent; what it made so far is cleared away."""
        state = self._state()
        if "cancel" not in self._definition.triggers(state.name) or not nothing_sent(self._procedure.facts):
            raise ActionNotPossibleError(action="cancel", state=state.name, id=self._procedure.id)
        if self._procedure.revision == 0:
            self._procedure = replace(self._procedure, state="cancelled", turn=Turn.NOBODY, ended=True)
            self._passed.append("cancelled")
            return
        before = self._procedure.facts
        facts = self._ended("cancelled", dict(before))
        self._enter("cancelled", facts, self._line("ended", "cancel"))
        self._undo(before, facts_before(self._definition, self._definition.initial, before))

    def abandon(self, reason: str) -> None:
        """End the procedure after something was sent."""
        state, facts = self._state(), self._procedure.facts
        if "abandon" not in self._definition.triggers(state.name) or nothing_sent(facts):
            raise ActionNotPossibleError(action="abandon", state=state.name, id=self._procedure.id)
        dest = next_state(self._definition, state.name, "abandon", facts)
        self._enter(dest, self._ended(dest, dict(facts)), self._line("ended", "abandon", {"reason": reason}))

    def _undo(self, before: Mapping[str, Any], left: Mapping[str, Any]) -> None:
        """Clear away what the dropped facts stood for, once they are dropped for good.

        Dying in between leaves a file that nobody needs; the other way round a fact without its file would stay.
        """
        for fact, step in self._definition.undo.items():
            if fact in before and fact not in left:
                cast(UndoStep, self._sitting.steps[step]).undo(before)

    # --- small questions ------------------------------------------------------------------------------------------

    def _state(self) -> State:
        return self._definition.state(self._procedure.state)

    def _identity(self) -> str | None:
        """None when the procedure went back to before it was known: then the store keeps what it has."""
        facts = self._procedure.facts
        return identity_of(self._definition, facts) if self._definition.identified_by in facts else None

    def _line(self, kind: str, trigger: str = "", details: Mapping[str, Any] | None = None) -> Line:
        return Line(self._clock.now(), kind, self._procedure.state, trigger, details or {})

    def _looked_just_now(self) -> bool:
        looked = self._procedure.looked_at
        return looked is not None and timedelta(0) <= self._clock.now() - looked < _SHORTEST_PAUSE


def _rests(state: State) -> bool:
    """Whether a sitting ends on arriving here."""
    return isinstance(state, Waiting) or (isinstance(state, Asking) and state.own_sitting)


def _secrets_of_form(state: Asking) -> tuple[str, ...]:
    return tuple(field.name for field in FORMS[state.form].fields if field.secret)


def _told(error: EhcertError | None) -> dict[str, Any]:
    """What the journal keeps of an error."""
    if error is None:
        return {}
    details = {name: str(value) for name, value in error.details.items() if name != "value"}
    return {"code": error.code, **details}


def identity_of(definition: Definition, facts: Mapping[str, Any]) -> str:
    """Whose certificate a procedure is about: only one procedure of an identity and scope may be under way.

    It is the card holder's until it is known that it is an organisation's (fact `owner`).
    """
    owner = facts.get("owner") or {"type": "SSIN", "identifier": facts["holder"]["ssin"]}
    parts = (definition.scope, f"{owner['type']}={owner['identifier']}", owner.get("application_id"))
    return " ".join(part for part in parts if part)
