"""Private keys that are made once for all tests of a process: making one costs 25-100 ms."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

_made: list[rsa.RSAPrivateKey] = []


def pooled_key(number: int) -> rsa.RSAPrivateKey:
    """The key of this number, always the same one in this process."""
    while len(_made) <= number:
        _made.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return _made[number]


class KeyPool:
    """Implements `steps.ports.keys.KeyMaker`: gives out the pooled keys in order, none of them twice."""

    def __init__(self, first: int = 0) -> None:
        self.next = first

    def make(self) -> rsa.RSAPrivateKey:
        """The next key."""
        self.next += 1
        return pooled_key(self.next - 1)
