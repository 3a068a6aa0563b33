"""The keystore that the procedure made: looked for by its name first, known by its keys alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography import x509

from steps.certificates import identifier_of
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore, Keystores
from steps.ports.signing import Signer
from steps.remembered import Facts, chain_of
from workflow.errors import KeystoreChangedError, KeystoreError, NewKeystoreMissingError
from workflow.forms import NEW_KEYSTORE_PASSWORD
from workflow.ports import Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class NewKeystore:
    """An opened keystore of a procedure, with the password that opens it."""

    path: Path
    content: Keystore
    password: str

    @property
    def authentication(self) -> KeyEntry:
        """The authentication key, which `open_new` has found to be the right one."""
        entry = self.content.key(AUTHENTICATION)
        assert entry is not None
        return entry

    @property
    def signer(self) -> Signer:
        """The authentication key with its chain."""
        return Signer(self.authentication.private_key, self.authentication.chain)

    @property
    def encryption(self) -> KeyEntry | None:
        """The other key: the one that messages are sealed for."""
        return next((entry for entry in self.content.keys if entry.alias.lower() != AUTHENTICATION), None)


def open_new(keystores: Keystores, work: Work) -> NewKeystore:
    """Open the procedure's own keystore, asking for its password when this sitting does not have it yet.

    The file of its name is tried first. When it is gone, does not open, holds another key or lacks the encryption
    key that was made, every file in both folders is tried: one that holds our keys is ours, whatever its name. A
    certificate chain that an older copy lacks is put back from the facts.

    Raises `NewKeystoreMissingError`, `KeystoreChangedError` when another file took its place, `FolderNotWritableError`
    and what opening the file of its name raises.
    """
    name = work.facts["new_keystore"]["name"]
    named = keystores.find(name)
    if named is None and not keystores.candidates():
        raise NewKeystoreMissingError(path=name)
    password = work.secret(NEW_KEYSTORE_PASSWORD, name)
    found = _tried(keystores, named, password, work) if named else NewKeystoreMissingError(path=name)
    if isinstance(found, KeystoreError) or not _is_whole(found, work):
        found = _elsewhere(keystores, named, password, work) or found
    if isinstance(found, KeystoreError):
        work.wrong_secret(NEW_KEYSTORE_PASSWORD)  # no file proved it: it is asked again
        raise found
    return _with_its_chain(keystores, found, work)


def written_fact(keystores: Keystores, keystore_fact: Facts, path: Path) -> dict[str, Any]:
    """The fact of a procedure's keystore after the file was written: by its bytes it is found under any name."""
    return {**keystore_fact, "name": path.name, "sha256": keystores.fingerprint(path)}


def located(keystores: Keystores, facts: Facts) -> Path | None:
    """Where the keystore of a procedure is, without its password.

    It is the file of its name, or of whatever name the one with the bytes that were written last, or with the number
    of the encryption key, which no other keystore has.
    """
    fact = facts["new_keystore"]
    named = keystores.find(fact["name"])
    serial = facts.get("encryption_certificate", {}).get("serial")
    ordered = [path for path in keystores.candidates() if path != named]
    for path in [named, *ordered] if named else ordered:
        if _is_written(keystores, path, fact.get("sha256"), serial):
            return path
    return named


def _is_written(keystores: Keystores, path: Path, sha256: str | None, serial: str | None) -> bool:
    try:
        return keystores.fingerprint(path) == sha256 or (serial is not None and serial in keystores.key_aliases(path))
    except KeystoreError:  # no keystore, or not readable: not the one
        return False


def with_chain(keystore: NewKeystore, chain: tuple[x509.Certificate, ...]) -> Keystore:
    """The content with this chain for the authentication key, and one entry for each of its certificates.

    Each is named by its subject (PROTOCOL §10.1).
    """
    entry = replace(keystore.authentication, chain=chain)
    others = tuple(key for key in keystore.content.keys if key is not keystore.authentication)
    certificates = tuple((certificate.subject.rfc4514_string(), certificate) for certificate in chain)
    return Keystore((entry, *others), certificates)


def _tried(keystores: Keystores, path: Path, password: str, work: Work) -> NewKeystore | KeystoreError:
    """A file, when it holds the authentication key of this procedure; else why not."""
    try:
        content = keystores.open(path, password)
    except KeystoreError as error:
        return error
    entry = content.key(AUTHENTICATION)
    expected = work.facts["key"]["public_key_identifier"]
    if entry is None or identifier_of(entry.private_key.public_key()) != expected:
        return KeystoreChangedError(path=path, reason=mark("it holds another key"))
    return NewKeystore(path, content, password)


def _is_whole(keystore: NewKeystore, work: Work) -> bool:
    """Whether it also holds the encryption key, once there is one."""
    made = work.facts.get("encryption_certificate")
    return made is None or keystore.content.key(made["serial"]) is not None


def _elsewhere(keystores: Keystores, named: Path | None, password: str, work: Work) -> NewKeystore | None:
    """The file that holds our keys under another name: a whole one rather than one without the encryption key."""
    tried = (_tried(keystores, path, password, work) for path in keystores.candidates() if path != named)
    part = None
    for found in tried:
        if isinstance(found, NewKeystore):
            if _is_whole(found, work):
                return found
            part = part or found
    return part


def _with_its_chain(keystores: Keystores, keystore: NewKeystore, work: Work) -> NewKeystore:
    """The keystore with the delivered chain, which is written again when an older copy of the file came back."""
    if "installed" not in work.facts:
        return keystore
    chain = chain_of(work.facts["certificate"]["chain"])
    if keystore.authentication.chain == chain:
        return keystore
    content = with_chain(keystore, chain)
    keystores.replace(keystore.path, content, keystore.password)
    return replace(keystore, content=content)
