"""Writing a test card on a SoftHSM token, with the labels and ids of the official middleware."""

from __future__ import annotations

from typing import Any

import pkcs11
from asn1crypto.keys import ECDomainParameters, NamedCurve
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.rsa import decode_rsa_private_key

from tests.adapters.eid.people import PIN, Key, Pair, Person


def fill(token: pkcs11.Token, person: Person) -> None:
    """Write both keys and the certificates of a person."""
    with token.open(rw=True, user_pin=PIN) as session:
        _add_pair(session, "Authentication", 2, person.authentication)
        if person.signature is not None:
            _add_pair(session, "Signature", 3, person.signature)
        else:
            # The official middleware shows the private key also when its certificate is missing.
            _add_key(session, "Signature", 3, person.authentication.key)
        _add_certificate(session, "CA", 4, person.authentication.chain[1])
        _add_certificate(session, "Root", 6, person.authentication.chain[2])


def add_data(token: pkcs11.Token, label: str, value: bytes) -> None:
    """Write a data object that everybody can read."""
    with token.open(rw=True, user_pin=PIN) as session:
        attributes = {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label, Attribute.VALUE: value}
        session.create_object({**attributes, Attribute.TOKEN: True, Attribute.PRIVATE: False})


def _add_pair(session: pkcs11.Session, label: str, number: int, pair: Pair) -> None:
    _add_key(session, label, number, pair.key)
    _add_certificate(session, label, number, pair.chain[0])


def _add_certificate(session: pkcs11.Session, label: str, number: int, certificate: x509.Certificate) -> None:
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            Attribute.LABEL: label,
            Attribute.ID: _id(number),
            Attribute.SUBJECT: certificate.subject.public_bytes(),
            Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            Attribute.TOKEN: True,
            Attribute.PRIVATE: False,
        }
    )


def _add_key(session: pkcs11.Session, label: str, number: int, key: Key) -> None:
    session.create_object(
        {
            **_private(key),
            Attribute.LABEL: label,
            Attribute.ID: _id(number),
            Attribute.TOKEN: True,
            Attribute.PRIVATE: True,
            Attribute.SENSITIVE: True,
            Attribute.SIGN: True,
        }
    )


def _private(key: Key) -> dict[Any, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return decode_rsa_private_key(key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.EC_PARAMS: ECDomainParameters("named", NamedCurve("secp384r1")).dump(),
        Attribute.VALUE: key.private_numbers().private_value.to_bytes(48, "big"),
    }


def _id(number: int) -> bytes:
    """The official middleware's CKA_ID: a C long."""
    return number.to_bytes(8, "little")
