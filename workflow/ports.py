"""What the engine needs from outside: a store, a clock, locks, a person, and the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from workflow.definition import State
from workflow.errors import EhcertError
from workflow.forms import Form, Offer
from workflow.procedure import Line, Procedure, ProcedureId, WrittenLine
from workflow.secret import Secret


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """This moment, in UTC, with its zone."""
        ...


class Locks(Protocol):
    """One worker for each procedure."""

    def hold(self, procedure: ProcedureId) -> AbstractContextManager[None]:
        """Hold the procedure while the context lasts; the lock dies with its process.

        Raises `BusyError` when another process holds it.
        """
        ...


class Store(Protocol):
    """Where procedures are kept. Every change is durable when the call returns.

    Calls raise `StoreUnusableError`, `StoreDamagedError`.
    """

    def insert(self, procedure: Procedure, lines: Sequence[Line], identity: str) -> Procedure:
        """Store a new procedure; raises `ProcedureUnderWayError` when one of this identity has not ended."""
        ...

    def load(self, procedure: ProcedureId) -> Procedure:
        """One procedure, by its whole identifier. Raises `NoSuchProcedureError`."""
        ...

    def save(self, procedure: Procedure, lines: Sequence[Line], identity: str | None = None) -> Procedure:
        """Write the new state, facts and journal lines in one transaction; returns it with its new revision.

        Raises `BusyError` when the stored revision is another than the given one, `ProcedureUnderWayError` when it
        has got the identity of another procedure that has not ended. Without an identity it keeps its own.
        """
        ...

    def forget(self, procedure: ProcedureId) -> None:
        """Remove a procedure and its journal."""
        ...

    def journal(self, procedure: ProcedureId) -> list[WrittenLine]:
        """All lines of the journal of a procedure."""
        ...


class Person(Protocol):
    """Somebody, or a script, who answers."""

    def fill(self, form: Form, offer: Offer) -> Mapping[str, Any]:
        """The answers to a form, checked field by field; secret fields as `Secret`.

        When the offer has documents, the answer `language` says in which language they were read.

        Raises `GoBack`, `Cancelled`, `MissingAnswerError`, `BadValueError`.
        """
        ...

    def secret(self, name: str, about: str) -> Secret:
        """A secret that is needed now; `about` says for which card or file, already safe to show.

        Raises `GoBack`, `Cancelled`, `MissingSecretError`.
        """
        ...

    def again(self, error: EhcertError) -> bool:
        """Whether the same question may be asked again after this error."""
        ...

    def entered(self, procedure: Procedure, state: State) -> None:
        """Tell that a procedure is in a state now, before anything is done there."""
        ...


class GoBack(Exception):
    """The person wants the screen before."""


class Cancelled(Exception):
    """The person wants to stop this procedure for good."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened (a trigger) and what was learned (facts)."""

    trigger: str
    learned: Mapping[str, Any] = field(default_factory=dict)
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """What a step works with: the facts, the answers to its form, the moment, and a way to ask for secrets.

    `secret(name, about)` gives a secret of this sitting, asking for it when it is not known yet;
    `wrong_secret(name)` drops one that did not fit; `knows(name)` says whether one was given in this sitting.
    """

    procedure: ProcedureId
    environment: str
    facts: Mapping[str, Any]
    answers: Mapping[str, Any]
    now: datetime
    secret: Callable[[str, str], str]
    wrong_secret: Callable[[str], None]
    knows: Callable[[str], bool] = lambda name: True


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change that is ready to be sent: what must be on disk before, and the message itself."""

    intent: Mapping[str, Any]
    message: Any


@dataclass(frozen=True, slots=True)
class NotArrived:
    """The change provably did not arrive: it may be prepared and sent anew, with the same key."""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It is still not known whether the change arrived. `needs_card`: only the card can settle it."""

    look_again: datetime
    needs_card: bool = False


class Step(Protocol):
    """One piece of work. It may run twice; its docstring says why that is safe."""

    outcomes: frozenset[str]

    def __call__(self, work: Work) -> Outcome:
        """Do the work."""
        ...


class AskingStep(Step, Protocol):
    """A step that takes the answers to a form."""

    def offer(self, work: Work) -> Offer:
        """What is known before the form is asked."""
        ...


class ChangingStep(Protocol):
    """A step that changes something at eHealth, with a durable intent before and a question after a doubt."""

    operation: str
    outcomes: frozenset[str]

    def prepare(self, work: Work) -> Prepared | Outcome:
        """Build and sign the message; nothing is sent. An outcome when nothing needs to be sent."""
        ...

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """Send it, once. A `RefusedError` or `EhealthUnreachableError` says that nothing was changed."""
        ...

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """Ask eHealth what became of an earlier message."""
        ...


@runtime_checkable
class WatchedStep(Protocol):
    """A step of a person's state, of which something can be found out without a person, card or password."""

    def watch(self, work: Work) -> Outcome:
        """Ask; changes nothing and may run twice. `STAY` when nothing leads on; what it learned then is kept."""
        ...


class UndoStep(Protocol):
    """Clears away what a fact stands for."""

    def undo(self, facts: Mapping[str, Any]) -> None:
        """May run twice."""
        ...


Steps = Mapping[str, Step | ChangingStep | UndoStep]
