"""The encryption token (ETK): a CMS envelope of eHealth around the certificate of the encryption key."""

from __future__ import annotations

from asn1crypto import cms
from cryptography import x509


def certificate_in(etk: bytes) -> bytes | None:
    """The DER certificate inside a token (PROTOCOL §11.1), or None when it is no such token.

    The signer is not pinned: eHealth changes it. What counts is the certificate, which the caller compares.
    """
    try:
        info = cms.ContentInfo.load(etk, strict=True)
        if info["content_type"].native != "signed_data":
            return None
        content = info["content"]["encap_content_info"]["content"].native
        x509.load_der_x509_certificate(content)
    except (ValueError, TypeError, KeyError, x509.InvalidVersion):
        return None
    return bytes(content)
