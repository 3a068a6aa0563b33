"""Read from the identity card who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from steps.ports.card import Cards, CardSummary
from workflow.checks import mask_ssin
from workflow.errors import CardAbsentError, DefinitionError, SeveralCardsError, WrongCardError
from workflow.forms import Choice, Offer
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class ReadCard:
    """Safe to repeat: it only reads."""

    cards: Cards

    outcomes = frozenset({"card_read"})

    def offer(self, work: Work) -> Offer:
        """The cards that are in the readers; the only one is the default. Raises `CardError`."""
        present = self._present()
        choices = tuple(Choice(card.serial, _label(card)) for card in present)
        defaults = {"card": present[0].serial} if len(present) == 1 else {}
        return Offer(defaults=defaults, choices={"card": choices})

    def __call__(self, work: Work) -> Outcome:
        """Raises `CardError`; `WrongCardError` when no card is the one of the given national number.

        A card that cannot sign contracts is told now (PROCEDURES §2, step 3); no PIN is asked for that.
        """
        card = self.cards.card(self._chosen(work).serial)
        card.signature(_no_pin)
        holder = card.summary.holder
        fact = {"ssin": holder.ssin, "first_names": holder.first_names, "surname": holder.surname}
        return Outcome("card_read", {"holder": fact})

    def _present(self) -> list[CardSummary]:
        present = self.cards.present()
        if not present:
            raise CardAbsentError()
        return present

    def _chosen(self, work: Work) -> CardSummary:
        present = self._present()
        if ssin := work.answers.get("ssin"):
            present = [card for card in present if card.holder.ssin == ssin]
            if not present:
                raise WrongCardError(holder=mask_ssin(ssin))
        if serial := work.answers.get("card"):
            present = [card for card in present if card.serial == serial]
            if not present:
                raise CardAbsentError()
        if len(present) > 1:
            raise SeveralCardsError(cards="; ".join(_label(card) for card in present))
        return present[0]


def _no_pin() -> NoReturn:
    raise DefinitionError(problem="a card is read without a PIN")


def _label(card: CardSummary) -> str:
    holder = card.holder
    return f"{holder.first_names} {holder.surname} ({mask_ssin(holder.ssin)}), {card.reader}"
