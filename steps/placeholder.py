"""The certificate that stands for one not delivered yet (PROTOCOL §10.1)."""

from __future__ import annotations

import re
import warnings
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

# assumption: a name of our own (PROTOCOL §10.1); the reference client's 'C=Dummy' is no country that may be written
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "placeholder, not an eHealth certificate")])
_SERIAL = 1  # the reference client has 0, which RFC 5280 and cryptography refuse
_AGE = timedelta(days=1)
_LIFE = timedelta(minutes=1)

_EHEALTH_UNIT = re.compile(r"[A-Z][A-Z0-9_-]*=[0-9]+")  # the OU that says whose certificate it is (PROTOCOL §9.1)


def placeholder_certificate(private_key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    """A self-signed certificate over a new key, valid for one minute a day ago; `now` has a time zone."""
    start = now.replace(microsecond=0) - _AGE
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(private_key.public_key())
        .serial_number(_SERIAL)
        .not_valid_before(start)
        .not_valid_after(start + _LIFE)
        .add_extension(usage, critical=True)
        .sign(private_key, hashes.SHA256())
    )


def is_placeholder(certificate: x509.Certificate) -> bool:
    """Whether a certificate stands for one not delivered yet: ours, the reference client's, or another's like them.

    It is self-signed, no CA's, and names no care provider. The certificate of an ETK key is none: it has a care
    provider's name and the signature of another key (PROTOCOL §11.2).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 'Dummy' is no country, 0 no serial number: known, and of no importance
        return _is_self_signed(certificate) and not _names_a_provider(certificate) and not _is_authority(certificate)


def _is_self_signed(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _names_a_provider(certificate: x509.Certificate) -> bool:
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(isinstance(unit.value, str) and _EHEALTH_UNIT.fullmatch(unit.value) for unit in units)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
