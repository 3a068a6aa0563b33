"""The operations that end a certificate: generateRevocationContract and revoke."""

from __future__ import annotations

from dataclasses import replace

from adapters.sandbox.certificates import Record
from adapters.sandbox.content import (
    certra,
    child,
    core,
    key_identifier,
    make,
    read_actor,
    read_contract,
    text,
    write_actor,
    write_texts,
)
from adapters.sandbox.contracts import is_same, revocation_texts
from adapters.sandbox.desk import Answer, Call, Desk
from adapters.sandbox.refusal import Refusal
from adapters.xml.parsing import Element
from steps.ports.registration import Actor, CertificateStatus, Contract


def generate_revocation_contract(desk: Desk, call: Call) -> Answer:
    """A contract for revoking one certificate; changes nothing."""
    record = desk.known(key_identifier(call.request))
    signer = read_actor(child(call.request, certra("Signer")))
    reason = text(call.request, certra("RevocationReason"))
    contract = _contract(desk, record, signer, reason)
    return Answer([_write_contract(contract, reason)])


def revoke(desk: Desk, call: Call) -> Answer:
    """Revoke a certificate and its ETK, for good."""
    record = desk.known(key_identifier(call.request))
    sent = child(call.request, certra("Contract"))
    contract = read_contract(sent)
    call.card_holder.check_is(contract.signer)
    desk.check_may_manage(call.card_holder.ssin, record.subject.identifier_type, record.subject.identifier)
    if not is_same(contract, _contract(desk, record, contract.signer, text(sent, core("RevocationReason")))):
        raise Refusal("SIM_CONTRACT_CHANGED")
    if record.status(call.now) is not CertificateStatus.VALID_ACTIVE:
        raise Refusal("SIM_NOT_REVOCABLE", Status=record.status(call.now).value)
    desk.certificates.put(replace(record, revoked_at=call.now))
    return Answer(key=record.key, ssin=call.card_holder.ssin)


def _contract(desk: Desk, record: Record, signer: Actor, reason: str) -> Contract:
    dn = record.subject.text(escaped=desk.rules.escaped_dn)
    return Contract(dn, signer, revocation_texts(record.subject.text(), signer, reason, record.key))


def _write_contract(contract: Contract, reason: str) -> Element:
    return make(
        certra("Contract"),
        [
            make(core("DN"), contract.dn),
            write_actor(core("Signer"), contract.signer),
            make(core("RevocationReason"), reason),
            write_texts(core("Text"), dict(contract.texts)),
        ],
    )
