"""Take the application id of an organisation's certificate."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from steps.owner import owner_fact, owner_of
from steps.ports.registration import RegistrationAuthority
from workflow.errors import MalformedApplicationIdError
from workflow.forms import Offer, Shown
from workflow.ports import Outcome, Work
from workflow.texts import mark

_APPLICATION_ID = re.compile(r"[0-9A-Z_-]{1,30}")
"""What an application id may hold (PROTOCOL §9.1)."""


@dataclass(frozen=True, slots=True)
class ChooseApplication:
    """Safe to repeat: it only asks."""

    authority: RegistrationAuthority

    outcomes = frozenset({"application_chosen"})

    def offer(self, work: Work) -> Offer:
        """The application ids that the organisation has certificates for."""
        owner = owner_of(work.facts)
        known = self.authority.application_ids(owner.identifier_type, owner.identifier)
        shown = tuple(Shown(mark("In use"), one or mark("(without application id)")) for one in known)
        return Offer(overview=(Shown(mark("Organisation"), owner.label), *shown))

    def __call__(self, work: Work) -> Outcome:
        """Raises `MalformedApplicationIdError`."""
        typed = (work.answers.get("application_id") or "").strip().upper()
        if typed and not _APPLICATION_ID.fullmatch(typed):
            raise MalformedApplicationIdError()
        owner = replace(owner_of(work.facts), application_id=typed or None)
        return Outcome("application_chosen", {"application": {"chosen": bool(typed)}, "owner": owner_fact(owner)})
