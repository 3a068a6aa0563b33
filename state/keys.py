"""The keys that the store works with, all made from the one store key."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(ValueError):
    """A sealed value is not what was sealed here."""


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """Encrypts values (AES-256-GCM), links journal lines, seals rows and the anchor, hashes look-ups (HMAC-SHA256)."""

    _cipher: AESGCM = field(repr=False)
    _links: bytes = field(repr=False)
    _rows: bytes = field(repr=False)
    _lookups: bytes = field(repr=False)
    _anchor: bytes = field(repr=False)

    @staticmethod
    def of(store_key: bytes) -> StoreKeys:
        """The keys of a store key of 32 bytes."""
        if len(store_key) != KEY_BYTES:
            raise ValueError("a store key has 32 bytes")
        uses = ("links", "rows", "look-ups", "anchor")
        return StoreKeys(AESGCM(_for(store_key, "values")), *(_for(store_key, use) for use in uses))

    def seal(self, clear: bytes, place: str) -> bytes:
        """Encrypt a value for one place; it opens nowhere else."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, clear, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt a value of this place. Raises `SealError`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError(place) from error

    def link(self, previous: str, line: bytes) -> str:
        """The link of a journal line to the one before it."""
        return hmac.new(self._links, previous.encode() + b"\n" + line, hashlib.sha256).hexdigest()

    def row_seal(self, row: bytes) -> str:
        """The seal over what a procedure's row says."""
        return hmac.new(self._rows, row, hashlib.sha256).hexdigest()

    def anchor_seal(self, content: bytes) -> str:
        """The seal over what the anchor says."""
        return hmac.new(self._anchor, content, hashlib.sha256).hexdigest()

    def look_up(self, value: str) -> str:
        """A value that can be looked up and not read back."""
        return hmac.new(self._lookups, value.encode(), hashlib.sha256).hexdigest()


def _for(store_key: bytes, use: str) -> bytes:
    """A key of its own for each use: HMAC as a key derivation (one block of HKDF-Expand)."""
    return hmac.new(store_key, f"ehcert {use}\x01".encode(), hashlib.sha256).digest()
