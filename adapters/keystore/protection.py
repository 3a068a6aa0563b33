"""The protection of PKCS#12 contents: keys from passwords, checksums, encryption (RFC 7292, RFC 8018)."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from enum import Enum

from asn1crypto import algos
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

MAX_ROUNDS = 5_000_000
"""Most hash rounds for one file, some seconds of work; Java's own reader refuses more for a single part."""

HASHES = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})

_ENCRYPTION, _START, _CHECKSUM = 1, 2, 3  # what a derived key is for: RFC 7292, appendix B.3
_SALT_BYTES = 16
_TRIPLE_DES = "pkcs12_sha1_tripledes_3key"

_Block = AES | TripleDES


class Encryption(Enum):
    """How a written keystore is protected; the values are those of the setting `keystore_encryption`."""

    COMPATIBLE = "compatible"  # 3DES and SHA-1, which old practice software opens (PROTOCOL §10.2)
    AES = "aes"  # AES-256 and SHA-256

    @property
    def hash(self) -> str:
        return "sha256" if self is Encryption.AES else "sha1"


@dataclass(frozen=True, slots=True)
class Secret:
    """A password in one Unicode form."""

    text: str

    def __repr__(self) -> str:
        return "Secret(…)"

    @property
    def utf8(self) -> bytes:
        return self.text.encode()

    @property
    def bmp(self) -> bytes:
        """As RFC 7292, appendix B.1 wants it: two bytes a character and a zero at the end."""
        return self.text.encode("utf-16-be") + b"\x00\x00"


class TooManyRoundsError(ValueError):
    """The file asks for more work than any keystore needs."""


@dataclass(slots=True)
class Budget:
    """How many hash rounds may still be spent on one file."""

    left: int = MAX_ROUNDS

    def spend(self, rounds: int) -> None:
        """Raises `TooManyRoundsError`, and `ValueError` for a count that cannot be."""
        if rounds < 1:
            raise ValueError("a round count below one")
        self.left -= rounds
        if self.left < 0:
            raise TooManyRoundsError


def checksum(content: bytes, secret: Secret, salt: bytes, rounds: int, hash_name: str) -> bytes:
    """The MAC over the authenticated safe (RFC 7292, section 4)."""
    size = hashlib.new(hash_name).digest_size
    return hmac.digest(_derive(secret.bmp, salt, rounds, _CHECKSUM, size, hash_name), content, hash_name)


def encrypt(plain: bytes, secret: Secret, way: Encryption, rounds: int) -> tuple[algos.EncryptionAlgorithm, bytes]:
    """The algorithm with its fresh parameters, and the encrypted bytes."""
    salt = os.urandom(_SALT_BYTES)
    if way is Encryption.AES:
        start = os.urandom(16)
        algorithm = _pbes2(salt, start, rounds)
        block: _Block = AES(_pbkdf2(secret, salt, rounds, 32, "sha256"))
    else:
        parameters = {"salt": salt, "iterations": rounds}
        algorithm = algos.EncryptionAlgorithm({"algorithm": _TRIPLE_DES, "parameters": parameters})
        block, start = _triple_des(secret, salt, rounds)
    padder, encryptor = padding.PKCS7(block.block_size).padder(), Cipher(block, modes.CBC(start)).encryptor()
    return algorithm, encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def decrypt(algorithm: algos.EncryptionAlgorithm, data: bytes, secret: Secret, budget: Budget) -> bytes | None:
    """The plain bytes, or None when the algorithm is none of ours; `ValueError` when they do not decrypt."""
    kind = algorithm["algorithm"].native
    if kind == _TRIPLE_DES:
        budget.spend(3 * algorithm.kdf_iterations)  # two hashes for the key, one for the start
        block, start = _triple_des(secret, algorithm.kdf_salt, algorithm.kdf_iterations)
    elif kind == "pbes2" and algorithm.kdf == "pbkdf2" and algorithm.encryption_cipher in ("aes", "tripledes"):
        rounds, size = algorithm.kdf_iterations, algorithm.key_length
        budget.spend(rounds)
        key = _pbkdf2(secret, algorithm.kdf_salt, rounds, size, algorithm.kdf_hmac)
        block = AES(key) if algorithm.encryption_cipher == "aes" else TripleDES(key)
        start = algorithm.encryption_iv
    else:
        return None
    decryptor, unpadder = Cipher(block, modes.CBC(start)).decryptor(), padding.PKCS7(block.block_size).unpadder()
    return unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()


def _triple_des(secret: Secret, salt: bytes, rounds: int) -> tuple[_Block, bytes]:
    key = _derive(secret.bmp, salt, rounds, _ENCRYPTION, 24, "sha1")
    return TripleDES(key), _derive(secret.bmp, salt, rounds, _START, 8, "sha1")


def _pbkdf2(secret: Secret, salt: bytes, rounds: int, size: int, hash_name: str) -> bytes:
    return hashlib.pbkdf2_hmac(hash_name, secret.utf8, salt, rounds, size)


def _pbes2(salt: bytes, start: bytes, rounds: int) -> algos.EncryptionAlgorithm:
    derivation = {"salt": {"specified": salt}, "iteration_count": rounds, "prf": {"algorithm": "sha256"}}
    return algos.EncryptionAlgorithm(
        {
            "algorithm": "pbes2",
            "parameters": {
                "key_derivation_func": {"algorithm": "pbkdf2", "parameters": derivation},
                "encryption_scheme": {"algorithm": "aes256_cbc", "parameters": start},
            },
        }
    )


def _derive(password: bytes, salt: bytes, rounds: int, purpose: int, size: int, hash_name: str) -> bytes:
    """A key from a password: RFC 7292, appendix B.2. `rounds` hashes for each digest's length of `size`."""
    new = getattr(hashlib, hash_name)
    width = new().block_size
    diversifier = bytes([purpose]) * width
    mixed = _stretch(salt, width) + _stretch(password, width)
    derived = b""
    while len(derived) < size:
        digest = new(diversifier + mixed).digest()
        for _ in range(rounds - 1):
            digest = new(digest).digest()
        derived += digest
        mixed = _add_to_each_block(mixed, digest, width)
    return derived[:size]


def _stretch(value: bytes, width: int) -> bytes:
    """Repeated up to a multiple of the hash's block."""
    if not value:
        return b""
    length = -(-len(value) // width) * width
    return (value * (length // len(value) + 1))[:length]


def _add_to_each_block(mixed: bytes, digest: bytes, width: int) -> bytes:
    added = int.from_bytes(_stretch(digest, width)[:width]) + 1
    blocks = (mixed[at : at + width] for at in range(0, len(mixed), width))
    return b"".join(((int.from_bytes(block) + added) % (1 << 8 * width)).to_bytes(width) for block in blocks)
