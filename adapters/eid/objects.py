"""What the adapter asks of tokens and of the objects on them.

A search always names the class: the official middleware reads the card's directory only then. Certificate and
key belong together by an equal CKA_ID, whose width differs from module to module.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag

from adapters.eid.faults import HIDDEN, NO_KEY
from adapters.eid.identity import Purpose
from steps.ports.card import PinEntry
from workflow.errors import CardNotActiveError, CardUnusableError

_RSA_MECHANISMS = {
    hashes.SHA256.name: Mechanism.SHA256_RSA_PKCS,
    hashes.SHA384.name: Mechanism.SHA384_RSA_PKCS,
    hashes.SHA512.name: Mechanism.SHA512_RSA_PKCS,
}

_PIN_COUNTER = "carddata_pin_counter"
"""The data object of cards with applet 1.8 that holds the tries left, as of connecting."""


def serial_of(token: pkcs11.Token) -> str:
    """The serial number of a card: upper case, as the official middleware has it and OpenSC has not."""
    return token.serial.decode("ascii", errors="replace").strip("\0 ").upper()


def pin_entry_of(token: pkcs11.Token) -> PinEntry:
    """Who asks for the PIN, as the module tells."""
    if token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        return PinEntry.PAD
    return PinEntry.PROMPT if token.flags & TokenFlag.LOGIN_REQUIRED else PinEntry.DIALOG


def login_with(token: pkcs11.Token, pin_entry: PinEntry, purpose: Purpose) -> PinEntry | None:
    """How to log in before this key signs; None when signing itself makes the middleware ask.

    The official middleware asks for the Signature key every time, and no login done earlier counts: logging in
    first would only ask a person twice.
    """
    if pin_entry is PinEntry.DIALOG:
        return None
    if purpose is Purpose.SIGNATURE and not token.flags & TokenFlag.LOGIN_REQUIRED:
        return None
    return pin_entry


def is_blocked(token: pkcs11.Token) -> bool:
    """Whether the module says that the PIN is blocked; the official one never does beforehand."""
    return bool(token.flags & TokenFlag.USER_PIN_LOCKED)


def tries_left(token: pkcs11.Token, session: pkcs11.Session) -> int | None:
    """The tries left after a wrong PIN: 0 to 2, or None where the module or the card does not tell."""
    if is_blocked(token):
        return 0
    if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
        return 1
    found = list(session.get_objects({Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: _PIN_COUNTER}))
    value = bytes(found[0][Attribute.VALUE]) if found else b""
    # assumption: one byte, the number itself or its digit; three tries left after a wrong PIN would be out of date.
    return {b"\0": 0, b"\1": 1, b"\2": 2, b"0": 0, b"1": 1, b"2": 2}.get(value)


def certificates(token: pkcs11.Token, session: pkcs11.Session) -> list[x509.Certificate]:
    """Every certificate on the card that can be read.

    Raises `CardNotActiveError` when there is none, `CardUnusableError` when the module seems to hide them: OpenSC
    does so for cards with applet 1.7 until somebody logs in.
    """
    found = []
    for certificate in _certificates(session):
        with suppress(ValueError, x509.InvalidVersion):
            found.append(x509.load_der_x509_certificate(bytes(certificate[Attribute.VALUE])))
    if not found:
        _explain_none(token)
    return found


def certificate_id(session: pkcs11.Session, certificate: x509.Certificate) -> bytes | None:
    """The CKA_ID of exactly this certificate, or None when it is not on the card."""
    wanted = certificate.public_bytes(Encoding.DER)
    for found in _certificates(session):
        if bytes(found[Attribute.VALUE]) == wanted:
            return bytes(found[Attribute.ID])
    return None


def sign(
    session: pkcs11.Session, key_id: bytes, leaf: x509.Certificate, data: bytes, algorithm: hashes.HashAlgorithm
) -> bytes:
    """Sign with the private key of this id: PKCS#1 v1.5 for RSA, DER for EC."""
    template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
    found = list(session.get_objects(template))
    key = found[0] if found else None
    if not isinstance(key, pkcs11.SignMixin):
        raise CardUnusableError(reason=NO_KEY)
    if isinstance(leaf.public_key(), rsa.RSAPublicKey):
        return bytes(key.sign(data, mechanism=_RSA_MECHANISMS[algorithm.name]))
    # Raw ECDSA over a hash made here is the one mechanism that every module has.
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return _der(bytes(key.sign(digest.finalize(), mechanism=Mechanism.ECDSA)))


def _certificates(session: pkcs11.Session) -> list[pkcs11.Object]:
    # Read to the end before anything else is asked: an open search blocks the session.
    return list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))


def _explain_none(token: pkcs11.Token) -> NoReturn:
    if token.flags & TokenFlag.LOGIN_REQUIRED:
        raise CardUnusableError(reason=HIDDEN)
    raise CardNotActiveError(purpose=Purpose.AUTHENTICATION.value)


def _der(raw: bytes) -> bytes:
    half = len(raw) // 2
    return utils.encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
