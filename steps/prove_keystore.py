"""Prove the end: the new keystore opens, holds both keys and the chain, and eHealth hands out our encryption key."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from steps.certificates import chain_holds
from steps.depot import is_handed_out
from steps.new_keystore import NewKeystore, open_new
from steps.placeholder import is_placeholder
from steps.ports.keystore import KeyEntry, Keystores
from steps.ports.registration import RegistrationAuthority
from workflow.errors import KeystoreChangedError, NotProvenError
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class ProveKeystore:
    """Safe to repeat: it only looks."""

    authority: RegistrationAuthority
    keystores: Keystores

    outcomes = frozenset({"proved"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `KeystoreChangedError`, and `NotProvenError` while the depot hands out another key."""
        keystore = open_new(self.keystores, work)
        _check_authentication(keystore)
        certificate = base64.b64decode(work.facts["encryption_certificate"]["certificate"])
        _check_encryption(keystore, work.facts["encryption_certificate"]["serial"], certificate)
        if not is_handed_out(self.authority, work.facts):
            reason = mark("the depot of encryption keys does not hand out the new key yet")
            raise NotProvenError(reason=reason, id=work.procedure)
        return Outcome("proved", {"proof": {"at": work.now.isoformat()}})


def _check_authentication(keystore: NewKeystore) -> None:
    entry = keystore.authentication
    if is_placeholder(entry.chain[0]) or len(entry.chain) < 2 or not chain_holds(entry.chain):
        raise KeystoreChangedError(path=keystore.path, reason=mark("its certificate chain is not complete"))
    _check_pair(keystore, entry)


def _check_encryption(keystore: NewKeystore, serial: str, certificate: bytes) -> None:
    entry = keystore.content.key(serial)
    if entry is None or entry.chain[0].public_bytes(Encoding.DER) != certificate:
        raise KeystoreChangedError(path=keystore.path, reason=mark("its encryption key is missing"))
    _check_pair(keystore, entry)


def _check_pair(keystore: NewKeystore, entry: KeyEntry) -> None:
    if _spki(entry.private_key.public_key()) != _spki(entry.chain[0].public_key()):
        raise KeystoreChangedError(path=keystore.path, reason=mark("a key does not fit its certificate"))


def _spki(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
