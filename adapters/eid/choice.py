"""Which of the cards in the readers is meant, and how a PIN must look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from adapters.eid.identity import full_name
from steps.ports.card import CardSummary
from workflow.errors import (
    CardAbsentError,
    CardExpiredError,
    NamedCardAbsentError,
    PinMalformedError,
    SeveralCardsError,
)

_PIN = re.compile(r"[0-9]{4,12}")


def choose(cards: Iterable[CardSummary], serial: str | None, now: datetime | None) -> CardSummary:
    """The card with this serial number, without regard to case, or the only one; with `now` None also a lapsed one.

    Raises `CardAbsentError`, `NamedCardAbsentError`, `SeveralCardsError`, `CardExpiredError`.
    """
    fitting = only(list(cards), serial)
    if not fitting:
        raise NamedCardAbsentError(serial=serial) if serial else CardAbsentError
    if len(fitting) > 1:
        names = (f"{full_name(card.holder)} ({card.serial})" for card in fitting)
        raise SeveralCardsError(cards=", ".join(names))
    [card] = fitting
    if now is not None and card.valid_until < now:
        raise CardExpiredError(until=card.valid_until.date().isoformat())
    return card


def only(cards: list[CardSummary], serial: str | None) -> list[CardSummary]:
    """Of these cards the one with this serial number, or all when none is named.

    Raises `NamedCardAbsentError` when there are only others.
    """
    fitting = [card for card in cards if serial is None or card.serial.upper() == serial.upper()]
    if cards and not fitting:
        raise NamedCardAbsentError(serial=serial)
    return fitting


def checked(pin: str) -> str:
    """The PIN, when a card may be asked about it at all: 4 to 12 digits.

    Raises `PinMalformedError`. An empty PIN would make the middleware open its own dialog.
    """
    if not _PIN.fullmatch(pin):
        raise PinMalformedError
    return pin
