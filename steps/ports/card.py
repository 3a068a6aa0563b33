"""What the steps need from the Belgian identity card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from steps.ports.signing import Signer


class PinEntry(Enum):
    """Who asks for the PIN."""

    PROMPT = "prompt"  # ehcert asks, and hands it to the module
    DIALOG = "dialog"  # the middleware opens its own window
    PAD = "pad"  # the keys of the reader


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a card belongs to, from its certificates.

    `first_names` holds all given names in one string, as the card writes them; `ssin` has 11 digits.
    """

    ssin: str
    first_names: str
    surname: str


@dataclass(frozen=True, slots=True)
class CardSummary:
    """One card that is in a reader: `serial` is what chooses it."""

    serial: str
    holder: Holder
    reader: str
    valid_until: datetime


AskPin = Callable[[], str]


class Card(Protocol):
    """One card in a reader. Every call may raise a `CardError`."""

    summary: CardSummary
    pin_entry: PinEntry

    def authentication(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs in.

        `ask_pin` is called only when `pin_entry` is PROMPT, when a signature is made, once for this card object:
        a PIN that was accepted is kept for the later signatures of this key in the same sitting.
        """
        ...

    def signature(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs contracts (non-repudiation): one PIN for each signature.

        Raises `CardNotActiveError` when the card has no Signature certificate.
        """
        ...


class Cards(Protocol):
    """The cards in the readers."""

    def check(self) -> None:
        """Find out whether cards can be read at all.

        Raises `MiddlewareMissingError` or `ReaderAbsentError`; a missing card is no error here.
        """
        ...

    def present(self) -> list[CardSummary]:
        """The identity cards that are in the readers now; other cards are passed over.

        Raises `MiddlewareMissingError`, `ReaderAbsentError`, `NotAnEidError` (only other cards are there).
        """
        ...

    def card(self, serial: str | None = None) -> Card:
        """The card with this serial number, or the only one.

        Raises `CardAbsentError`, `SeveralCardsError`, `NotAnEidError`, `CardExpiredError`.
        """
        ...
