"""From the bytes of a file to its checked content: is it PKCS#12, and is the password right?"""

from __future__ import annotations

import contextlib
import hmac
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from asn1crypto import core, pkcs12
from cryptography import x509

from adapters.keystore.bags import BROKEN, Bags, ForeignContentError, collect, some_part_opens
from adapters.keystore.protection import HASHES, Budget, Secret, TooManyRoundsError, checksum
from workflow.errors import KeystoreDamagedError, KeystorePasswordError, NotAKeystoreError
from workflow.texts import mark

MAX_BYTES = 1_000_000  # finished eHealth keystores have about 12 kB (PROTOCOL §10.3)

_TOO_LARGE = mark("it is larger than 1 MB")
_TOO_MUCH_WORK = mark("it asks for more rounds than any keystore needs")
_BROKEN = mark("its structure is broken")
_CUT = mark("it is cut off")


def open_container(data: bytes, password: str, path: Path | str) -> Bags:
    """All keys and certificates of a PKCS#12 file, after its checksum was verified with the password.

    Raises `NotAKeystoreError`, `KeystorePasswordError`, and `KeystoreDamagedError`. Where the checksum fails, the
    password is told from damage by whether any part of the file still opens with it; a file in which no part
    opens any more cannot be told from a wrong password, and counts as one.
    """
    budget, forms = Budget(), list(_forms(password))
    content, mac = outer_part(data, path)
    with judged(path, _CUT if _is_cut(data) else _BROKEN):
        secret = _matching(forms, content, mac, budget)
    if secret is None:
        if any(some_part_opens(content, form) for form in forms):
            raise KeystoreDamagedError(path=path, reason=mark("its checksum does not fit its content"))
        raise KeystorePasswordError(path=path)
    with judged(path, mark("a part of it does not open with the password of the whole")):
        return collect(content, secret, budget)


def outer_part(data: bytes, path: Path | str) -> tuple[bytes, pkcs12.MacData]:
    """The bytes under the checksum, and the checksum: what is seen without the password, and not proved by it.

    Raises `NotAKeystoreError`, `KeystoreDamagedError`.
    """
    if len(data) > MAX_BYTES:
        raise NotAKeystoreError(path=path, reason=_TOO_LARGE)
    if not _looks_like_pkcs12(data):
        raise NotAKeystoreError(path=path, reason=_what_else(data))
    with judged(path, _CUT if _is_cut(data) else _BROKEN):
        return _outer(data)


@contextlib.contextmanager
def judged(path: Path | str, reason: str) -> Iterator[None]:
    """Turn what goes wrong inside into our errors; `reason` is for damage without a name of its own.

    Raises `NotAKeystoreError`, `KeystoreDamagedError`.
    """
    try:
        yield
    except ForeignContentError as error:
        raise NotAKeystoreError(path=path, reason=str(error)) from error
    except TooManyRoundsError as error:
        raise KeystoreDamagedError(path=path, reason=_TOO_MUCH_WORK) from error
    except _Damaged as error:
        raise KeystoreDamagedError(path=path, reason=str(error)) from error
    except BROKEN as error:
        raise KeystoreDamagedError(path=path, reason=reason) from error


class _Damaged(ValueError):
    """Damage that has a name."""


def _forms(password: str) -> Iterator[Secret]:
    """The password in NFC, then in NFD, then as it was typed; each form once."""
    normal = (unicodedata.normalize("NFC", password), unicodedata.normalize("NFD", password), password)
    for text in dict.fromkeys(normal):
        if "\x00" in text:  # no file has such a password, and cryptography's reader does not survive one
            continue
        try:
            text.encode()
        except UnicodeEncodeError:  # bytes of a terminal that are no text: no password either
            continue
        yield Secret(text)


def _outer(data: bytes) -> tuple[bytes, pkcs12.MacData]:
    """The bytes under the checksum, and the checksum."""
    pfx = pkcs12.Pfx.load(data)
    kind = pfx["auth_safe"]["content_type"].native
    if kind == "signed_data":
        raise ForeignContentError(mark("it is protected by a key, not by a password"))
    if kind != "data":
        raise _Damaged(_BROKEN)
    mac = pfx["mac_data"]
    if isinstance(mac, core.Void):
        raise _Damaged(mark("it has no checksum"))
    content = pfx["auth_safe"]["content"].native
    if not isinstance(content, bytes):
        raise _Damaged(_BROKEN)
    return content, mac


def _matching(forms: Iterable[Secret], content: bytes, mac: pkcs12.MacData, budget: Budget) -> Secret | None:
    hash_name = mac["mac"]["digest_algorithm"]["algorithm"].native
    if hash_name not in HASHES:
        raise _Damaged(mark("the method of its checksum is not known"))
    salt, rounds, expected = mac["mac_salt"].native, mac["iterations"].native, mac["mac"]["digest"].native
    for secret in forms:
        budget.spend(rounds)
        if hmac.compare_digest(checksum(content, secret, salt, rounds, hash_name), expected):
            return secret
    return None


def _looks_like_pkcs12(data: bytes) -> bool:
    """A sequence that starts with the number 3 and another sequence."""
    start = _header(data)[0]
    return start > 0 and data[start : start + 4] == b"\x02\x01\x03\x30"


def _is_cut(data: bytes) -> bool:
    """Whether the outer length says more than there is; a file of indefinite length does not tell."""
    start, size = _header(data)
    return len(data) < start + size


def _header(data: bytes) -> tuple[int, int]:
    """Where the content of a sequence starts and how long it is; zeros for anything else."""
    if len(data) < 2 or data[0] != 0x30:
        return 0, 0
    if data[1] < 0x80:
        return 2, data[1]
    start = 2 + (data[1] & 0x7F)
    return start, int.from_bytes(data[2:start])


def _what_else(data: bytes) -> str:
    """What a file is that is no PKCS#12."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not data:
        return mark("it is empty")
    if not data.strip(b"\x00"):
        return mark("it holds nothing but zeros")
    if data.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")):
        return mark("it is a Java keystore of the old kind (JKS)")
    if text.startswith(b"-----BEGIN"):
        return mark("it is a PEM file")
    if _is_text(data):
        return mark("it is a text")
    if data[0] == 0x30:
        return _which_der(data)
    return mark("it is a file of another kind")


def _is_text(data: bytes) -> bool:
    try:
        return all(letter.isprintable() or letter.isspace() for letter in data.decode())
    except UnicodeDecodeError:
        return False


def _which_der(data: bytes) -> str:
    if _is_cut(data):
        return _CUT
    try:
        x509.load_der_x509_certificate(data)
    except (ValueError, x509.InvalidVersion):
        return mark("it is a file of another kind")
    return mark("it is a certificate without its key")
