"""Keys and keystores that the keystore tests share."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.keystore.keys import RsaKeys
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore
from tests.adapters.keystore.samples import SERIAL, issue


@pytest.fixture(scope="session")
def pool() -> list[rsa.RSAPrivateKey]:
    """Keys to share: making one costs more than most tests."""
    return [RsaKeys().make() for _ in range(6)]


@pytest.fixture(scope="session")
def authorities(pool: list[rsa.RSAPrivateKey]) -> tuple[x509.Certificate, x509.Certificate]:
    """An intermediate CA (key 4) and its root (key 5)."""
    return issue("CA", pool[4], "Root", pool[5]), issue("Root", pool[5], "Root", pool[5])


@pytest.fixture(scope="session")
def delivered(pool: list[rsa.RSAPrivateKey], authorities: tuple[x509.Certificate, x509.Certificate]) -> KeyEntry:
    """The authentication key (key 0) with its whole chain."""
    return KeyEntry(AUTHENTICATION, pool[0], (issue("SSIN=75031299943", pool[0], "CA", pool[4]), *authorities))


@pytest.fixture(scope="session")
def etk(pool: list[rsa.RSAPrivateKey]) -> KeyEntry:
    """The ETK key (key 1): its certificate names itself as issuer and is signed by key 0."""
    certificate = issue("SSIN=75031299943", pool[1], "SSIN=75031299943", pool[0], serial=SERIAL)
    return KeyEntry(str(SERIAL), pool[1], (certificate,))


@pytest.fixture(scope="session")
def finished(delivered: KeyEntry, etk: KeyEntry) -> Keystore:
    """A finished eHealth keystore as PROTOCOL §10.1 describes it."""
    certificates = tuple((one.subject.rfc4514_string(), one) for one in delivered.chain)
    return Keystore((delivered, etk), certificates)
