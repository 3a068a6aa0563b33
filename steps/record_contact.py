"""Take the contact data, prefilled with what eHealth has on record."""

from __future__ import annotations

from dataclasses import dataclass

from steps.owner import owner_of
from workflow.forms import CONTACT, Offer
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class RecordContact:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"given"})

    def offer(self, work: Work) -> Offer:
        """What was given before, or else eHealth's record."""
        facts = work.facts
        record = facts.get("record", {})  # there is none of a person without a card
        known = facts.get("contact_typed") or facts.get("chosen", record).get("contact") or {}
        is_known = record.get("care_provider", True) or not owner_of(facts).is_person
        warnings = () if is_known else (_NOT_KNOWN,)
        return Offer(defaults={name: value for name, value in known.items() if value}, warnings=warnings)

    def __call__(self, work: Work) -> Outcome:
        """The answers were checked field by field before; who comes back from a later screen finds them again."""
        contact = {field.name: work.answers.get(field.name) for field in CONTACT.fields}
        return Outcome("given", {"contact": contact, "contact_typed": contact})


# Which of the two follows is unknown: an assumption of PROCEDURES §2, step 5.
_NOT_KNOWN = mark(
    "eHealth does not know you as a care provider: a person may check your request first, or it may be refused."
)
