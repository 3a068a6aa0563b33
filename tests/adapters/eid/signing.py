"""Signing and verifying as a caller does who does not know what kind of key it is."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from steps.ports.signing import Signer

SHA256 = hashes.SHA256()


def sign(signer: Signer, data: bytes = b"to be signed") -> bytes:
    """A signature over SHA-256, with the keyword names that signxml uses."""
    if isinstance(signer.private_key, rsa.RSAPrivateKey):
        return signer.private_key.sign(data, padding=padding.PKCS1v15(), algorithm=SHA256)
    return signer.private_key.sign(data, signature_algorithm=ec.ECDSA(SHA256))


def verify(certificate: x509.Certificate, signature: bytes, data: bytes = b"to be signed") -> None:
    """Raises `InvalidSignature`."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), SHA256)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(signature, data, ec.ECDSA(SHA256))
