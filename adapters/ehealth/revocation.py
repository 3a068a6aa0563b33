"""The contract of a revocation, from eHealth and back (PROTOCOL §3.2, op. 7 and 8)."""

from __future__ import annotations

from typing import Any

from adapters.ehealth import reading
from adapters.ehealth.answers import nonsense
from adapters.ehealth.translation import actor_in, actor_out, c, r, texts_in, texts_out
from adapters.xml.parsing import Element
from steps.ports.registration import RevocationContract, RevocationReason
from workflow.texts import mark


def contract_in(answer: Element, asked: RevocationReason) -> RevocationContract:
    """The contract, which must be for the reason that was asked for: nobody signs another one."""
    contract = reading.child(answer, r("Contract"))
    reason = reading.member(contract, c("RevocationReason"), RevocationReason)
    if reason is not asked:
        raise nonsense(mark("it answers another question"))
    return RevocationContract(
        dn=reading.text(contract, c("DN")),
        signer=actor_in(reading.child(contract, c("Signer"))),
        reason=reason,
        texts=texts_in(reading.child(contract, c("Text"))),
    )


def contract_out(contract: RevocationContract) -> dict[str, Any]:
    """The contract exactly as it came: its DN, too, is left alone (PROTOCOL §9.1)."""
    return {
        "DN": contract.dn,
        "Signer": actor_out(contract.signer),
        "RevocationReason": contract.reason.value,
        "Text": texts_out(contract.texts),
    }
