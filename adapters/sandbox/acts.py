"""What a connection does wrong, as values: the HTTP server plays them, a simulation meets them as exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

ACT: Final = "ehcert.sandbox.act"
"""The key under which the application hands an act to the server, in the WSGI environment."""


class Move(Enum):
    """The ways in which a connection can go wrong."""

    REFUSE = "nobody listens"
    HANG_UP = "closed without a byte"
    RESET = "reset without a byte"
    TRUNCATE = "closed in the middle of the answer's body"
    DELAY = "the answer comes late"
    DRIP = "the answer comes byte by byte"
    FLOOD = "the answer does not end"


@dataclass(frozen=True, slots=True)
class Act:
    """One move. `seconds`: how long a delay or a refusal lasts, the pause between two bytes; `size` in bytes."""

    move: Move
    seconds: float = 0.0
    size: int = 0

    @property
    def answers(self) -> bool:
        """Whether the whole answer goes over the wire in the end."""
        return self.move in (Move.DELAY, Move.DRIP)


class ConnectionLost(Exception):
    """In process: there is no answer. `sent`: bytes may have left, so the message may have been carried out."""

    def __init__(self, move: Move, *, sent: bool) -> None:
        super().__init__(move.value)
        self.move = move
        self.sent = sent


class AnswerLate(ConnectionLost):
    """In process: the answer would take `seconds` in all; whoever waits less long has none."""

    def __init__(self, move: Move, seconds: float) -> None:
        super().__init__(move, sent=True)
        self.seconds = seconds
