"""Take the person's word that the new file is loaded in the practice software."""

from __future__ import annotations

from dataclasses import dataclass

from steps.remembered import moment
from workflow.errors import NotLoadedYetError
from workflow.forms import Offer, Shown
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class RecordHandover:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"handed_over"})

    def offer(self, work: Work) -> Offer:
        """Which file is to be loaded."""
        facts = work.facts
        return Offer(
            overview=(
                Shown(mark("New file"), facts["new_keystore"]["path"]),
                Shown(mark("valid until"), moment(facts["installed"]["valid_until"]).isoformat()),
            )
        )

    def __call__(self, work: Work) -> Outcome:
        """Raises `NotLoadedYetError`: the encryption key is activated only afterwards (PROCEDURES §5)."""
        if not work.answers["loaded"]:
            raise NotLoadedYetError(path=work.facts["new_keystore"]["path"])
        return Outcome("handed_over", {"handover": {"at": work.now.isoformat()}})
