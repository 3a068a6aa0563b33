"""Take who a person without a Belgian card is: his BIS number and his names."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.errors import BadValueError
from workflow.forms import Offer
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class NamePerson:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"named"})

    def offer(self, work: Work) -> Offer:
        """Nothing is known before: there is no card to read."""
        return Offer()

    def __call__(self, work: Work) -> Outcome:
        """The number was checked at its field. Raises `BadValueError` for a surname that is empty."""
        surname = " ".join(work.answers["surname"].split())
        if not surname:
            raise BadValueError(field="surname", value=work.answers["surname"])
        first_names = " ".join((work.answers.get("first_names") or "").split())
        holder = {"ssin": work.answers["bis"], "first_names": first_names, "surname": surname}
        return Outcome("named", {"holder": holder})
