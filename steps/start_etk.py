"""Make the encryption key, ask eHealth for a challenge, and make the certificate that answers it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from steps.complete_etk import REGISTERED
from steps.new_keystore import NewKeystore, open_new, written_fact
from steps.placeholder import placeholder_certificate
from steps.ports.keys import KeyMaker
from steps.ports.keystore import KeyEntry, Keystores
from steps.ports.registration import RegistrationAuthority
from workflow.errors import CertificateNotYetValidError, ChallengeWrongError, RefusedError
from workflow.ports import Outcome, Work

_NOT_YET_VALID = "AUTH_CERT_NOT_YET_VALID"
_SERIAL_BYTES = 16
_HASH_BYTES = 32
_UNREGISTERED = "encryption"
"""The alias of the encryption key until its serial number is known."""


@dataclass(frozen=True, slots=True)
class StartEtk:
    """Safe to repeat: the key that was written is used again, and the newest challenge counts (PROTOCOL §13.1)."""

    authority: RegistrationAuthority
    keystores: Keystores
    keys: KeyMaker

    outcomes = frozenset({"started"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `ChallengeWrongError`, `CertificateNotYetValidError`, a `KeystoreError`."""
        keystore = self._with_encryption_key(work)
        entry = keystore.encryption
        assert entry is not None
        if self._is_completed(keystore, entry):  # by another program, or by a message that was given up for lost
            return self._started(keystore, entry, work, registered=True)
        try:
            serial = self._challenge(keystore, entry.private_key)
        except RefusedError:
            if not self._is_completed(keystore, entry):
                raise
            return self._started(keystore, entry, work, registered=True)
        certificate = encryption_certificate(keystore.authentication, entry.private_key, serial)
        entry = KeyEntry(str(serial), entry.private_key, (certificate,))
        return self._started(self._put(keystore, entry), entry, work)

    def _started(self, keystore: NewKeystore, entry: KeyEntry, work: Work, *, registered: bool = False) -> Outcome:
        der = entry.chain[0].public_bytes(Encoding.DER)
        fact: dict[str, Any] = {
            "serial": entry.alias,
            "certificate": base64.b64encode(der).decode(),
            "at": work.now.isoformat(),
        }
        if registered:
            fact["registered"] = True
        written = written_fact(self.keystores, work.facts["new_keystore"], keystore.path)
        return Outcome("started", {"encryption_certificate": fact, "new_keystore": written})

    def _is_completed(self, keystore: NewKeystore, entry: KeyEntry) -> bool:
        """Whether an earlier completion, given up for lost, arrived after all: then there is nothing to start."""
        if entry.alias == _UNREGISTERED:
            return False
        return self.authority.certificate_info(keystore.signer).etk_status in REGISTERED

    def _with_encryption_key(self, work: Work) -> NewKeystore:
        """The keystore, with an encryption key that is on disk before eHealth hears of it."""
        keystore = open_new(self.keystores, work)
        if keystore.encryption is None:
            key = self.keys.make()
            entry = KeyEntry(_UNREGISTERED, key, (placeholder_certificate(key, work.now),))
            keystore = self._put(keystore, entry)
        return keystore

    def _put(self, keystore: NewKeystore, entry: KeyEntry) -> NewKeystore:
        content = replace(keystore.content, keys=(keystore.authentication, entry))
        self.keystores.replace(keystore.path, content, keystore.password)
        return replace(keystore, content=content)

    def _challenge(self, keystore: NewKeystore, key: rsa.RSAPrivateKey) -> int:
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        try:
            challenge = self.authority.start_etk(public, keystore.signer)
        except RefusedError as error:
            if error.refusal_code.startswith(_NOT_YET_VALID):
                raise CertificateNotYetValidError() from error
            raise
        return serial_of(challenge, key)


def serial_of(challenge: bytes, key: rsa.RSAPrivateKey) -> int:
    """The serial number that a challenge holds (PROTOCOL §11.2, step 3). Raises `ChallengeWrongError`."""
    try:
        decrypted = key.decrypt(challenge[:-_HASH_BYTES], padding.PKCS1v15())
    except ValueError as error:
        raise ChallengeWrongError() from error
    serial = decrypted[:_SERIAL_BYTES]
    if hashlib.sha256(serial).digest() != challenge[-_HASH_BYTES:]:
        raise ChallengeWrongError()
    return int.from_bytes(serial, "big")


def encryption_certificate(authentication: KeyEntry, key: rsa.RSAPrivateKey, serial: int) -> x509.Certificate:
    """The certificate of the encryption key, signed with the authentication key (PROTOCOL §11.2, step 4)."""
    owner = authentication.chain[0]
    usage = {name: name in ("key_encipherment", "data_encipherment") for name in _KEY_USAGES}
    builder = x509.CertificateBuilder(
        issuer_name=owner.subject,
        subject_name=owner.subject,
        public_key=key.public_key(),
        serial_number=serial,
        not_valid_before=owner.not_valid_before_utc,
        not_valid_after=owner.not_valid_after_utc,
    ).add_extension(x509.KeyUsage(**usage), critical=True)
    # SHA-256 also where the authentication certificate was signed with SHA-1: an assumption of PROTOCOL §11.2.
    return builder.sign(authentication.private_key, hashes.SHA256())


_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
