"""Sign and send the request of a renewal, unless the present certificate has ended."""

from __future__ import annotations

from dataclasses import dataclass

from steps.clock import has_passed
from steps.remembered import moment
from steps.submit_request import SubmitRequest
from workflow.ports import Outcome, Prepared, Work


@dataclass(frozen=True, slots=True)
class SubmitRenewal(SubmitRequest):
    """Never repeated blindly: see `SubmitRequest`."""

    outcomes = SubmitRequest.outcomes | {"too_late"}

    def prepare(self, work: Work) -> Prepared | Outcome:
        """Raises also `ClockOffError`."""
        if has_passed(moment(work.facts["record"]["valid_until"]), work.now, self.authority):
            return Outcome("too_late")
        return SubmitRequest.prepare(self, work)
