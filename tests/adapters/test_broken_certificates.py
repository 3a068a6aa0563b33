"""A certificate whose version is unknown cannot be read: said so everywhere, and never a crash.

The library raises an error of its own for it, which is no ValueError.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapters.ehealth import reading
from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.keystore.reading import read
from adapters.keystore.writing import Rounds, write
from adapters.sandbox.encryption import check_certificate
from adapters.sandbox.people import PROVIDER
from adapters.sandbox.refusal import Refusal
from adapters.xml import names
from adapters.xml.parsing import parse
from adapters.xml.signing import SignatureError, sign_enveloped, verify_enveloped
from steps.ports.keystore import KeyEntry, Keystore
from tests.world.keys import pooled_key
from tests.world.world import shared_card
from workflow.errors import EhealthNonsenseError, KeystoreDamagedError, NotAKeystoreError

_VERSION_3, _VERSION_8 = bytes.fromhex("a003020102"), bytes.fromhex("a003020107")


def certificate() -> x509.Certificate:
    return shared_card(PROVIDER).authentication.certificate


def broken(der: bytes) -> bytes:
    assert der.count(_VERSION_3) == 1
    return der.replace(_VERSION_3, _VERSION_8)


@pytest.fixture
def unreadable() -> bytes:
    """The certificate of the card, of a version that does not exist."""
    der = broken(certificate().public_bytes(Encoding.DER))
    with pytest.raises(x509.InvalidVersion):
        x509.load_der_x509_certificate(der)
    return der


def test_an_answer_of_ehealth_with_such_a_certificate_is_nonsense(unreadable: bytes) -> None:
    element = etree.Element("Certificate")
    element.text = base64.b64encode(unreadable).decode()

    with pytest.raises(EhealthNonsenseError):
        reading.certificate(element)


def test_a_signature_with_such_a_certificate_is_refused(unreadable: bytes) -> None:
    request = parse(b'<a xmlns="urn:a" Id="_1"/>')
    signer = shared_card(PROVIDER).authentication
    signed = sign_enveloped(request, signer.private_key, signer.chain[:1])
    next(signed.iter(f"{{{names.DS}}}X509Certificate")).text = base64.b64encode(unreadable).decode()

    with pytest.raises(SignatureError):
        verify_enveloped(signed)


def test_such_an_encryption_certificate_is_refused_by_the_sandbox(unreadable: bytes) -> None:
    with pytest.raises(Refusal):
        check_certificate(unreadable, certificate(), b"", b"")


class Bytes:
    """A certificate that nobody could read, for the writer: it needs the bytes only."""

    def __init__(self, der: bytes) -> None:
        self._der = der

    def public_bytes(self, encoding: Encoding) -> bytes:
        return self._der

    def public_key(self) -> rsa.RSAPublicKey:
        return pooled_key(0).public_key()


def test_a_keystore_with_such_a_certificate_is_damaged(unreadable: bytes) -> None:
    chain: tuple[Any, ...] = (Bytes(unreadable),)
    entry = KeyEntry("authentication", pooled_key(0), chain)
    data = write(Keystore((entry,)), "a-password", Encryption.AES, Rounds(2, 2))

    with pytest.raises(KeystoreDamagedError):
        read(data, "a-password")


def test_such_a_file_is_no_keystore(unreadable: bytes, tmp_path: Path) -> None:
    path = tmp_path / "certificate.p12"
    path.write_bytes(unreadable)

    with pytest.raises((NotAKeystoreError, KeystoreDamagedError)):
        KeystoreFolder(tmp_path, tmp_path, "production").open(path, "a-password")
