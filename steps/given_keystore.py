"""A keystore that a person chose: opened with the password given for it, and of the right environment."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from steps.certificates import environment_of
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore, Keystores
from workflow.errors import KeystoreNotEhealthError, KeystoreOfOtherEnvironmentError, KeystorePasswordError
from workflow.forms import KEYSTORE_PASSWORD
from workflow.ports import Work
from workflow.texts import mark


def open_given(keystores: Keystores, path: Path, work: Work) -> Keystore:
    """Open a file, asking for its password when this sitting does not have it yet; a wrong one is forgotten.

    Raises a `KeystoreError`.
    """
    password = work.secret(KEYSTORE_PASSWORD, path.name)
    try:
        return keystores.open(path, password)
    except KeystorePasswordError:
        work.wrong_secret(KEYSTORE_PASSWORD)
        raise


def authentication_of(keystore: Keystore, path: Path) -> KeyEntry:
    """The authentication key. Raises `KeystoreNotEhealthError` when there is none with a certificate."""
    entry = keystore.key(AUTHENTICATION)
    if entry is None or not entry.chain:
        raise KeystoreNotEhealthError(path=path, reason=mark("it has no key 'authentication'"))
    return entry


def check_environment(keystores: Keystores, path: Path, certificate: x509.Certificate, environment: str) -> None:
    """That neither the name nor the issuer speaks of another environment.

    Raises `KeystoreOfOtherEnvironmentError`.
    """
    # The plain suffix '.p12' says little: the wizard writes it in every environment (PROTOCOL §10.3).
    by_name = keystores.describe(path).environment
    for found in (None if by_name == "production" else by_name, environment_of(certificate.issuer)):
        if found is not None and found != environment:
            raise KeystoreOfOtherEnvironmentError(path=path, found=found, environment=environment)
