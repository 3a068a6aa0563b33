"""Open the current keystore and make sure that it is the right one, finished and still valid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from steps.certificates import identifier_of
from steps.clock import has_passed
from steps.given_keystore import authentication_of, check_environment, open_given
from steps.names import subject_of
from steps.owner import PERSON, Owner, owner_fact
from steps.placeholder import is_placeholder
from steps.ports.keystore import KeyEntry, KeystoreFile, Keystores
from steps.ports.registration import RegistrationAuthority
from workflow.errors import (
    CertificateExpiredError,
    KeystoreNotEhealthError,
    KeystoreOfOtherPersonError,
    KeystorePasswordError,
    KeystoreUnfinishedError,
    OldKeystorePasswordError,
)
from workflow.forms import Choice, Offer
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class OpenKeystore:
    """Safe to repeat: it only reads."""

    keystores: Keystores
    authority: RegistrationAuthority

    outcomes = frozenset({"opened"})

    def offer(self, work: Work) -> Offer:
        """The finished keystores of the card's holder, newest first, and those of organisations.

        The holder's newest is the default.
        """
        finished = [file for file in self.keystores.files() if not file.pending]
        own = [file for file in finished if _may_be_of(file, work)]
        files = own + [file for file in finished if file.identifier_type not in (PERSON, None)]
        choices = tuple(Choice(str(file.path), file.path.name) for file in files)
        return Offer(defaults={"file": choices[0].value} if own else {}, choices={"file": choices})

    def __call__(self, work: Work) -> Outcome:
        """Raises a `KeystoreError`, `CertificateExpiredError` or `ClockOffError`."""
        path = Path(work.answers["file"]).expanduser()
        entry = self._authentication_key(path, work)
        certificate = entry.chain[0]
        check_environment(self.keystores, path, certificate, work.environment)
        owner = _owner(path, certificate, work)
        if has_passed(certificate.not_valid_after_utc, work.now, self.authority):
            raise CertificateExpiredError(until=certificate.not_valid_after_utc)
        fact = {
            "path": str(path.absolute()),
            "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
            "public_key_identifier": identifier_of(certificate.public_key()),
            "valid_until": certificate.not_valid_after_utc.isoformat(),
        }
        if owner is None:
            return Outcome("opened", {"old_keystore": fact}, forgotten=("owner",))
        return Outcome("opened", {"old_keystore": fact, "owner": owner_fact(owner)})

    def _authentication_key(self, path: Path, work: Work) -> KeyEntry:
        try:
            content = open_given(self.keystores, path, work)
        except KeystorePasswordError as error:
            raise OldKeystorePasswordError(path=path) from error
        entry = authentication_of(content, path)
        if is_placeholder(entry.chain[0]):
            raise KeystoreUnfinishedError(path=path)
        return entry


def _may_be_of(file: KeystoreFile, work: Work) -> bool:
    return file.identifier_type == PERSON and file.identifier == work.facts["holder"]["ssin"]


def _owner(path: Path, certificate: x509.Certificate, work: Work) -> Owner | None:
    """The organisation whose certificate it is; None when it is the holder's. Whether he may act for it is asked."""
    subject = subject_of(certificate.subject)
    if subject is None:
        raise KeystoreNotEhealthError(path=path, reason=mark("its certificate was not issued for eHealth"))
    if subject.identifier_type != PERSON:
        return Owner(subject.identifier_type, subject.identifier, subject.identifier, subject.application_id)
    if subject.identifier != work.facts["holder"]["ssin"]:
        raise KeystoreOfOtherPersonError(path=path)
    return None
