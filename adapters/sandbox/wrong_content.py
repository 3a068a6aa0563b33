"""Faults inside a good answer: wrong certificates, tokens and lists, answers that come too early or too late."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Final

from adapters.sandbox import wrong_certificates
from adapters.sandbox.content import certra, core, depot, etkra
from adapters.sandbox.depot import NOT_FOUND
from adapters.sandbox.fault_kinds import Fault, Make, Scene, Stage
from adapters.sandbox.interface import decode_base64, encode_base64
from adapters.sandbox.people import STRANGER
from adapters.sandbox.refusal import NOT_YET_DELIVERED, Refusal
from adapters.sandbox.replies import Reply, refused
from adapters.xml import names
from adapters.xml.parsing import Element, parse, serialize
from workflow.texts import mark

_X509: Final = certra("X509Certificate")
Edit = Callable[[Element, Scene], bool]
"""Changes the element in the body of an answer; False: it has not what is to be changed."""


def edited(edit: Edit) -> Make:
    """The honest answer with a change in it."""

    def make(scene: Scene) -> Reply | None:
        envelope = parse(scene.answer.body)
        content = envelope.find(f"{{{names.SOAP}}}Body/*")
        if content is None or not edit(content, scene):
            return None
        return replace(scene.answer, body=serialize(envelope))

    return make


def _chain(make: wrong_certificates.Make) -> Make:
    """Another chain in the answer of getCertificate."""

    def edit(content: Element, scene: Scene) -> bool:
        found = content.findall(_X509)
        if not found:
            return False
        chain = make([decode_base64(element.text or "") for element in found], scene.desk.pki, scene.now)
        for element, der in zip(found, chain, strict=True):
            element.text = encode_base64(der)
        return True

    return edited(edit)


def _refuses(code: str, needs_earlier: bool = False) -> Make:
    """getCertificate says no to a known request; with `needs_earlier` only once the certificate was given before."""

    def make(scene: Scene) -> Reply | None:
        if scene.operation is None or not (_delivered(scene.answer) or _waits(scene.answer)):
            return None
        if needs_earlier and not _delivered(scene.earlier.get(scene.operation.name)):
            return None
        return refused(scene.operation, scene.desk.identifier(), scene.message_id, scene.now, Refusal(code))

    return make


def _delivered(reply: Reply | None) -> bool:
    return reply is not None and b"X509Certificate>" in reply.body


def _waits(reply: Reply) -> bool:
    return NOT_YET_DELIVERED.encode() in reply.body


def _not_in_depot(content: Element, _scene: Scene) -> bool:
    """The depot's answer when it has nothing (PROTOCOL §11.3)."""
    token = content.find(depot("ETK"))
    if token is None:
        return False
    content.remove(token)
    status = content.find(f"{{{names.COMMONS1}}}Status")
    for found in () if status is None else status.findall("Code"):
        found.text = NOT_FOUND
    return True


def _other_token(content: Element, scene: Scene) -> bool:
    token = content.find(depot("ETK")) if content.find(depot("ETK")) is not None else content.find(etkra("ETK"))
    if token is None:
        return False
    token.text = encode_base64(wrong_certificates.token_of_stranger(scene.desk.pki, scene.now))
    return True


def _stranger_in_list(content: Element, _scene: Scene) -> bool:
    """One more record in the list: another person's, with another key."""
    infos = content.findall(certra("CertificateInfo"))
    if not infos:
        return False
    added = copy.deepcopy(infos[0])
    for identifier in added.iter(f"{{{names.COMMONS}}}Id"):
        identifier.text = STRANGER.ssin
    for key in added.iter(core("PublicKeyIdentifier")):
        key.text = hashlib.sha1(STRANGER.ssin.encode(), usedforsecurity=False).hexdigest().upper()
    infos[-1].addnext(added)
    return True


def _status(value: str) -> Edit:
    """Every certificate in the answer has this status."""

    def edit(content: Element, _scene: Scene) -> bool:
        found = list(content.iter(core("AuthenticationCertificateStatus")))
        for status in found:
            status.text = value
        return bool(found)

    return edit


def _wrong_hash(content: Element, _scene: Scene) -> bool:
    challenge = content.find(etkra("Challenge"))
    if challenge is None:
        return False
    known = decode_base64(challenge.text or "")
    challenge.text = encode_base64(known[:-1] + bytes([known[-1] ^ 1]))
    return True


def _other_key(content: Element, _scene: Scene) -> bool:
    """The receipt of a request names another key."""
    key = content.find(certra("PublicKeyIdentifier"))
    if key is None or not key.text:
        return False
    key.text = key.text[::-1]
    return True


def _contract_of_stranger(content: Element, _scene: Scene) -> bool:
    contract = content.find(certra("Contract"))
    identifiers = [] if contract is None else list(contract.iter(f"{{{names.COMMONS}}}Id"))
    if contract is None or not identifiers or not identifiers[0].text:
        return False
    own = identifiers[0].text
    for element in contract.iter():
        element.text = element.text and element.text.replace(own, STRANGER.ssin)
    return True


def _date(scene: Scene) -> Reply:
    wrong = scene.now + timedelta(minutes=scene.parameters["minutes"])
    return replace(scene.answer, headers=(("Date", format_datetime(wrong, usegmt=True)),))


def _content(name: str, says: str, make: Make, *operations: str, **parameters: float) -> Fault:
    return Fault(name, says, make, True, Stage.CONTENT, operations=frozenset(operations), parameters=parameters)


_FETCH: Final = "getCertificate"
_LIST: Final = "getCertificateInfoForCitizen"
_INFO: Final = "getCertificateInfoForAuthenticationCertificate"

CONTENT_FAULTS: Final = (
    _content("not_yet", mark("the certificate is said not to be delivered yet"), _refuses(NOT_YET_DELIVERED), _FETCH),
    _content(
        "found_then_not_yet",
        mark("delivered before, now said not to be delivered yet"),
        _refuses(NOT_YET_DELIVERED, needs_earlier=True),
        _FETCH,
    ),
    _content("unknown_yet", mark("the request is said to be unknown"), _refuses("SIM_UNKNOWN_PUBLIC_KEY"), _FETCH),
    _content("not_in_depot", mark("the depot is said to have no ETK"), edited(_not_in_depot), "getEtk"),
    _content(
        "certificate_other_key",
        mark("the certificate is for another key"),
        _chain(wrong_certificates.other_key),
        _FETCH,
    ),
    _content(
        "certificate_other_person",
        mark("the certificate is of another person"),
        _chain(wrong_certificates.other_person),
        _FETCH,
    ),
    _content(
        "certificate_other_environment",
        mark("the certificate was issued for another environment"),
        _chain(wrong_certificates.other_environment),
        _FETCH,
    ),
    _content(
        "certificate_unknown_issuer",
        mark("the certificate was issued by an unknown authority"),
        _chain(wrong_certificates.unknown_issuer),
        _FETCH,
    ),
    _content(
        "certificate_not_yet_valid",
        mark("the certificate is valid from the day after tomorrow only"),
        _chain(wrong_certificates.not_yet_valid),
        _FETCH,
    ),
    _content(
        "certificate_expired", mark("the certificate ended yesterday"), _chain(wrong_certificates.expired), _FETCH
    ),
    _content(
        "certificate_weak_key",
        mark("the certificate is for an RSA key of 1024 bits"),
        _chain(wrong_certificates.weak_key),
        _FETCH,
    ),
    _content(
        "certificate_wrong_usage",
        mark("the certificate may not be used to sign in"),
        _chain(wrong_certificates.wrong_usage),
        _FETCH,
    ),
    _content(
        "certificate_broken_chain",
        mark("the intermediate is not the one that issued the certificate"),
        _chain(wrong_certificates.broken_chain),
        _FETCH,
    ),
    _content(
        "etk_of_another",
        mark("the ETK is of another person's key"),
        edited(_other_token),
        "getEtk",
        "completeETKRegistration",
    ),
    _content(
        "list_with_stranger", mark("the list also has a stranger's certificate"), edited(_stranger_in_list), _LIST
    ),
    _content(
        "revoked_meanwhile", mark("the certificates are said to be revoked"), edited(_status("REVOKED")), _LIST, _INFO
    ),
    _content(
        "challenge_wrong_hash",
        mark("the hash in the challenge does not fit"),
        edited(_wrong_hash),
        "startETKRegistration",
    ),
    _content(
        "receipt_other_key",
        mark("the receipt of the request names another key"),
        edited(_other_key),
        "generateCertificate",
    ),
    _content(
        "contract_of_stranger",
        mark("the contract is for another person"),
        edited(_contract_of_stranger),
        "generateContract",
        "generateRevocationContract",
    ),
    _content("date_off", mark("the Date of the answer is some minutes off"), _date, minutes=15.0),
)
