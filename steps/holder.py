"""The card of the person whose procedure it is: nobody else's is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from steps.ports.card import Card, Cards
from steps.ports.signing import Signer
from steps.remembered import Facts, holder_name
from workflow.errors import CardAbsentError, WrongCardError, WrongPinError
from workflow.forms import PIN
from workflow.ports import Work
from workflow.texts import mark

_Answer = TypeVar("_Answer")


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


def asked_with_card(
    cards: Cards, work: Work, question: Callable[[Signer], _Answer], purpose: str = mark("to sign in")
) -> _Answer:
    """The answer to a question that is signed with the Authentication key of the holder's card.

    `purpose` says what the PIN is asked for. Raises `CardError`; a wrong PIN is forgotten, so that it is never tried
    again.
    """
    return _used(card_of(cards, work.facts).authentication(lambda: work.secret(PIN, purpose)), work, question)


def signed_with_card(cards: Cards, work: Work, sign: Callable[[Signer], _Answer], purpose: str) -> _Answer:
    """What is signed with the Signature key of the holder's card. See `asked_with_card`."""
    return _used(card_of(cards, work.facts).signature(lambda: work.secret(PIN, purpose)), work, sign)


def _used(signer: Signer, work: Work, use: Callable[[Signer], _Answer]) -> _Answer:
    try:
        return use(signer)
    except WrongPinError:
        work.wrong_secret(PIN)
        raise
