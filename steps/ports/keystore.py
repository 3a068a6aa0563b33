"""What the steps need from keystores: PKCS#12 files with several private keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

AUTHENTICATION = "authentication"
"""The alias of the authentication key in every eHealth keystore (PROTOCOL §10.1)."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A private key with its certificates, leaf first."""

    alias: str
    private_key: rsa.RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Keystore:
    """All that a keystore file holds; aliases are unique without regard to case.

    `certificates` are the entries without a key: alias and certificate.
    """

    keys: tuple[KeyEntry, ...]
    certificates: tuple[tuple[str, x509.Certificate], ...] = ()

    def key(self, alias: str) -> KeyEntry | None:
        """The key entry of this alias, compared without regard to case."""
        return next((entry for entry in self.keys if entry.alias.lower() == alias.lower()), None)


@dataclass(frozen=True, slots=True)
class KeystoreFile:
    """A keystore as its name and folder show it, without its password."""

    path: Path
    identifier_type: str | None  # 'SSIN', 'NIHII-HOSPITAL', …; None when the name does not follow the rule
    identifier: str | None
    application_id: str | None
    made_at: datetime | None  # the local moment in its name, without a zone
    environment: str | None  # from its suffix: '.p12' says production
    pending: bool


class Keystores(Protocol):
    """The keystore files of one environment, in the keystore folder and its folder for unfinished ones.

    Errors: `KeystoreMissingError`, `NotAKeystoreError`, `KeystoreDamagedError`, `KeystorePasswordError`,
    `FolderNotWritableError`.
    """

    def check(self) -> None:
        """Find out whether the folders can be written to; makes them when they are missing (mode 0700)."""
        ...

    def files(self) -> list[KeystoreFile]:
        """The keystores of this environment in both folders, newest first."""
        ...

    def describe(self, path: Path) -> KeystoreFile:
        """What the name and the folder of any file say."""
        ...

    def open(self, path: Path, password: str) -> Keystore:
        """Read every key and certificate. The password is tried in NFC, then in NFD."""
        ...

    def name_for(
        self, identifier_type: str, identifier: str, application_id: str | None, requested_at: datetime
    ) -> str:
        """The file name of a new request: 'TYPE=ID[,APPID] yyyyMMdd-HHmmss' and the environment's suffix.

        `requested_at` is aware; the name holds it in local time (PROTOCOL §10.3).
        """
        ...

    def create(self, name: str, keystore: Keystore, password: str) -> Path:
        """Write a new unfinished keystore, proved by reading it back and synced to disk; never overwrites.

        `name` is the final file name; when it exists in one of the folders a second later one is taken.
        """
        ...

    def replace(self, path: Path, keystore: Keystore, password: str) -> None:
        """Put new content in an unfinished keystore: written beside it, proved, synced, then renamed over it.

        Raises `KeystoreChangedError` when the present file does not hold every key that it held, or cannot be
        opened with this password.
        """
        ...

    def change_password(self, path: Path, old: str, new: str, at: datetime) -> None:
        """Write the keystore in any file with a new password: every key, certificate and alias as it was.

        A copy of the file of before stays beside it, with the moment `at` (aware) in its name; the new file is proved
        before it takes its place. Raises `KeystoreChangedError` when another program changes the file meanwhile.
        """
        ...

    def take_in(self, path: Path, name: str) -> Path:
        """Copy a file, byte for byte, among the unfinished ones; one that lies in our folders stays where it is.

        What was copied earlier is not copied again; another file of this name is never overwritten.
        """
        ...

    def kept_copy(self, path: Path) -> Path | None:
        """The newest copy that `change_password` kept of a file."""
        ...

    def finish(self, path: Path) -> Path:
        """Move a finished keystore to the keystore folder, for good; a file already there is returned as it is."""
        ...

    def discard(self, path: Path) -> None:
        """Remove an unfinished keystore whose key was never sent; a missing file is no error."""
        ...

    def find(self, name: str) -> Path | None:
        """Where the file of this name is now: among the unfinished or the finished ones."""
        ...

    def candidates(self) -> list[Path]:
        """Every file in both folders, of whatever name, newest first: one may be a keystore that was renamed.

        But not the copies that `change_password` kept: they hold the same keys, and nobody uses them.
        """
        ...

    def key_aliases(self, path: Path) -> frozenset[str]:
        """The aliases of the private keys, lower case, as far as the file shows them without its password.

        Raises a `KeystoreError`.
        """
        ...

    def fingerprint(self, path: Path) -> str:
        """The SHA-256 of a file, hexadecimal: what tells it without its password. Raises a `KeystoreError`."""
        ...
