"""Take the password of the new keystore."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.forms import Offer
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class ChoosePassword:
    """Safe to repeat: the password lives in memory only; what is kept is when it was chosen."""

    outcomes = frozenset({"chosen"})

    def offer(self, work: Work) -> Offer:
        """Nothing is known before."""
        return Offer()

    def __call__(self, work: Work) -> Outcome:
        """The rules of the password were checked at the field."""
        return Outcome("chosen", {"password": {"chosen_at": work.now.isoformat()}})
