"""The three operations of EtkRA: start, complete and activate the ETK of the certificate whose key signed."""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.sandbox.content import content, etkra, make, write_boolean
from adapters.sandbox.desk import Answer, Call, Desk
from adapters.sandbox.encryption import check_certificate, make_challenge, read_encryption_key, sign_etk
from adapters.sandbox.interface import encode_base64
from adapters.sandbox.refusal import Refusal
from adapters.sandbox.tokens import Token, TokenState
from adapters.sandbox.trust import key_identifier


def start(desk: Desk, call: Call) -> Answer:
    """Make a challenge for an encryption key.

    assumption: the newest challenge counts, and with the ETK registered there is no other start (PROTOCOL §13).
    """
    record = call.own_record
    known = desk.tokens.by_key(record.key)
    if known is not None and known.state is not TokenState.STARTED:
        raise Refusal("SIM_ETK_EXISTS")
    key = read_encryption_key(content(call.request, etkra("PublicEncryptionKey")))
    identifier = key_identifier(key)
    _check_is_new(desk, record.key, identifier)
    serial, challenge = make_challenge(key, desk.random_bytes)
    public_key = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    desk.tokens.put(Token(record.key, public_key, identifier, serial, TokenState.STARTED))
    return _answer(call, [("Challenge", encode_base64(challenge))])


def complete(desk: Desk, call: Call) -> Answer:
    """Register the ETK for an encryption certificate that meets the challenge."""
    record = call.own_record
    token = desk.tokens.by_key(record.key)
    if token is None:
        raise Refusal("SIM_ETK_NOT_STARTED")
    if token.state is not TokenState.STARTED:
        raise Refusal("SIM_ETK_EXISTS")
    if record.certificate is None:
        raise TypeError("a signer without a certificate")
    certificate = content(call.request, etkra("ToBeRegistered"))
    check_certificate(certificate, record.certificate, token.public_key, token.serial)
    etk = sign_etk(certificate, record.certificate, desk.pki)
    waits = bool(desk.tokens.others_in_use(record, call.now))
    state = TokenState.WAITING if waits else TokenState.ACTIVE
    desk.tokens.put(replace(token, state=state, etk=etk))
    return _answer(call, [("ETK", encode_base64(etk)), ("ToBeActivated", write_boolean(waits))])


def activate(desk: Desk, call: Call) -> Answer:
    """Put a waiting ETK in use, in the place of the others of the same name."""
    record = call.own_record
    token = desk.tokens.by_key(record.key)
    if token is not None and token.state is TokenState.ACTIVE:
        raise Refusal("SIM_ETK_ALREADY_ACTIVE")
    if token is None or token.state is not TokenState.WAITING:
        raise Refusal("SIM_ETK_NOT_REGISTERED")
    for other in desk.tokens.others_in_use(record, call.now):
        desk.tokens.put(replace(other, state=TokenState.RETIRED))
    desk.tokens.put(replace(token, state=TokenState.ACTIVE))
    return _answer(call, [])


def _check_is_new(desk: Desk, owner: str, identifier: str) -> None:
    """The same key may start again for the same certificate, no other key that was ever seen may."""
    other = desk.tokens.by_enc_key(identifier)
    if desk.certificates.by_key(identifier) is not None or (other is not None and other.key != owner):
        raise Refusal("SIM_DUPLICATE_KEY")


def _answer(call: Call, values: list[tuple[str, str]]) -> Answer:
    record = call.own_record
    ssin = record.subject.identifier if record.subject.identifier_type == "SSIN" else record.requester
    return Answer([make(etkra(name), value) for name, value in values], key=record.key, ssin=ssin)
