"""The vocabulary in which a procedure is declared: states, transitions, waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum


class Turn(Enum):
    """Who must act for a procedure to go on."""

    USER = "user"
    EHEALTH = "ehealth"
    HELPDESK = "helpdesk"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Wake:
    """How often a wait is looked at, and until when it is no surprise.

    `rhythm` holds pairs: until this long after the wait began, look this often; the last pair holds for ever.
    """

    rhythm: tuple[tuple[timedelta, timedelta], ...]
    expected: timedelta

    def next_look(self, since: datetime, now: datetime) -> datetime:
        """When to look again, for a wait that began at `since`."""
        waited = now - since
        every = next((pause for until, pause in self.rhythm if waited < until), self.rhythm[-1][1])
        return now + every

    def expected_by(self, since: datetime) -> datetime:
        """From when on the wait is late."""
        return since + self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One place where a procedure can stand.

    `says` explains it in one sentence, `todo` is what the person does next. `until` names the fact with which the
    state is over: that is how a state is derived from facts. `only_if` names the conditions under which the
    procedure passes through it at all.
    """

    name: str
    says: str
    todo: str = ""
    turn: Turn = Turn.NOBODY
    until: str = ""
    only_if: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Working(State):
    """Ours: a step runs. `secrets` names what it may ask for while it runs."""

    step: str
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking(State):
    """A person's: a form is filled in, then a step takes the answers.

    With `own_sitting` the form is not asked in the sitting that arrives here, only in a later one.
    """

    form: str
    step: str
    own_sitting: bool = False
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(State):
    """Somebody else's: the program ends, and a step looks again later."""

    step: str
    wake: Wake
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Final(State):
    """Nobody's: the end. `good` when it is the one that was wanted."""

    good: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """What happens (`trigger`) in which state (`source`), and where it leads when the conditions hold."""

    trigger: str
    source: str | tuple[str, ...]
    dest: str
    conditions: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The source states, always as a tuple."""
        return (self.source,) if isinstance(self.source, str) else self.source


STAY = "not_yet"
"""The trigger with which a look or a step says: nothing to go on with; it leads nowhere."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A procedure as declared.

    `states` stand in the order in which they are passed. A procedure is stored from the moment that the fact
    `identified_by` is known; until `kept_from` is known, a start that is refused leaves nothing behind. `undo` names
    the step that clears away what a fact stands for, when the procedure goes back before it. `sent_by` names the
    facts that close what was sent for good: there is no way back before them. Of the procedures of one `scope`, one
    at a time may be under way for an identity; the usual scope is the certificate.
    """

    name: str
    version: int
    title: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    identified_by: str
    kept_from: str
    sent_by: tuple[str, ...]
    undo: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""

    @property
    def initial(self) -> str:
        """The first state."""
        return self.states[0].name

    @property
    def goal(self) -> str:
        """The final state that was wanted: the first of the good ones."""
        return next(state.name for state in self.states if isinstance(state, Final) and state.good)

    def state(self, name: str) -> State:
        """The state of this name; raises KeyError."""
        for state in self.states:
            if state.name == name:
                return state
        raise KeyError(name)

    def triggers(self, state: str) -> frozenset[str]:
        """The triggers that lead out of a state."""
        return frozenset(t.trigger for t in self.transitions if state in t.sources)
