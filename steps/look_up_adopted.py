"""Ask eHealth how far a keystore of another program is, and take the file among our own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from steps.certificates import identifier_of
from steps.clock import check_clock
from steps.complete_etk import REGISTERED
from steps.fetch_certificate import certificate_fact
from steps.given_keystore import authentication_of
from steps.new_keystore import written_fact
from steps.owner import owner_of
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore, Keystores
from steps.ports.registration import CertificateStatus, Delivered, EtkStatus, NotYetDelivered, RegistrationAuthority
from steps.ports.signing import Signer
from steps.remembered import moment
from workflow.errors import (
    CertificateExpiredError,
    CertificateRevokedError,
    EncryptionKeyLostError,
    KeystoreChangedError,
    KeystoreFinishedError,
    KeystorePasswordError,
    RefusedError,
    RequestUnknownError,
)
from workflow.forms import NEW_KEYSTORE_PASSWORD
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class LookUpAdopted:
    """Safe to repeat: it asks, and a file that was copied already is not copied again.

    The file that the person gave is never changed: one outside our folders is copied, byte for byte.
    """

    authority: RegistrationAuthority
    keystores: Keystores

    outcomes = frozenset({"requested", "delivered", "was_installed"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `KeystoreFinishedError`, `EncryptionKeyLostError`, `RequestUnknownError`, a `KeystoreError`,
        `FolderNotWritableError`.
        """
        check_clock(work.now, self.authority.service_time())
        path = self._path(work)
        content = self._opened(path, work)
        if work.facts["adopted"]["delivered"]:
            learned = self._ask_with_key(path, content, work)
            return Outcome("was_installed", {**learned, **self._taken_in(path, work)})
        try:
            answer = self.authority.certificate(work.facts["key"]["public_key_identifier"])
        except RefusedError as error:
            raise RequestUnknownError(path=path, refusal_code=error.refusal_code) from error
        match answer:
            case NotYetDelivered():
                return Outcome("requested", {**_request(work), **self._taken_in(path, work)})
            case Delivered(chain):
                certificate = certificate_fact(chain, work, self.authority)
                learned = {**_request(work), "certificate": certificate}
                return Outcome("delivered", {**learned, **self._taken_in(path, work)})

    def _path(self, work: Work) -> Path:
        """The copy that was taken in, once there is one; else the file that the person gave."""
        copied = work.facts.get("new_keystore")
        found = self.keystores.find(copied["name"]) if copied else None
        return found or Path(work.facts["adopted"]["path"])

    def _opened(self, path: Path, work: Work) -> Keystore:
        try:
            content = self.keystores.open(path, work.secret(NEW_KEYSTORE_PASSWORD, path.name))
        except KeystorePasswordError:
            work.wrong_secret(NEW_KEYSTORE_PASSWORD)
            raise
        identifier = identifier_of(authentication_of(content, path).private_key.public_key())
        if identifier != work.facts["key"]["public_key_identifier"]:
            raise KeystoreChangedError(path=path, reason=mark("it holds another key"))
        return content

    def _ask_with_key(self, path: Path, content: Keystore, work: Work) -> dict[str, Any]:
        """What the state of the certificate and of its ETK tells; the chain is taken as the file has it."""
        entry = authentication_of(content, path)
        info = self.authority.certificate_info(Signer(entry.private_key, entry.chain))
        until = entry.chain[0].not_valid_after_utc
        if info.status is CertificateStatus.REVOKED:
            raise CertificateRevokedError()
        if info.status is not CertificateStatus.VALID_ACTIVE:
            raise CertificateExpiredError(until=until)
        has_encryption_key = any(key.alias.lower() != AUTHENTICATION for key in content.keys)
        if info.etk_status in REGISTERED and not has_encryption_key:
            raise EncryptionKeyLostError(path=path)
        if info.etk_status is EtkStatus.VALID_ACTIVE:
            raise KeystoreFinishedError(path=path, until=until)
        certificate = certificate_fact(self._chain(entry, work), work, self.authority)
        installed = {"at": work.now.isoformat(), "valid_until": until.isoformat()}
        return {**_request(work), "certificate": certificate, "installed": installed}

    def _chain(self, entry: KeyEntry, work: Work) -> tuple[bytes, ...]:
        """The chain of the file, without a root; a file that has the certificate alone gets the rest from eHealth."""
        chain = entry.chain[:-1] if len(entry.chain) > 2 and _is_root(entry) else entry.chain
        if len(chain) > 1:
            return tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)
        match self.authority.certificate(work.facts["key"]["public_key_identifier"]):
            case Delivered(delivered):
                return delivered
            case NotYetDelivered():
                return tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)

    def _taken_in(self, path: Path, work: Work) -> dict[str, Any]:
        owner, file = owner_of(work.facts), self.keystores.describe(path)
        named = (file.identifier_type, file.identifier, file.application_id)
        name = path.name
        if named != (owner.identifier_type, owner.identifier, owner.application_id):
            adopted_at = moment(work.facts["key"]["made_at"])
            name = self.keystores.name_for(owner.identifier_type, owner.identifier, owner.application_id, adopted_at)
        self.keystores.check()  # which makes the folders on a new computer
        taken = self.keystores.take_in(path, name)
        return {"new_keystore": written_fact(self.keystores, {}, taken)}


def _is_root(entry: KeyEntry) -> bool:
    last = entry.chain[-1]
    return last.issuer == last.subject


def _request(work: Work) -> dict[str, Any]:
    """The request was sent by another program: when is not known."""
    return {"request": {"at": work.now.isoformat(), "by_another_program": True}}
