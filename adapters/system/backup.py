"""The file of a backup: named parts, encrypted under a passphrase (scrypt, AES-256-GCM), bounded when it is read.

Its layout: a first line with the mark, a second line with the parameters in JSON, the encrypted content, and the
SHA-256 of all before it. That hash tells a damaged file from a wrong passphrase; what is believed is the
authenticated encryption, which covers the first two lines as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from adapters.system.files import reason_of, write_new
from workflow.errors import (
    BackupDamagedError,
    BackupExistsError,
    BackupNewerError,
    BackupPassphraseError,
    BackupUnreadableError,
    NotABackupError,
)
from workflow.texts import mark

FORMAT = 1
_MARK = b"ehcert backup\n"
_LONGEST_HEADER = 2_000
_MOST_BYTES = 512 * 1024 * 1024
_MOST_PARTS = 10_000
_HASH_BYTES = 32
_TAG_BYTES = 16

_CUT = mark("it is cut off or was changed")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess at the passphrase costs: scrypt with `n`, `r` and `p` (n * r * 128 bytes of memory)."""

    n: int = 2**17
    r: int = 8
    p: int = 1

    def bearable(self) -> bool:
        """Whether a file may ask for it: at most 512 MiB."""
        power_of_two = self.n > 1 and self.n & (self.n - 1) == 0
        return power_of_two and self.n <= 2**19 and 1 <= self.r <= 8 and 1 <= self.p <= 4


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is kept: what it is, and its bytes."""

    about: Mapping[str, Any]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds. `about` says when and by which version it was made."""

    about: Mapping[str, Any]
    parts: tuple[Part, ...]


def write_backup(path: Path, backup: Backup, passphrase: str, cost: Cost | None = None) -> int:
    """Write a backup file, mode 0600, proved by reading it back; returns its size in bytes.

    Raises `BackupExistsError` when something is there: it is left as it is; `FolderNotWritableError`.
    """
    data = sealed(backup, passphrase, cost or Cost())

    def prove(written: Path) -> None:
        if read_backup(written, passphrase) != backup:
            raise BackupDamagedError(path=path, reason=mark("it does not read back as it was written"))

    try:
        write_new(path, data, prove)
    except FileExistsError as error:
        raise BackupExistsError(path=path) from error
    return len(data)


def read_backup(path: Path, passphrase: str) -> Backup:
    """Read a backup file.

    Raises `BackupUnreadableError`, `NotABackupError`, `BackupDamagedError`, `BackupNewerError`,
    `BackupPassphraseError`.
    """
    return opened(_bytes_of(path), passphrase, path)


def sealed(backup: Backup, passphrase: str, cost: Cost) -> bytes:
    """The bytes of a backup file."""
    content = _packed(backup)
    salt, nonce = os.urandom(16), os.urandom(12)
    header: dict[str, Any] = {
        "format": FORMAT,
        "kdf": {"name": "scrypt", "n": cost.n, "r": cost.r, "p": cost.p, "salt": _text(salt)},
        "cipher": {"name": "AES-256-GCM", "nonce": _text(nonce)},
        "size": len(content) + _TAG_BYTES,
    }
    key, check = _keys(passphrase, salt, cost)
    header["check"] = _text(_check(check, header))
    head = _MARK + json.dumps(header, sort_keys=True).encode() + b"\n"
    body = head + AESGCM(key).encrypt(nonce, content, head)
    return body + hashlib.sha256(body).digest()


def opened(data: bytes, passphrase: str, path: Path) -> Backup:
    """The backup in the bytes of a file; `path` is for the errors. Raises as `read_backup`."""
    head, header = _header(data, path)
    body, digest = data[:-_HASH_BYTES], data[-_HASH_BYTES:]
    if hashlib.sha256(body).digest() != digest or len(body) - len(head) != header["size"]:
        raise BackupDamagedError(path=path, reason=_CUT)
    try:
        kdf = header["kdf"]
        cost = Cost(kdf["n"], kdf["r"], kdf["p"])
        salt, nonce, check = _bytes(kdf["salt"]), _bytes(header["cipher"]["nonce"]), _bytes(header["check"])
        names = kdf["name"], header["cipher"]["name"]
        if names != ("scrypt", "AES-256-GCM") or not cost.bearable() or len(nonce) != 12 or len(salt) != 16:
            raise ValueError("parameters of another program")
    except (ValueError, TypeError, KeyError) as error:
        raise BackupDamagedError(path=path, reason=mark("its parameters are not allowed")) from error
    key, check_key = _keys(passphrase, salt, cost)
    if not hmac.compare_digest(_check(check_key, header), check):
        raise BackupPassphraseError(path=path)
    try:
        return _unpacked(AESGCM(key).decrypt(nonce, body[len(head) :], head))
    except (InvalidTag, ValueError, TypeError, KeyError) as error:
        raise BackupDamagedError(path=path, reason=_CUT) from error


# --- inside -------------------------------------------------------------------------------------------------------


def _header(data: bytes, path: Path) -> tuple[bytes, dict[str, Any]]:
    if not data.startswith(_MARK):
        raise NotABackupError(path=path)
    end = data.find(b"\n", len(_MARK), len(_MARK) + _LONGEST_HEADER)
    try:
        header = json.loads(data[len(_MARK) : end]) if end > 0 else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or not isinstance(header.get("format"), int) or "size" not in header:
        raise BackupDamagedError(path=path, reason=_CUT)
    if header["format"] > FORMAT:
        raise BackupNewerError(path=path)
    return data[: end + 1], header


def _keys(passphrase: str, salt: bytes, cost: Cost) -> tuple[bytes, bytes]:
    """The key of the content, and the key that tells a wrong passphrase."""
    secret = unicodedata.normalize("NFC", passphrase).encode()
    derived = Scrypt(salt=salt, length=64, n=cost.n, r=cost.r, p=cost.p).derive(secret)
    return derived[:32], derived[32:]


def _check(key: bytes, header: Mapping[str, Any]) -> bytes:
    rest = {name: value for name, value in header.items() if name != "check"}
    return hmac.digest(key, json.dumps(rest, sort_keys=True).encode(), "sha256")


def _packed(backup: Backup) -> bytes:
    listed = [{**part.about, "size": len(part.content)} for part in backup.parts]
    index = json.dumps({"about": dict(backup.about), "parts": listed}, ensure_ascii=False).encode()
    return b"\n".join((index, b"".join(part.content for part in backup.parts)))


def _unpacked(content: bytes) -> Backup:
    line, _, rest = content.partition(b"\n")
    index = json.loads(line)
    if len(index["parts"]) > _MOST_PARTS:
        raise ValueError("too many parts")
    parts, start = [], 0
    for listed in index["parts"]:
        size = listed.pop("size")
        if not isinstance(size, int) or not 0 <= size <= len(rest) - start:
            raise ValueError("a part is missing")
        parts.append(Part(listed, rest[start : start + size]))
        start += size
    return Backup(index["about"], tuple(parts))


def _bytes_of(path: Path) -> bytes:
    """The bytes of a file; never waits for a pipe, never reads more than a backup has."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotABackupError(path=path)
        if status.st_size > _MOST_BYTES:
            raise BackupDamagedError(path=path, reason=mark("it is larger than any backup"))
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise BackupUnreadableError(path=path, reason=reason_of(error)) from error


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
