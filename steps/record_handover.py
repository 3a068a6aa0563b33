"""Take the person's word that the new file is loaded in the practice software."""

from __future__ import annotations

from dataclasses import dataclass

from steps.depot import is_handed_out
from steps.ports.registration import RegistrationAuthority
from steps.remembered import moment
from workflow.definition import STAY
from workflow.errors import NotLoadedYetError
from workflow.forms import Offer, Shown
from workflow.ports import Outcome, Work
from workflow.procedure import SEEN_ACTIVE
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class RecordHandover:
    """Safe to repeat: it changes nothing outside."""

    authority: RegistrationAuthority

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

    def watch(self, work: Work) -> Outcome:
        """Whether the key was activated elsewhere, as the public depot shows: then loading the file is urgent."""
        if SEEN_ACTIVE in work.facts or not is_handed_out(self.authority, work.facts):
            return Outcome(STAY)
        return Outcome(STAY, {SEEN_ACTIVE: {"at": work.now.isoformat()}})
