"""Where new private keys come from."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import rsa


class KeyMaker(Protocol):
    """Makes private keys: RSA, 2048 bits (PROTOCOL §9.2, §11.2)."""

    def make(self) -> rsa.RSAPrivateKey:
        """A new key that nobody else has."""
        ...
