"""New private keys from the cryptography library."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 2048  # PROTOCOL §9.2, §11.2
EXPONENT = 65537


class RsaKeys:
    """Makes RSA keys of 2048 bits: the `KeyMaker` of the steps."""

    def make(self) -> rsa.RSAPrivateKey:
        """A new key that nobody else has."""
        return rsa.generate_private_key(public_exponent=EXPONENT, key_size=BITS)
