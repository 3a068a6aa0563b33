"""The keystores on disk and what is known of them without their passwords: from the store, the names and the files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from cryptography import x509

from adapters.cli.wiring import Wiring
from adapters.keystore.files import content_of
from adapters.keystore.outline import Outline, outline
from steps.encryption_token import certificate_in
from steps.known_keystores import Known, known_keystores
from steps.new_keystore import located
from steps.ports.keystore import KeystoreFile
from workflow.errors import KeystoreError
from workflow.procedure import Procedure, ProcedureId

_MANY = 1_000_000
_LARGEST_TOKEN = 100_000  # a real one has 5.5 kB (PROTOCOL §11.1)


class Standing(Enum):
    """How far a keystore is."""

    FINISHED = "finished"
    WAITING = "waiting"  # a procedure under way goes on with it
    UNFINISHED = "unfinished"  # and no procedure here knows of it
    UNKNOWN = "unknown"  # it shows nothing without its password
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Entry:
    """One keystore. `outline` is missing for a damaged one; `procedure` is the one that goes on with it or made it."""

    file: KeystoreFile
    sha256: str
    outline: Outline | None
    known: Known | None
    standing: Standing
    procedure: ProcedureId | None
    valid_until: datetime | None
    in_use: bool = False

    @property
    def owner(self) -> tuple[str, str, str | None] | None:
        """Identifier type, identifier and application id: as the facts prove them, else as the name says."""
        if self.known is not None:
            return self.known.identifier_type, self.known.identifier, self.known.application_id
        if self.file.identifier_type is None or self.file.identifier is None:
            return None
        return self.file.identifier_type, self.file.identifier, self.file.application_id


class Shelf:
    """All keystores of one environment, newest first by the moments in their names."""

    def __init__(self, wiring: Wiring, environment: str) -> None:
        self._folder = wiring.keystores(environment)
        every = wiring.store.procedures(ended=True, limit=_MANY)
        self._procedures = [one for one in every if one.environment == environment]
        self.known = known_keystores(self._procedures)
        self._going_on = dict(self._under_way())

    def entries(self) -> Iterator[Entry]:
        """Every keystore in both folders; the newest finished one of each owner is in use."""
        found = [self._entry(file) for file in self._folder.files()]
        in_use = set()
        for entry in found:
            newest = entry.standing is Standing.FINISHED and entry.owner is not None and entry.owner not in in_use
            if newest:
                in_use.add(entry.owner)
            yield _used(entry) if newest else entry

    def entry(self, path: Path) -> Entry:
        """One file, wherever it lies."""
        return self._entry(self._folder.describe(path))

    def _entry(self, file: KeystoreFile) -> Entry:
        try:
            content = content_of(file.path)
            seen = outline(content, file.path)
        except KeystoreError:
            return Entry(file, "", None, None, Standing.DAMAGED, self._going_on.get(file.path), None)
        sha256 = hashlib.sha256(content).hexdigest()
        known, going_on = self.known.get(sha256), self._going_on.get(file.path)
        standing = _standing(file, seen, known, going_on)
        procedure = going_on or (known.procedure if known else None)
        return Entry(file, sha256, seen, known, standing, procedure, self._ends(file, seen, known))

    def _under_way(self) -> Iterator[tuple[Path, ProcedureId]]:
        for one in self._procedures:
            if not one.ended and "new_keystore" in one.facts and (path := located(self._folder, one.facts)):
                yield path, one.id

    def _ends(self, file: KeystoreFile, seen: Outline, known: Known | None) -> datetime | None:
        """When the certificate ends: as the facts say, or the encryption token beside the file."""
        if known is not None and known.valid_until is not None:
            return known.valid_until
        for one in self._procedures:
            if moment := _told_by(one, file.path):
                return moment
        return _of_token(file.path.with_suffix(".etk"), seen)


def _standing(file: KeystoreFile, seen: Outline, known: Known | None, going_on: ProcedureId | None) -> Standing:
    if known is not None and known.finished:
        return Standing.FINISHED
    if going_on is not None:
        return Standing.WAITING
    if file.pending or seen.looks_finished is False:
        return Standing.UNFINISHED
    return Standing.UNKNOWN if seen.looks_finished is None else Standing.FINISHED


def _used(entry: Entry) -> Entry:
    return replace(entry, in_use=True)


def _told_by(procedure: Procedure, path: Path) -> datetime | None:
    """The end of the certificate, where this was the keystore that the procedure replaced."""
    fact = procedure.facts.get("old_keystore", {})
    return datetime.fromisoformat(fact["valid_until"]) if fact.get("path") == str(path.absolute()) else None


def _of_token(file: Path, seen: Outline) -> datetime | None:
    """The end that an encryption token tells, when its number is the one of a key in the keystore."""
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_TOKEN:
            return None
        der = certificate_in(file.read_bytes())
    except OSError:
        return None
    if der is None:
        return None
    certificate = x509.load_der_x509_certificate(der)
    is_of_it = str(certificate.serial_number) in {key.alias for key in seen.keys}
    return certificate.not_valid_after_utc if is_of_it else None
