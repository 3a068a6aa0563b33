"""Have eHealth make the text with which the person will revoke the certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.names import parse_dn, subject_of
from steps.owner import owner_of
from steps.ports.registration import Actor, RegistrationAuthority, RevocationContract, RevocationReason
from steps.remembered import Facts, holder_actor
from workflow.errors import ContractMismatchError
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class MakeRevocationContract:
    """Safe to repeat: eHealth only makes a text."""

    authority: RegistrationAuthority

    outcomes = frozenset({"revocation_contract_made"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `ContractMismatchError` when the text is not for this certificate."""
        signer, reason = holder_actor(work.facts), RevocationReason(work.facts["reason"]["code"])
        contract = self.authority.revocation_contract(work.facts["chosen"]["public_key_identifier"], signer, reason)
        try:
            subject = subject_of(parse_dn(contract.dn))
        except ValueError as error:
            raise ContractMismatchError() from error
        fits = subject is not None and owner_of(work.facts).is_subject(subject)
        if not fits or contract.signer.identifier != signer.identifier or contract.reason is not reason:
            raise ContractMismatchError()
        return Outcome("revocation_contract_made", {"revocation_contract": _fact(contract)})


def _fact(contract: RevocationContract) -> dict[str, Any]:
    signer = contract.signer
    return {
        "dn": contract.dn,
        "signer": [signer.identifier_type, signer.identifier, signer.name, signer.first_names],
        "reason": contract.reason.value,
        "texts": dict(contract.texts),
    }


def revocation_contract_of(facts: Facts) -> RevocationContract:
    """The text as eHealth made it."""
    fact = facts["revocation_contract"]
    return RevocationContract(fact["dn"], Actor(*fact["signer"]), RevocationReason(fact["reason"]), fact["texts"])
