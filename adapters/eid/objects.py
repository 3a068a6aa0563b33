"""What the adapter asks of tokens and of the objects on them.

A search always names the class: the official middleware reads the card's directory only then. Certificate and
key belong together by an equal CKA_ID, whose width differs from module to module.
"""

from __future__ import annotations

from contextlib import suppress

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag

from adapters.eid.description import Printed
from adapters.eid.faults import NO_KEY, NO_MECHANISM, NO_PAD
from adapters.eid.identity import Purpose
from steps.ports.card import PinEntry
from workflow.errors import CardUnusableError

_RSA_MECHANISMS = {
    hashes.SHA256.name: Mechanism.SHA256_RSA_PKCS,
    hashes.SHA384.name: Mechanism.SHA384_RSA_PKCS,
    hashes.SHA512.name: Mechanism.SHA512_RSA_PKCS,
}

_OFFICIAL_MODEL = "Belgium eID"

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
    first would only ask a person twice. Raises `CardUnusableError` for a reader that has no keys.
    """
    if pin_entry is PinEntry.PAD and not token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        raise CardUnusableError(reason=NO_PAD)
    if pin_entry is PinEntry.DIALOG:
        return None
    if purpose is Purpose.SIGNATURE and not token.flags & TokenFlag.LOGIN_REQUIRED:
        return None
    return pin_entry


def is_blocked(token: pkcs11.Token) -> bool:
    """Whether the module says that the PIN is blocked; the official one never does beforehand."""
    return bool(token.flags & TokenFlag.USER_PIN_LOCKED)


def tries_left(token: pkcs11.Token, session: pkcs11.Session) -> int | None:
    """The tries left, as of connecting: 0 to 3, or None where neither the module nor the card tells."""
    if is_blocked(token):
        return 0
    if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
        return 1
    # assumption: one byte, the number itself or its digit.
    value = data(session, _PIN_COUNTER)
    return {bytes((sign,)): number for number in range(4) for sign in (number, ord("0") + number)}.get(value or b"")


def data(session: pkcs11.Session, label: str) -> bytes | None:
    """The value of the first data object of this name, or None.

    Never all of them: the official middleware then reads the whole card, and shows each object once more.
    """
    found = list(session.get_objects({Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label}))
    return bytes(found[0][Attribute.VALUE]) if found else None


def printed(session: pkcs11.Session) -> Printed:
    """What is printed on the card, where the module shows its data files."""

    def text(label: str) -> str | None:
        value = data(session, label)
        return None if value is None else value.decode("utf-8", errors="replace").strip("\0 ") or None

    return Printed(text("card_number"), text("validity_begin_date"), text("validity_end_date"))


def applet_of(token: pkcs11.Token) -> str | None:
    """The version of the program on the card, which the official middleware gives as 0x17 or 0x18."""
    if not token.model.startswith(_OFFICIAL_MODEL):
        return None
    major = token.firmware_version[0]
    return f"{major >> 4}.{major & 15}"


def unknown_mechanism(token: pkcs11.Token, certificate: x509.Certificate) -> str | None:
    """The reason why this module cannot use the key of a certificate, when its list of mechanisms says so."""
    needed = Mechanism.SHA256_RSA_PKCS if isinstance(certificate.public_key(), rsa.RSAPublicKey) else Mechanism.ECDSA
    try:
        return None if needed in token.slot.get_mechanisms() else NO_MECHANISM
    except pkcs11.PKCS11Error:
        return None  # then signing will tell


def certificates(session: pkcs11.Session) -> list[x509.Certificate]:
    """Every certificate on the card that can be read."""
    found = []
    for certificate in _certificates(session):
        with suppress(ValueError, x509.InvalidVersion):
            found.append(x509.load_der_x509_certificate(bytes(certificate[Attribute.VALUE])))
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


def _der(raw: bytes) -> bytes:
    half = len(raw) // 2
    return utils.encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
