"""Take whether the certificate is for the person or for an organisation."""

from __future__ import annotations

from dataclasses import dataclass

from steps.owner import PERSON, Owner, owner_fact
from steps.remembered import Facts, holder_name
from workflow.errors import BadValueError
from workflow.forms import Choice, Offer
from workflow.ports import Outcome, Work
from workflow.texts import mark

TYPED = "typed"
"""The choice of an organisation that is not in the list."""


@dataclass(frozen=True, slots=True)
class ChooseKind:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"kind_chosen"})

    def offer(self, work: Work) -> Offer:
        """The person, the organisations that eHealth knows the person to act for, and any other."""
        person = Choice("person", mark("for myself: a personal certificate"))
        choices = (person, *(Choice(_value(one), one.label) for one in _organizations(work.facts)), _OTHER)
        return Offer(choices={"certificate_for": choices})

    def __call__(self, work: Work) -> Outcome:
        """Raises `BadValueError`."""
        chosen = work.answers["certificate_for"]
        if chosen == TYPED:
            return Outcome("kind_chosen", {"kind": {"chosen": TYPED}}, forgotten=("owner",))
        owner: Owner | None
        if chosen == "person":
            owner = Owner(PERSON, work.facts["holder"]["ssin"], holder_name(work.facts))
        else:
            owner = next((one for one in _organizations(work.facts) if _value(one) == chosen), None)
        if owner is None:
            raise BadValueError(field="certificate_for", value=chosen)
        return Outcome("kind_chosen", {"kind": {"chosen": chosen}, "owner": owner_fact(owner)})


_OTHER = Choice(TYPED, mark("for an organisation that is not in this list"))


def _organizations(facts: Facts) -> list[Owner]:
    found = facts["qualities"]["organizations"]
    return [Owner(one["type"], one["identifier"], one["name"]) for one in found]


def _value(owner: Owner) -> str:
    return f"{owner.identifier_type}={owner.identifier}"
