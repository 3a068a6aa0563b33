"""Show what will be revoked and what is lost by it, and keep the person's typed confirmation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from steps.choose_reason import REASONS
from steps.make_revocation_contract import revocation_contract_of
from steps.owner import owner_of
from workflow.errors import RevocationNotConfirmedError
from workflow.forms import Offer, Shown
from workflow.ports import Outcome, Work
from workflow.texts import mark

WORD = "revoke"
"""What is typed to confirm; the same word in every language."""


@dataclass(frozen=True, slots=True)
class RecordRevocationApproval:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"revocation_approved"})

    def offer(self, work: Work) -> Offer:
        """What will be revoked, what is lost, and eHealth's text (PROCEDURES §6, step 5)."""
        facts, chosen = work.facts, work.facts["chosen"]
        overview = (
            Shown(mark("Environment"), work.environment),
            Shown(mark("Certificate of"), owner_of(facts).label),
            Shown(mark("Serial number"), chosen["serial"] or "?"),
            Shown(mark("valid until"), chosen["valid_until"] or "?"),
            Shown(mark("Reason"), REASONS[facts["reason"]["words"]][0]),
        )
        gap = _GAP if facts["reason"]["request_again"] else _NO_MORE
        return Offer(overview=overview, documents=revocation_contract_of(facts).texts, warnings=(_FINAL, _SEALED, gap))

    def __call__(self, work: Work) -> Outcome:
        """Raises `RevocationNotConfirmedError`."""
        if work.answers["confirmation"].strip().lower() != WORD:
            raise RevocationNotConfirmedError()
        texts = revocation_contract_of(work.facts).texts
        language = work.answers.get("language", "")
        text = texts.get(language, "".join(texts.values()))
        digest = hashlib.sha256(text.encode()).hexdigest()
        approval = {"at": work.now.isoformat(), "language": language, "text_sha256": digest}
        return Outcome("revocation_approved", {"revocation_approval": approval})


_FINAL = mark("This is final: the certificate opens no session any more.")
_SEALED = mark("Messages that were sealed for it can only be opened with its file and password: keep both.")
_GAP = mark("Until the new certificate is delivered, after minutes to days, there is no certificate at all.")
_NO_MORE = mark("No new certificate is requested afterwards.")
