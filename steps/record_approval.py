"""Show what will be sent and the contract, and keep the person's approval with the hash of the text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from steps.remembered import contract_of, holder_name
from workflow.checks import mask_ssin
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
            Shown(mark("For"), f"{holder_name(facts)} ({mask_ssin(facts['holder']['ssin'])})"),
            Shown(mark("Replaces"), Path(facts["old_keystore"]["path"]).name),
            Shown(mark("which stays valid until"), facts["record"]["valid_until"]),
            Shown(mark("E-mail"), contact["email_private"]),
            Shown(mark("Phone"), contact["phone_private"]),
        )
        return Offer(overview=overview, documents=contract_of(facts).texts)

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
