"""Puts the finished keystore of a care provider in the folder that the practice software reads, and takes it away."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from adapters.cli.shelf import Entry, Shelf, Standing
from adapters.cli.wiring import Wiring
from adapters.keystore.files import content_of
from adapters.system import files
from steps.certificates import identifier_of
from steps.given_keystore import authentication_of, check_environment
from steps.names import subject_of
from steps.placeholder import is_placeholder
from workflow.errors import (
    CertificateExpiredError,
    KeystoreChangedError,
    KeystoreError,
    KeystoreNotNewestError,
    KeystoreOfOtherProviderError,
    KeystoreUnfinishedError,
    NothingToLinkError,
    NotLinkedError,
    PracticeFileTakenError,
)
from workflow.provider import Link, Placed, Provider
from workflow.texts import mark

Password = Callable[[Path], str]
"""Asks for the password of a file, when its content cannot be proved otherwise."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a keystore of the very person holds: its key, and until when its certificate is valid."""

    public_key_identifier: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Unlinked:
    """The files that were removed, and those that were left because they are no longer what was put there."""

    removed: tuple[Path, ...]
    left: tuple[Path, ...]


class Linking:
    """The links of one environment."""

    def __init__(self, wiring: Wiring, environment: str) -> None:
        self._wiring = wiring
        self._folder = wiring.keystores(environment)
        self._practice = wiring.practice_folder(environment)
        self._now = wiring.clock(environment).now
        self.shelf = Shelf(wiring, environment)

    def candidates(self, provider: Provider) -> Iterator[Entry]:
        """The finished keystores of this person, newest first."""
        for entry in self.shelf.entries():
            if entry.standing is Standing.FINISHED and entry.owner == ("SSIN", provider.ssin, None):
                yield entry

    def link(self, provider: Provider, file: Path | None, password: Password) -> Provider:
        """Link the newest finished keystore, or this one when it is the newest; returns the changed record.

        Raises a `KeystoreError`, `NothingToLinkError`, `CertificateExpiredError`, `FolderNotWritableError`.
        """
        entry = self._chosen(provider, file)
        proof = self._proof(provider, entry, password)
        if self._now() >= proof.valid_until:
            raise CertificateExpiredError(until=proof.valid_until)
        self._check_newest(provider, entry, proof, password)
        return self._place(provider, entry, proof)

    def unlink(self, provider: Provider) -> Unlinked:
        """Remove exactly what links put in the folder of the practice software, and forget the link.

        Raises `NotLinkedError`, `FolderNotWritableError`.
        """
        if provider.link is None:
            raise NotLinkedError(id=provider.id)
        removed, left = [], []
        for path in dict.fromkeys(Path(one.path) for one in provider.link.placed):
            if not os.path.lexists(path):
                continue
            if _is_ours(path, provider.link):
                files.remove(path)
                removed.append(path)
            else:
                left.append(path)
        self._wiring.providers.change(provider.id, lambda record: replace(record, link=None), self._now())
        return Unlinked(tuple(removed), tuple(left))

    # --- which file -----------------------------------------------------------------------------------------------

    def _chosen(self, provider: Provider, file: Path | None) -> Entry:
        if file is None:
            entry = next(self.candidates(provider), None)
            if entry is None:
                raise NothingToLinkError(path=self._folder.folder)
            return entry
        entry = self.shelf.entry(file.expanduser().absolute())
        if entry.standing is Standing.DAMAGED:
            self._folder.key_aliases(entry.file.path)  # tells what is wrong with it
            raise KeystoreChangedError(path=entry.file.path, reason=mark("another program is changing it"))
        if entry.standing in (Standing.WAITING, Standing.UNFINISHED):
            raise KeystoreUnfinishedError(path=entry.file.path)
        return entry

    def _proof(self, provider: Provider, entry: Entry, password: Password) -> Proof:
        """By the bytes that a procedure or an earlier link knows, else by opening it."""
        path, known, link = entry.file.path, entry.known, provider.link
        if known is not None and known.valid_until is not None:
            if (known.identifier_type, known.identifier) != ("SSIN", provider.ssin):
                raise KeystoreOfOtherProviderError(path=path, id=provider.id)
            return Proof(known.public_key_identifier, known.valid_until)
        if link is not None and link.file.sha256 == entry.sha256:
            return Proof(link.public_key_identifier, link.valid_until)
        return self._opened(provider, path, password)

    def _opened(self, provider: Provider, path: Path, password: Password) -> Proof:
        content = self._folder.open(path, password(path))
        certificate = authentication_of(content, path).chain[0]
        if is_placeholder(certificate) or len(content.keys) < 2:
            raise KeystoreUnfinishedError(path=path)
        check_environment(self._folder, path, certificate, provider.environment)
        subject = subject_of(certificate.subject)
        if subject is None or (subject.identifier_type, subject.identifier) != ("SSIN", provider.ssin):
            raise KeystoreOfOtherProviderError(path=path, id=provider.id)
        return Proof(identifier_of(certificate.public_key()), certificate.not_valid_after_utc)

    def _check_newest(self, provider: Provider, entry: Entry, proof: Proof, password: Password) -> None:
        for other in self.candidates(provider):
            if other.sha256 == entry.sha256 or not is_newer(other, entry, proof.valid_until):
                continue
            if other.valid_until is None and self._is_older_inside(provider, other, proof, password):
                continue  # only its name is newer
            raise KeystoreNotNewestError(path=entry.file.path, newest=other.file.path.name)

    def _is_older_inside(self, provider: Provider, other: Entry, proof: Proof, password: Password) -> bool:
        try:
            return self._proof(provider, other, password).valid_until <= proof.valid_until
        except (KeystoreOfOtherProviderError, KeystoreUnfinishedError):  # then it is no rival
            return True
        except KeystoreError:
            return False

    # --- where it goes --------------------------------------------------------------------------------------------

    def _place(self, provider: Provider, entry: Entry, proof: Proof) -> Provider:
        """Write the record first: what is put there is always known to be ours, wherever we die."""
        source, content = entry.file.path, content_of(entry.file.path)
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise KeystoreChangedError(path=source, reason=mark("another program is changing it"))
        target = self._practice / source.name
        is_there = _is(target, entry.sha256)
        is_ours = not is_there and _is_ours(target, provider.link)  # put there by a link, with an earlier password
        if os.path.lexists(target) and not (is_there or is_ours):
            raise PracticeFileTakenError(path=target)
        file = Placed(str(target), entry.sha256)
        link = Link(file, proof.public_key_identifier, proof.valid_until, self._now())

        def linked(record: Provider) -> Provider:
            earlier = record.link.placed if record.link else ()
            placed = earlier if is_there or file in earlier else (*earlier, file)
            return replace(record, link=replace(link, placed=placed))

        changed = self._wiring.providers.change(provider.id, linked, self._now())
        if is_ours:
            files.replace(target, content)
        elif not is_there:
            self._write(target, content)
        return changed

    def _write(self, target: Path, content: bytes) -> None:
        if self._practice.is_relative_to(self._wiring.folders.data) or self._practice == self._wiring.folders.keystores:
            files.private_folder(self._practice)  # a folder of the user's own is never made: its name may be mistyped
        try:
            files.write_new(target, content)
        except FileExistsError:
            raise PracticeFileTakenError(path=target) from None


def is_newer(other: Entry, entry: Entry, valid_until: datetime) -> bool:
    """Whether another keystore is newer: its certificate ends later; where that is not known, as the names say."""
    if other.valid_until is not None:
        return other.valid_until > valid_until
    return other.file.made_at is not None and (entry.file.made_at is None or other.file.made_at > entry.file.made_at)


def _is_ours(path: Path, link: Link | None) -> bool:
    """Whether a file is just what a link put there."""
    return link is not None and any(one.path == str(path) and _is(path, one.sha256) for one in link.placed)


def _is(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(content_of(path)).hexdigest() == sha256
    except KeystoreError:  # no ordinary file, or not to be read: not ours
        return False
