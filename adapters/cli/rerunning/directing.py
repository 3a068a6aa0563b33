"""Directs a rerun: knows which line is next, makes everything ready for it, and compares what comes out."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cli.rerunning.course import Course, told_by
from adapters.cli.rerunning.troubles import Interrupted, Troubles, key_of
from workflow.definition import Definition, State
from workflow.procedure import Line, Procedure

_ACTS = frozenset({"retried", "postponed", "announced", "noted", "ended"})
"""Lines that begin with a command of their own."""

_RESTING = frozenset({"after_intent", "after_not_arrived", "after_refused", "after_retried"})
"""The boundaries after which a command does not end by itself, nor comes to another state."""


class Diverged(BaseException):
    """Something else came out than the journal says."""

    def __init__(self, found: Line) -> None:
        super().__init__()
        self.found = found


class Director:
    """Knows how far the journal is. What the engine does it learns from `entered`, `boundary`, `check` and `wrote`.

    `wants_back`: whether the person goes back at the next question.
    """

    def __init__(self, course: Course, definition: Definition, troubles: Troubles) -> None:
        self.course = course
        self.troubles = troubles
        self.written = 0
        self.wants_back = False
        self._definition = definition
        self._entered = 0
        self._is_fresh = True
        self._is_starting = False

    @property
    def index(self) -> int:
        """The index of the next line: also after those that wait in memory, for a start writes several at once."""
        return self.written or self._entered

    @property
    def expected(self) -> Line | None:
        """The next line that is to be played; None at the end."""
        return self.course.line(self.index) if self.written < self.course.last else None

    def begin(self, *, starting: bool) -> None:
        """A new process: no secret is known."""
        self._is_fresh, self._is_starting = True, starting
        if starting:
            self._entered = 0
        self._forget_plans()
        self._set_clock(self.course.line(self.written))

    def entered(self, procedure: Procedure, state: State) -> None:
        """Before the step of a state. Raises `Interrupted` when the next line begins with another command."""
        if not self.written:
            self._entered += 1
        line = self.expected
        if line is None or self._ends_before(line, procedure):
            raise Interrupted
        self._forget_plans()
        self._set_clock(line)
        match line.kind:
            case "moved":
                self._make_ready(line, procedure)
            case "arrived":
                self._make_ready(self.course.line(self.index + 1), procedure)
            case "looked" if self.troubles.far_side.is_delivered(key_of(procedure)):
                self.troubles.far_side.fail("not_yet")
            case "back":
                self.wants_back = True
            case "trouble":
                self.troubles.before_step(self.index, line, procedure)
        self._is_fresh = False

    def boundary(self, name: str) -> None:
        """At a moment at which a crash must do no harm. Raises `Interrupted` where the original one stopped."""
        moment = name.rpartition(".")[2]
        if moment == "answered" and self.troubles.dies_at_answer:
            raise Interrupted
        if moment in (*_RESTING, "intent_written") and self.expected is None:
            raise Interrupted
        if moment == "intent_written" and self.expected is not None:
            self.troubles.before_sending(self.index, self.expected)

    def check(self, lines: Sequence[Line]) -> None:
        """Before lines are written: they must be the next ones. Raises `Diverged`."""
        for number, line in enumerate(lines, self.written):
            known = self.course.line(number)
            if known is None or told_by(known) != told_by(line):
                raise Diverged(line)

    def wrote(self, lines: Sequence[Line]) -> None:
        """Lines are on disk."""
        self.written += len(lines)
        if self.expected is not None:
            self._set_clock(self.expected)

    def _ends_before(self, line: Line, procedure: Procedure) -> bool:
        """Whether the next line is written by another process."""
        if line.kind in _ACTS or self.course.why_not(self.index):
            return True
        if line.kind == "back":
            return "by" in line.details
        if line.kind == "trouble":  # a start that fails before it is worth keeping leaves nothing
            return self._is_starting and self._definition.kept_from not in procedure.facts
        return line.trigger == "choose_again" and not self._is_fresh

    def _make_ready(self, line: Line | None, procedure: Procedure) -> None:
        """What eHealth, or the person at home, does before a look."""
        far_side, key = self.troubles.far_side, key_of(procedure)
        match line.trigger if line is not None and key else "":
            case "delivered":
                far_side.deliver(key)
            case "confirmed":
                far_side.confirm(key)
            case "refused":
                far_side.reject(key)

    def _forget_plans(self) -> None:
        self.wants_back = False
        self.troubles.forget()

    def _set_clock(self, line: Line | None) -> None:
        if line is not None:
            self.troubles.clock.moment = line.at
