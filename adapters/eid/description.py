"""What can be told of a reader and of a card, for the commands that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.eid.identity import Chain, Purpose
from steps.ports.card import CardSummary, PinEntry
from workflow.errors import CardError


@dataclass(frozen=True, slots=True)
class Seen:
    """One reader: the identity card in it, or what is wrong with the card in it; neither when it is empty."""

    reader: str
    card: CardSummary | None = None
    problem: CardError | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """What is printed on the card, from its data files. Their signature is not checked: to be shown, not believed.

    The dates are as the card writes them, DD.MM.YYYY. None: the module or the card does not tell.
    """

    card_number: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """One card. `refused` names the keys that the module cannot use, each with the reason.

    `applet` is the version of the program on the card, as '1.8'; `tries_left` None: not told.
    """

    summary: CardSummary
    chains: Mapping[Purpose, Chain]
    pin_entry: PinEntry
    module: str
    applet: str | None
    tries_left: int | None
    printed: Printed
    refused: Mapping[Purpose, str]
