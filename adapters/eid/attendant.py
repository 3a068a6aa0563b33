"""What a card says to the person at it, besides asking for a PIN."""

from __future__ import annotations

from typing import Protocol

from steps.ports.card import PinEntry
from workflow.errors import LastTryError


class Attendant(Protocol):
    """Somebody who stands between a card and its person."""

    def confirm_last_try(self) -> None:
        """Called before the last try of a PIN. Raises `LastTryError` or `PinCancelledError` unless it may be spent."""
        ...

    def pin_is_asked(self, entry: PinEntry) -> None:
        """The PIN is asked now in a window of the eID software, or on the keys of the reader."""
        ...


class Unattended:
    """Nobody to ask: the last try of a PIN is not spent."""

    def confirm_last_try(self) -> None:
        """See `Attendant`."""
        raise LastTryError

    def pin_is_asked(self, entry: PinEntry) -> None:
        """See `Attendant`."""
