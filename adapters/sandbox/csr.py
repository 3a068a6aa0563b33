"""The rules for a certificate signing request (PROTOCOL §9.2)."""

from __future__ import annotations

from typing import Final

from asn1crypto import csr as asn1_csr
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from adapters.sandbox.dn import Subject, attributes_of
from adapters.sandbox.refusal import Refusal

LEAST_BITS: Final = 2048
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def check_csr(der: bytes, subject: Subject) -> rsa.RSAPublicKey:
    """The public key of a good request for this subject; any other is refused."""
    request, key_type = _read(der)
    if key_type != "rsa":
        raise Refusal("SIM_KEY_TYPE")
    key = _key(request)
    if key.key_size < LEAST_BITS:
        raise Refusal("SIM_KEY_SIZE", Bits=str(key.key_size))
    _check_signature(request)
    if attributes_of(request.subject) != subject.attributes:
        raise Refusal("SIM_SUBJECT_DIFFERS")
    return key


def _read(der: bytes) -> tuple[x509.CertificateSigningRequest, str]:
    """The request, and the name of the algorithm of its key: rsaEncryption is 'rsa', a PSS key is another."""
    try:
        outline = asn1_csr.CertificationRequest.load(der, strict=True)
        key_type = outline["certification_request_info"]["subject_pk_info"]["algorithm"]["algorithm"].native
        return x509.load_der_x509_csr(der), str(key_type)
    except (ValueError, TypeError, KeyError) as error:
        raise Refusal("SIM_BAD_CSR") from error


def _key(request: x509.CertificateSigningRequest) -> rsa.RSAPublicKey:
    try:
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refusal("SIM_BAD_CSR") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise Refusal("SIM_KEY_TYPE")
    return key


def _check_signature(request: x509.CertificateSigningRequest) -> None:
    try:
        algorithm = request.signature_hash_algorithm
        parameters = request.signature_algorithm_parameters
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refusal("SIM_CSR_ALGORITHM") from error
    if not isinstance(algorithm, _HASHES) or not isinstance(parameters, padding.PKCS1v15):
        raise Refusal("SIM_CSR_ALGORITHM")
    if not request.is_signature_valid:
        raise Refusal("SIM_CSR_SIGNATURE")
