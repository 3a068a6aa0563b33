"""Keep the person's consent to the conditions of use, with the hash of the text that was read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from steps.conditions_of_use import CONDITIONS_OF_USE
from workflow.errors import ConsentRefusedError
from workflow.forms import Offer
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"agreed"})

    def offer(self, work: Work) -> Offer:
        """The conditions in each language."""
        return Offer(documents=CONDITIONS_OF_USE)

    def __call__(self, work: Work) -> Outcome:
        """Raises `ConsentRefusedError`."""
        if not work.answers["agree"]:
            raise ConsentRefusedError()
        language = work.answers.get("language", "en")
        text = CONDITIONS_OF_USE[language]
        consent = {
            "at": work.now.isoformat(),
            "language": language,
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }
        return Outcome("agreed", {"consent": consent})
