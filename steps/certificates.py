"""What certificates tell: the identifier of their key, their environment, whether a chain holds."""

from __future__ import annotations

from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

_ISSUERS = (
    ("ehcert sandbox", "sandbox"),
    ("test-zetesconfidens", "acceptance"),
    ("zetesconfidens private trust pki", "production"),
)
"""How the names of the issuing authorities begin (PROTOCOL §14); others are unknown, which is no error."""


def identifier_of(key: CertificatePublicKeyTypes) -> str:
    """The PublicKeyIdentifier of a key: 40 lower-case hexadecimal digits (PROTOCOL §7)."""
    return x509.SubjectKeyIdentifier.from_public_key(key).digest.hex()


def environment_of(issuer: x509.Name) -> str | None:
    """The environment whose authority has this name, or None for an unknown one."""
    common = " ".join(str(a.value) for a in issuer.get_attributes_for_oid(NameOID.COMMON_NAME)).lower()
    return next((environment for beginning, environment in _ISSUERS if common.startswith(beginning)), None)


def chain_holds(chain: tuple[x509.Certificate, ...]) -> bool:
    """Whether each certificate was issued by the next one."""
    try:
        for certificate, issuer in pairwise(chain):
            certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
