"""What certificates tell: the identifier of their key, their environment, whether a chain holds."""

from __future__ import annotations

from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_ISSUERS = (
    ("ehealth sandbox", "sandbox"),
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


def may_sign_in(certificate: x509.Certificate) -> bool:
    """Whether the usages of a certificate, where it names any, allow what an eHealth certificate is for (§14)."""
    try:
        extensions = certificate.extensions
    except (ValueError, x509.DuplicateExtension):
        return False
    try:
        if not extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        return ExtendedKeyUsageOID.CLIENT_AUTH in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True


def chain_holds(chain: tuple[x509.Certificate, ...]) -> bool:
    """Whether each certificate was issued by the next one."""
    try:
        for certificate, issuer in pairwise(chain):
            certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
