"""Have eHealth make the contract that the person will sign."""

from __future__ import annotations

from dataclasses import dataclass

from steps.names import parse_dn, subject_of
from steps.owner import actor_of, owner_of
from steps.ports.registration import RegistrationAuthority
from steps.remembered import contact_of, contract_fact, holder_actor
from workflow.errors import ContractMismatchError
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class MakeContract:
    """Safe to repeat: eHealth only makes a text."""

    authority: RegistrationAuthority

    outcomes = frozenset({"contract_made"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `ContractMismatchError` when the contract is not for this owner, `RefusedError`."""
        owner, signer = owner_of(work.facts), holder_actor(work.facts)
        contract = self.authority.contract(contact_of(work.facts), signer, actor_of(work.facts), owner.application_id)
        try:
            subject = subject_of(parse_dn(contract.dn))
        except ValueError as error:
            raise ContractMismatchError() from error
        if subject is None or not owner.is_subject(subject) or contract.signer.identifier != signer.identifier:
            raise ContractMismatchError()
        return Outcome("contract_made", {"contract": contract_fact(contract)})
