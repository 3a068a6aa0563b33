"""Sign in at eHealth with the identity card: who the person is there, and for whom he may act."""

from __future__ import annotations

from dataclasses import dataclass

from steps.clock import check_clock
from steps.holder import asked_with_card
from steps.ports.card import Cards
from steps.ports.registration import RegistrationAuthority
from workflow.ports import Outcome, Work


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
