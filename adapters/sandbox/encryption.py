"""What ETKs are made of: the challenge, the rules for the encryption certificate, the signed ETK (PROTOCOL §11)."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, pkcs7

from adapters.sandbox.pki import Pki, RandomBytes
from adapters.sandbox.refusal import Refusal

SERIAL_BYTES: Final = 16
KEY_BITS: Final = 2048
KEY_USAGE: Final = bytes.fromhex("03020430")
"""keyEncipherment and dataEncipherment, DER."""


def read_encryption_key(der: bytes) -> rsa.RSAPublicKey:
    """The public key of a SubjectPublicKeyInfo; any but RSA 2048 is refused."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refusal("SIM_BAD_ENCRYPTION_KEY") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != KEY_BITS:
        raise Refusal("SIM_BAD_ENCRYPTION_KEY")
    return key


def make_challenge(key: rsa.RSAPublicKey, random_bytes: RandomBytes) -> tuple[bytes, bytes]:
    """A serial number that only the owner of the key can read, and the challenge that carries it.

    Returns the sixteen bytes, and their ciphertext (RSA, PKCS#1 v1.5) followed by their SHA-256.
    """
    serial = random_bytes(SERIAL_BYTES)
    if not any(serial):
        raise ValueError("a serial number of zero")
    return serial, key.encrypt(serial, padding.PKCS1v15()) + hashlib.sha256(serial).digest()


def check_certificate(der: bytes, owner: x509.Certificate, public_key: bytes, serial: bytes) -> None:
    """Refuse an encryption certificate that is not exactly what PROTOCOL §11.2 says.

    `owner` is the authentication certificate, `public_key` the SubjectPublicKeyInfo of the start, `serial` the
    number of the newest challenge.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        number = certificate.serial_number
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise Refusal("SIM_BAD_ENC_CERTIFICATE") from error
    if number != int.from_bytes(serial, "big"):
        raise Refusal("SIM_CHALLENGE_NOT_MET")
    _check_names(certificate, owner)
    _check_validity(certificate, owner)
    _check_extensions(certificate)
    if key != public_key:
        raise Refusal("SIM_ENC_KEY")
    _check_signature(certificate, owner)


def sign_etk(certificate: bytes, owner: x509.Certificate, pki: Pki) -> bytes:
    """The ETK: CMS SignedData with the certificate inside, signed by the ETK-RA, without signed attributes."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(certificate)
    builder = builder.add_signer(pki.etk_ra.certificate, pki.etk_ra.private_key, hashes.SHA256())
    for embedded in (owner, pki.ehealth_issuing.certificate, pki.ehealth_root.certificate):
        builder = builder.add_certificate(embedded)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.NoAttributes, pkcs7.PKCS7Options.Binary])


def _check_names(certificate: x509.Certificate, owner: x509.Certificate) -> None:
    expected = owner.subject.public_bytes()
    if certificate.subject.public_bytes() != expected or certificate.issuer.public_bytes() != expected:
        raise Refusal("SIM_ENC_NAME")


def _check_validity(certificate: x509.Certificate, owner: x509.Certificate) -> None:
    expected = (owner.not_valid_before_utc, owner.not_valid_after_utc)
    if (certificate.not_valid_before_utc, certificate.not_valid_after_utc) != expected:
        raise Refusal("SIM_ENC_VALIDITY")


def _check_extensions(certificate: x509.Certificate) -> None:
    try:
        (only,) = certificate.extensions
    except ValueError as error:
        raise Refusal("SIM_ENC_EXTENSIONS") from error
    if not isinstance(only.value, x509.KeyUsage) or not only.critical or only.value.public_bytes() != KEY_USAGE:
        raise Refusal("SIM_ENC_EXTENSIONS")


def _check_signature(certificate: x509.Certificate, owner: x509.Certificate) -> None:
    signing_key = owner.public_key()
    algorithm = certificate.signature_hash_algorithm
    if not isinstance(signing_key, rsa.RSAPublicKey) or not isinstance(algorithm, hashes.SHA256):
        raise Refusal("SIM_ENC_SIGNATURE")
    try:
        signing_key.verify(
            certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature as error:
        raise Refusal("SIM_ENC_SIGNATURE") from error
