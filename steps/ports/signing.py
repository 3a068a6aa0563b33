"""A key that can sign and the certificates that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, which may live in a card, with its chain: leaf first.

    `private_key` behaves like a key of `cryptography`: `sign(data, padding=…, algorithm=…)` for RSA (2048 bits),
    `sign(data, signature_algorithm=…)` returning DER for EC (P-384). Signing may raise any `CardError`.
    """

    private_key: PrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's own certificate."""
        return self.chain[0]
