"""Have eHealth make the contract that the person will sign."""

from __future__ import annotations

from dataclasses import dataclass

from steps.clock import has_passed
from steps.names import parse_dn, subject_of
from steps.ports.registration import RegistrationAuthority
from steps.remembered import contact_of, contract_fact, holder_actor, moment
from workflow.errors import ContractMismatchError
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class MakeContract:
    """Safe to repeat: eHealth only makes a text."""

    authority: RegistrationAuthority

    outcomes = frozenset({"contract_made", "too_late"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `ContractMismatchError` when the contract is not for this person, `ClockOffError`."""
        if has_passed(moment(work.facts["record"]["valid_until"]), work.now, self.authority):
            return Outcome("too_late")
        actor = holder_actor(work.facts)
        contract = self.authority.contract(contact_of(work.facts), actor, actor)
        try:
            subject = subject_of(parse_dn(contract.dn))
        except ValueError as error:
            raise ContractMismatchError() from error
        if subject is None or subject.identifier != actor.identifier or contract.signer.identifier != actor.identifier:
            raise ContractMismatchError()
        return Outcome("contract_made", {"contract": contract_fact(contract)})
