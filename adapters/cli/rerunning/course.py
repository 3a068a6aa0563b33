"""The journal as it has to come out again: which line is next, and what its successors tell about a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workflow.procedure import Line, WrittenLine
from workflow.texts import mark

NOT_REPLAYABLE = {
    "corrected": mark("it was written because the stored state and the facts were not in agreement"),
    "restored": mark("what happened between the backup and its return stands in another journal"),
    "repaired": mark("it was written by 'ehcert doctor --repair', after a damage"),
    "lost": mark("it was damaged, and is lost"),
    "unreadable": mark("it was damaged, and cannot be read"),
}
"""The kinds of lines that no procedure writes by itself, and why."""

_COMPARED = ("code", "operation", "to", "learned", "date", "until")


def told_by(line: Line) -> tuple[Any, ...]:
    """What two lines have in common that tell the same: everything but moments of writing, Ids and names."""
    details = tuple((name, str(line.details[name])) for name in _COMPARED if name in line.details)
    return line.kind, line.state, line.trigger, details


def in_words(line: Line | None) -> str:
    """A line in some names, for an error."""
    if line is None:
        return mark("nothing")
    return " ".join(str(part) for part in (line.state, line.kind, line.trigger, line.details.get("code", "")) if part)


@dataclass(frozen=True, slots=True)
class Course:
    """The lines of a journal, of which the first `last` are played."""

    journal: Sequence[WrittenLine]
    last: int

    def line(self, index: int) -> Line | None:
        """The line of this index, from 0; None after the last one, also of those that are not played."""
        return self.journal[index].line if 0 <= index < len(self.journal) else None

    def why_not(self, index: int) -> str | None:
        """Why a line cannot be played; None for one that can."""
        written = self.journal[index]
        if not written.sound:
            return mark("it was changed, or is out of place")
        return NOT_REPLAYABLE.get(written.line.kind)

    def was_carried_out(self, index: int) -> bool | None:
        """Whether the message that was in doubt before this line had arrived; None when the journal does not say."""
        for at in range(index, len(self.journal)):
            line = self.journal[at].line
            if line.kind == "arrived":
                following = self.line(at + 1)
                return following is None or following.trigger != "start_again"
            if line.kind in ("not_arrived", "refused"):
                return False
            if line.kind == "moved":
                return True
            if line.kind in ("intent", "ended", *NOT_REPLAYABLE):
                return None
        return None
