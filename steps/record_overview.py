"""Show what will be sent for a person without a card, for whom eHealth makes no contract, and keep his approval."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from steps.names import foreigner_dn, foreigner_name
from steps.owner import owner_of
from steps.remembered import Facts
from workflow.errors import OverviewNotApprovedError
from workflow.forms import Offer, Shown
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class RecordOverview:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"approved"})

    def offer(self, work: Work) -> Offer:
        """Who asks, and the names that the certificate will bear."""
        contact, holder = work.facts["contact"], work.facts["holder"]
        overview = (
            Shown(mark("Environment"), work.environment),
            Shown(mark("For"), owner_of(work.facts).label),
            Shown(mark("Name in the certificate"), foreigner_name(holder["surname"], holder["first_names"])),
            Shown(mark("E-mail"), contact["email_private"]),
            Shown(mark("Phone"), contact["phone_private"]),
        )
        return Offer(overview=overview)

    def __call__(self, work: Work) -> Outcome:
        """What is kept of the name is its hash: an approval is not encrypted. Raises `OverviewNotApprovedError`."""
        if not work.answers["approve"]:
            raise OverviewNotApprovedError()
        text_sha256 = hashlib.sha256(dn_of_holder(work.facts).encode()).hexdigest()
        return Outcome("approved", {"approval": {"at": work.now.isoformat(), "text_sha256": text_sha256}})


def dn_of_holder(facts: Facts) -> str:
    """The name that the certificate of a person without a card will bear."""
    holder = facts["holder"]
    return foreigner_dn(holder["ssin"], holder["surname"], holder["first_names"])
