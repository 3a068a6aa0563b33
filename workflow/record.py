"""A procedure as it stands, and how it is remembered: each change with its line of the journal, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from workflow.conditions import nothing_sent
from workflow.definition import Definition, Final, State, Waiting
from workflow.errors import BusyError, DefinitionError, EhcertError, StoreError, TemporaryError
from workflow.expecting import expected_by
from workflow.machine import derive
from workflow.ports import Clock, Steps, Store, UndoStep
from workflow.procedure import Line, Procedure, Trouble, WrittenLine
from workflow.replaying import changes_of

Boundary = Callable[[str], None]
"""Called with the name of each moment at which a crash must do no harm."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a sitting ended: the procedure as it stands, and the states it went through."""

    procedure: Procedure
    passed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a record is kept with: the store, the clock, and who hears of the boundaries."""

    store: Store
    clock: Clock
    boundary: Boundary


class Record:
    """One procedure in one sitting. `written` is how it is stored; None for one that never was."""

    def __init__(
        self, desk: Desk, definition: Definition, procedure: Procedure, written: Procedure | None = None
    ) -> None:
        self.desk = desk
        self.definition = definition
        self.procedure = procedure
        self._written = written
        self._unwritten: list[Line] = []
        self._passed: list[str] = []
        if procedure.revision == 0:
            self._unwritten.append(Line(procedure.created_at, "started", procedure.state))

    @property
    def state(self) -> State:
        """The declared state in which the procedure is."""
        return self.definition.state(self.procedure.state)

    @property
    def has_moved(self) -> bool:
        """Whether another state was entered in this sitting."""
        return bool(self._passed)

    def report(self) -> Report:
        """How it stands now."""
        return Report(self.procedure, tuple(self._passed))

    def line(self, kind: str, trigger: str = "", details: Mapping[str, Any] | None = None) -> Line:
        """A line about this moment and the present state."""
        return Line(self.desk.clock.now(), kind, self.procedure.state, trigger, details or {})

    # --- entering states ------------------------------------------------------------------------------------------

    def ended(self, dest: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts, with the end that is not the goal among them."""
        state = self.definition.state(dest)
        if isinstance(state, Final) and dest != self.definition.goal:
            return {**facts, "end": {"state": dest, "at": self.desk.clock.now().isoformat()}}
        return dict(facts)

    def check_law(self, dest: str, facts: Mapping[str, Any]) -> None:
        """That the facts alone give the same state. Raises `DefinitionError`."""
        derived = derive(self.definition, facts)
        if derived != dest:
            raise DefinitionError(problem=f"{self.definition.name}: facts give '{derived}', the trigger '{dest}'")

    def enter(self, dest: str, facts: Mapping[str, Any], line: Line) -> None:
        """Be in this state with these facts, durably."""
        state, now = self.definition.state(dest), line.at
        waiting = isinstance(state, Waiting)
        self.procedure = replace(
            self.procedure,
            state=dest,
            turn=state.turn,
            facts=facts,
            since=now,
            looked_at=None,
            wake_at=cast(Waiting, state).wake.next_look(now, now) if waiting else None,
            expected_by=expected_by(state, now, facts),
            trouble=None,
            ended=isinstance(state, Final),
        )
        self.write(line)
        self._passed.append(dest)

    def end_unwritten(self, dest: str) -> None:
        """End a procedure that was never stored."""
        self.procedure = replace(self.procedure, state=dest, turn=self.definition.state(dest).turn, ended=True)
        self._passed.append(dest)

    # --- remembering what happened --------------------------------------------------------------------------------

    def change(self, line: Line, **fields: Any) -> None:
        """Other fields in the same state, durably."""
        self.procedure = replace(self.procedure, **fields)
        self.write(line)

    def will_tell(self, line: Line) -> None:
        """A line that is written together with the next one."""
        self._unwritten.append(line)

    def save_intent(self, intent: Mapping[str, Any]) -> None:
        """Write down what is about to be sent."""
        self.change(self.line("intent", details=intent), facts={**self.procedure.facts, "intent": dict(intent)})

    def close_intent(self, kind: str, error: EhcertError | None) -> None:
        """Write down that the message changed nothing: `kind` is 'not_arrived' or 'refused'."""
        facts = {name: value for name, value in self.procedure.facts.items() if name != "intent"}
        self.change(self.line(kind, details=details_of(error)), facts=facts, wake_at=None)

    def note_look(self) -> None:
        """Write down that a look brought nothing new, and plan the next one."""
        now, state = self.desk.clock.now(), self.state
        if isinstance(state, Waiting) and self.procedure.since > now:  # the clock was ahead when the wait began
            by = expected_by(state, now, self.procedure.facts)
            self.procedure = replace(self.procedure, since=now, expected_by=by)
        wake = state.wake.next_look(self.procedure.since, now) if isinstance(state, Waiting) else None
        self.change(self.line("looked"), looked_at=now, wake_at=wake, trouble=None)

    def note_trouble(self, error: EhcertError) -> None:
        """Remember the error with a stored procedure; one in the making has nothing to remember."""
        if self.procedure.revision == 0 or isinstance(error, (StoreError, BusyError)):
            return
        now, last = self.desk.clock.now(), self.procedure.trouble
        attempts = last.attempts + 1 if last is not None and last.code == error.code else 1
        wake = self.procedure.wake_at
        if isinstance(error, TemporaryError) and (wake is None or wake <= now):
            wake = now + timedelta(minutes=min(2**attempts, 60))
        trouble = Trouble(error.code, now, attempts)
        self.change(self.line("trouble", details=details_of(error)), trouble=trouble, looked_at=now, wake_at=wake)

    def write(self, line: Line) -> None:
        """Make the procedure and its journal durable; before a person is known there is nothing to store."""
        self._unwritten.append(line)
        if self.definition.identified_by not in self.procedure.facts and self.procedure.revision == 0:
            return
        name = f"{self.definition.name}.{self.procedure.state}"
        self.desk.boundary(f"{name}.before_{line.kind}")
        self._unwritten[-1] = replace(line, changes=changes_of(self._written, self.procedure))
        if self.procedure.revision == 0:
            identity = identity_of(self.definition, self.procedure.facts)
            self.procedure = self.desk.store.insert(self.procedure, self._unwritten, identity)
        else:
            self.procedure = self.desk.store.save(self.procedure, self._unwritten, self._identity())
        self._unwritten, self._written = [], self.procedure
        self.desk.boundary(f"{name}.after_{line.kind}")

    def forget_unless_kept(self) -> None:
        """Remove a procedure that came to nothing before it was worth keeping."""
        facts = self.procedure.facts
        if self.procedure.revision and self.definition.kept_from not in facts and nothing_sent(facts):
            self.desk.store.forget(self.procedure.id)

    def clear_away(self, steps: Steps, before: Mapping[str, Any], left: Mapping[str, Any]) -> None:
        """Clear away what the dropped facts stood for, once they are dropped for good.

        Dying in between leaves a file that nobody needs; the other way round a fact without its file would stay. A key
        of which a message may still arrive is kept: only it would open what is delivered.
        """
        for fact, step in self.definition.undo.items():
            if fact not in before or fact in left:
                continue
            if fact == "key" and key_may_have_left(self.desk.store.journal(self.procedure.id)):
                continue
            cast(UndoStep, steps[step]).undo(before)

    def _identity(self) -> str | None:
        """None when the procedure went back to before it was known: then the store keeps what it has."""
        facts = self.procedure.facts
        return identity_of(self.definition, facts) if self.definition.identified_by in facts else None


def details_of(error: EhcertError | None) -> dict[str, Any]:
    """What the journal keeps of an error; nothing of none."""
    if error is None:
        return {}
    details = {name: str(value) for name, value in error.details.items() if name != "value"}
    return {"code": error.code, **details}


def key_may_have_left(journal: Sequence[WrittenLine]) -> bool:
    """Whether a message with the present key was sent, of which it is not certain that it never left this computer.

    A message that counts as not arrived may arrive all the same: then only this key opens what is delivered.
    """
    left = sending = False
    for line in (written.line for written in journal):
        if line.kind == "moved" and line.trigger == "made":
            left = sending = False
        elif line.kind == "intent" and "public_key_identifier" in line.details:
            sending = True
        elif line.kind == "not_arrived" and line.details.get("code") == "ehealth_unreachable":
            sending = False
        elif sending and line.kind in ("not_arrived", "refused", "trouble"):
            left, sending = True, False
    return left or sending


def identity_of(definition: Definition, facts: Mapping[str, Any]) -> str:
    """Whose certificate a procedure is about: only one procedure of an identity and scope may be under way.

    It is the card holder's until it is known that it is an organisation's (fact `owner`). Where only a file is known,
    which need not say whose it is, its key tells (fact `keystore`).
    """
    if "keystore" in facts:
        return f"{definition.scope} KEY={facts['keystore']['public_key_identifier']}"
    owner = facts.get("owner") or {"type": "SSIN", "identifier": facts["holder"]["ssin"]}
    parts = (definition.scope, f"{owner['type']}={owner['identifier']}", owner.get("application_id"))
    return " ".join(part for part in parts if part)
