"""Have eHealth make the contract of a renewal, unless the present certificate has ended."""

from __future__ import annotations

from dataclasses import dataclass

from steps.clock import has_passed
from steps.make_contract import MakeContract
from steps.remembered import moment
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class MakeRenewalContract(MakeContract):
    """Safe to repeat: eHealth only makes a text."""

    outcomes = frozenset({"contract_made", "too_late"})

    def __call__(self, work: Work) -> Outcome:
        """Raises also `ClockOffError`."""
        if has_passed(moment(work.facts["record"]["valid_until"]), work.now, self.authority):
            return Outcome("too_late")
        return MakeContract.__call__(self, work)
