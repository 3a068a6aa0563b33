"""Reads the bytes of keystore files safely, and proves files that were written."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from adapters.keystore.container import MAX_BYTES
from adapters.keystore.reading import read
from adapters.system import files as disk
from steps.ports.keystore import KeyEntry, Keystore
from workflow.errors import (
    DefinitionError,
    KeystoreDamagedError,
    KeystoreError,
    KeystoreMissingError,
    NotAKeystoreError,
)
from workflow.texts import mark

NOT_AS_WRITTEN = mark("a keystore did not read back as it was written; it was not put in its place")


def content_of(path: Path) -> bytes:
    """The bytes of a keystore file; never waits for a pipe, never reads more than a keystore has."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise NotAKeystoreError(path=path, reason=mark("it is a folder"))
        if not stat.S_ISREG(kind):
            raise NotAKeystoreError(path=path, reason=mark("it is no ordinary file"))
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
            return file.read(MAX_BYTES + 1)
    except ValueError as error:  # a name that no file can have
        raise KeystoreMissingError(path=path) from error
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP):
            raise KeystoreMissingError(path=path) from error
        raise KeystoreDamagedError(path=path, reason=_unreadable(error)) from error


def _unreadable(error: OSError) -> str:
    return mark("you have no right to read it") if isinstance(error, PermissionError) else disk.reason_of(error)


def keys_of(keystore: Keystore) -> set[rsa.RSAPrivateNumbers]:
    """The private keys, as values that can be compared."""
    return {entry.private_key.private_numbers() for entry in keystore.keys}


def prove(written: Path, keystore: Keystore, password: str) -> None:
    """That both readers, ours and cryptography's, find in a written file what was to be written.

    Raises `DefinitionError`.
    """
    data = content_of(written)
    try:
        found = read(data, password, path=written)
        # Only ours reads every key; the other one shows that the file is not only right for ourselves.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the reference client's placeholder: see `read`
            first = load_pkcs12(data, unicodedata.normalize("NFC", password).encode()).key
    except (KeystoreError, ValueError) as error:
        raise DefinitionError(problem=NOT_AS_WRITTEN) from error
    numbers = first.private_numbers() if isinstance(first, rsa.RSAPrivateKey) else None
    if not _holds(found, keystore) or (keystore.keys and numbers not in keys_of(keystore)):
        raise DefinitionError(problem=NOT_AS_WRITTEN)


def _holds(found: Keystore, wanted: Keystore) -> bool:
    """Whether every entry is there, each key with its own certificate."""
    certificates = {certificate for _, certificate in found.certificates}
    certificates.update(certificate for entry in found.keys for certificate in entry.chain)
    return {_parts(entry) for entry in found.keys} == {_parts(entry) for entry in wanted.keys} and certificates >= {
        *(certificate for _, certificate in wanted.certificates),
        *(certificate for entry in wanted.keys for certificate in entry.chain),
    }


def _parts(entry: KeyEntry) -> tuple[str, rsa.RSAPrivateNumbers, tuple[x509.Certificate, ...]]:
    return entry.alias, entry.private_key.private_numbers(), entry.chain[:1]
