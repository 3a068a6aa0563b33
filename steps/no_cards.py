"""A place without any card reader: for what runs without a person, so that no PIN is ever asked or typed."""

from __future__ import annotations

from steps.ports.card import Card, CardSummary
from workflow.errors import CardAbsentError


class NoCards:
    """Implements `steps.ports.card.Cards`; whatever lies in the readers is not touched."""

    def check(self) -> None:
        """See `Cards.check`."""

    def present(self) -> list[CardSummary]:
        """See `Cards.present`."""
        return []

    def card(self, serial: str | None = None) -> Card:
        """See `Cards.card`. Raises `CardAbsentError`."""
        raise CardAbsentError()
