"""Sign in at eHealth with the identity card: who the person is there, and for whom he may act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from steps.clock import check_clock
from steps.holder import card_of
from steps.ports.card import Cards
from steps.ports.registration import RegistrationAuthority
from steps.ports.signing import Signer
from workflow.errors import WrongPinError
from workflow.forms import PIN
from workflow.ports import Outcome, Work
from workflow.texts import mark

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Safe to repeat: it only asks."""

    authority: RegistrationAuthority
    cards: Cards

    outcomes = frozenset({"signed_in"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `CardError`, `ClockOffError`."""
        check_clock(work.now, self.authority.service_time())
        ssin = work.facts["holder"]["ssin"]
        qualities = asked_with_card(self.cards, work, lambda signer: self.authority.qualities(ssin, signer))
        organizations = [
            {"type": one.identifier_type, "identifier": one.identifier, "name": next(iter(one.names.values()), "")}
            for one in qualities.organizations
        ]
        return Outcome(
            "signed_in", {"qualities": {"care_provider": qualities.care_provider, "organizations": organizations}}
        )


def asked_with_card(cards: Cards, work: Work, question: Callable[[Signer], _Answer]) -> _Answer:
    """The answer to a question that is signed with the Authentication key of the holder's card.

    Raises `CardError`; a wrong PIN is forgotten, so that it is never tried again.
    """
    signer = card_of(cards, work.facts).authentication(lambda: work.secret(PIN, mark("to sign in")))
    try:
        return question(signer)
    except WrongPinError:
        work.wrong_secret(PIN)
        raise
