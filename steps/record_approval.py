"""Show what will be sent and the contract, and keep the person's approval with the hash of the text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from steps.owner import owner_of
from steps.remembered import Facts, contract_of
from workflow.errors import ContractNotApprovedError
from workflow.forms import Offer, Shown
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class RecordApproval:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"approved"})

    def offer(self, work: Work) -> Offer:
        """The overview of the request and eHealth's contract."""
        facts = work.facts
        contact = facts["contact"]
        overview = (
            Shown(mark("Environment"), work.environment),
            Shown(mark("For"), owner_of(facts).label),
            *_predecessor(facts),
            *_others(facts),
            Shown(mark("E-mail"), contact["email_private"]),
            Shown(mark("Phone"), contact["phone_private"]),
        )
        many = facts["record"].get("live", 0) >= MOST_OF_ONE_ORGANIZATION
        return Offer(overview=overview, documents=contract_of(facts).texts, warnings=(_TOO_MANY,) if many else ())

    def __call__(self, work: Work) -> Outcome:
        """Raises `ContractNotApprovedError`."""
        if not work.answers["approve"]:
            raise ContractNotApprovedError()
        texts = contract_of(work.facts).texts
        language = work.answers.get("language", "")
        text = texts.get(language, "".join(texts.values()))
        approval = {
            "at": work.now.isoformat(),
            "language": language,
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }
        return Outcome("approved", {"approval": approval})


def _predecessor(facts: Facts) -> tuple[Shown, ...]:
    """What the new certificate replaces, if anything."""
    until = Shown(mark("which stays valid until"), facts["record"].get("valid_until", ""))
    if "old_keystore" in facts:
        return Shown(mark("Replaces"), Path(facts["old_keystore"]["path"]).name), until
    if until.value:
        return Shown(mark("Replaces"), mark("your present certificate")), until
    return ()


def _others(facts: Facts) -> tuple[Shown, ...]:
    if owner_of(facts).is_person or "live" not in facts["record"]:
        return ()
    return (Shown(mark("Certificates that the organisation has"), str(facts["record"]["live"])),)


MOST_OF_ONE_ORGANIZATION = 10
"""How many certificates the conditions of use allow to one organisation (PROCEDURES §8)."""

_TOO_MANY = mark("An organisation may have up to ten certificates: eHealth may refuse another one.")
