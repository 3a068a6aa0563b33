"""The card of the person whose procedure it is: nobody else's is used."""

from __future__ import annotations

from steps.ports.card import Card, Cards
from steps.remembered import Facts, holder_name
from workflow.errors import CardAbsentError, WrongCardError


def card_of(cards: Cards, facts: Facts) -> Card:
    """The card of the procedure's holder, found by the national number in its certificate.

    Raises `CardAbsentError`, `WrongCardError` when only other people's cards are in the readers.
    """
    present = cards.present()
    if present and "holder" not in facts:  # an organisation's, begun elsewhere: whoever acts for it; eHealth checks it
        return cards.card(present[0].serial)
    for summary in present:
        if summary.holder.ssin == facts["holder"]["ssin"]:
            return cards.card(summary.serial)
    if present:
        raise WrongCardError(holder=holder_name(facts))
    raise CardAbsentError()
