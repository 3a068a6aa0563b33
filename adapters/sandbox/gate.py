"""From the bytes of a message to a checked call: envelope, structure, signature, moment and signer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from cryptography import x509
from lxml import etree  # type: ignore[import-untyped]

from adapters.sandbox.desk import ISSUE_INSTANT_TOLERANCE, Call
from adapters.sandbox.interface import check, parse_date_time
from adapters.sandbox.operations import OPERATIONS, Key, Operation
from adapters.sandbox.refusal import BadMessage, Refusal
from adapters.sandbox.trust import Trust
from adapters.xml import names
from adapters.xml.parsing import Element, XmlError, parse
from adapters.xml.signing import SignatureError, verify_enveloped

_ENVELOPE = f"{{{names.SOAP}}}Envelope"
_HEADER = f"{{{names.SOAP}}}Header"
_BODY = f"{{{names.SOAP}}}Body"


def read(service: str, body: bytes) -> tuple[Operation, Element]:
    """The operation that a message asks for, and its request element.

    Raises:
        BadMessage: it is not a message of this service's interface.
    """
    try:
        envelope = parse(body)
    except XmlError as error:
        raise BadMessage(error.reason) from error
    request = _only_child(envelope)
    operation = OPERATIONS.get((service, request.tag))
    if operation is None:
        raise BadMessage(f"{etree.QName(request).localname} is no request of this service")
    check(request, operation.shape)
    return operation, request


def digest(request: Element) -> str:
    """What tells one request from another: a hash over its canonical form."""
    return hashlib.sha256(etree.tostring(request, method="c14n", exclusive=True)).hexdigest()


def verify(call: Call) -> tuple[Call, tuple[x509.Certificate, ...]]:
    """The call with what its signature covers instead of what was sent, and the certificates of the signer."""
    if call.operation.key is None:
        return call, ()
    try:
        verified = verify_enveloped(call.request)
    except SignatureError as error:
        raise Refusal("SIM_SIGNATURE_INVALID", Reason=error.reason) from error
    return replace(call, request=verified.signed), verified.chain


def admit(call: Call, chain: Sequence[x509.Certificate], trust: Trust) -> Call:
    """The call with its signer, once moment and signer are good; an unsigned call proves neither and needs neither."""
    if call.operation.key is None:
        return call
    issued = parse_date_time(call.request.get("IssueInstant"))
    if abs(issued - call.now) > ISSUE_INSTANT_TOLERANCE:
        raise Refusal("SIM_ISSUE_INSTANT")
    match call.operation.key:
        case Key.CARD_AUTHENTICATION:
            return replace(call, holder=trust.card(chain, call.now, signature=False))
        case Key.CARD_SIGNATURE:
            return replace(call, holder=trust.card(chain, call.now, signature=True))
        case Key.EHEALTH:
            return replace(call, record=trust.ehealth(chain, call.now, only_asks=not call.operation.changes))


def _only_child(envelope: Element) -> Element:
    """The only element in the body of an envelope; a header may be there, and is not read."""
    if envelope.tag != _ENVELOPE:
        raise BadMessage("this is not a SOAP 1.1 envelope")
    parts = [child for child in envelope if child.tag != _HEADER]
    if [child.tag for child in parts] != [_BODY] or len(envelope.findall(_HEADER)) > 1:
        raise BadMessage("/Envelope: one Body is expected, after at most one Header")
    if len(parts[0]) != 1:
        raise BadMessage("/Envelope/Body: one element is expected")
    return parts[0][0]
