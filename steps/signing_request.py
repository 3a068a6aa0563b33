"""The request for a certificate that the new key signs: PKCS#10."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from steps.names import parse_dn
from steps.new_keystore import NewKeystore


def signing_request(keystore: NewKeystore, dn: str) -> bytes:
    """PKCS#10, DER, with this name and nothing else (PROTOCOL §9.2). Raises ValueError for what is no name."""
    builder = x509.CertificateSigningRequestBuilder(subject_name=parse_dn(dn))
    return builder.sign(keystore.authentication.private_key, hashes.SHA256()).public_bytes(Encoding.DER)
