"""Open a keystore that another program left half-way, and read whose it is and how far it came."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.certificates import identifier_of
from steps.clock import has_passed
from steps.given_keystore import authentication_of, check_environment
from steps.names import Subject, subject_of
from steps.owner import PERSON, Owner, owner_fact
from steps.placeholder import is_placeholder
from steps.ports.keystore import KeyEntry, KeystoreFile, Keystores
from steps.ports.registration import RegistrationAuthority
from workflow.errors import (
    CertificateExpiredError,
    KeystoreMisnamedError,
    KeystoreNamelessError,
    KeystoreNotEhealthError,
    KeystorePasswordError,
)
from workflow.forms import NEW_KEYSTORE_PASSWORD, Choice, Offer
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class OpenAdopted:
    """Safe to repeat: it only reads."""

    keystores: Keystores
    authority: RegistrationAuthority

    outcomes = frozenset({"opened"})

    def offer(self, work: Work) -> Offer:
        """The keystores of the environment, newest first."""
        return Offer(choices={"file": tuple(Choice(str(one.path), one.path.name) for one in self.keystores.files())})

    def __call__(self, work: Work) -> Outcome:
        """Raises a `KeystoreError`, `CertificateExpiredError`, `ClockOffError`."""
        path = Path(work.answers["file"]).expanduser().absolute()
        entry = self._authentication_key(path, work)
        certificate = entry.chain[0]
        check_environment(self.keystores, path, certificate, work.environment)
        delivered = not is_placeholder(certificate)
        if delivered and has_passed(certificate.not_valid_after_utc, work.now, self.authority):
            raise CertificateExpiredError(until=certificate.not_valid_after_utc)
        owner = _owner(path, self.keystores.describe(path), entry, delivered)
        adopted = {"path": str(path), "sha256": self.keystores.fingerprint(path), "delivered": delivered}
        key = {
            "public_key_identifier": identifier_of(entry.private_key.public_key()),
            "made_at": work.now.isoformat(),
        }
        return Outcome("opened", {"adopted": adopted, "key": key, **_whose(owner)})

    def _authentication_key(self, path: Path, work: Work) -> KeyEntry:
        try:
            content = self.keystores.open(path, work.secret(NEW_KEYSTORE_PASSWORD, path.name))
        except KeystorePasswordError:
            work.wrong_secret(NEW_KEYSTORE_PASSWORD)
            raise
        return authentication_of(content, path)


def _owner(path: Path, file: KeystoreFile, entry: KeyEntry, delivered: bool) -> Owner:
    """By the certificate; before it is delivered by the name of the file, which the wizard gave it."""
    named = None
    if file.identifier_type is not None and file.identifier is not None:
        named = Subject(file.identifier_type, file.identifier, file.application_id)
    if not delivered:
        if named is None:
            raise KeystoreNamelessError(path=path)
        return Owner(named.identifier_type, named.identifier, "", named.application_id)
    subject = subject_of(entry.chain[0].subject)
    if subject is None:
        raise KeystoreNotEhealthError(path=path, reason=mark("its certificate was not issued for eHealth"))
    if named is not None and named != subject:
        raise KeystoreMisnamedError(path=path)
    return Owner(subject.identifier_type, subject.identifier, "", subject.application_id)


def _whose(owner: Owner) -> dict[str, Any]:
    """A person is the holder of a card; who acts for an organisation is not known here."""
    if owner.identifier_type == PERSON:
        return {"holder": {"ssin": owner.identifier, "first_names": "", "surname": ""}}
    return {"owner": owner_fact(owner)}
