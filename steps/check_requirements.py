"""Check that a procedure can be gone through: reader, keystore folders, network, clock."""

from __future__ import annotations

from dataclasses import dataclass

from steps.clock import check_clock
from steps.ports.card import Cards
from steps.ports.keystore import Keystores
from steps.ports.registration import RegistrationAuthority
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class CheckRequirements:
    """Safe to repeat: it only looks. Without `cards` no reader is needed."""

    cards: Cards | None
    keystores: Keystores
    authority: RegistrationAuthority

    outcomes = frozenset({"ready"})

    def __call__(self, work: Work) -> Outcome:
        """Raises what is missing: a `CardError`, `FolderNotWritableError`, a `TemporaryError`, `ClockOffError`."""
        if self.cards is not None:
            self.cards.check()
        self.keystores.check()
        check_clock(work.now, self.authority.service_time())
        return Outcome("ready", {"requirements": {"checked_at": work.now.isoformat()}})
