"""Reading PKCS#12 files of any maker: every private key with its own certificate chain."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.keystore.bags import BROKEN, Bags, CertificateBag, KeyBag
from adapters.keystore.container import open_container
from steps.ports.keystore import KeyEntry, Keystore
from workflow.errors import KeystoreDamagedError
from workflow.texts import mark

_LONGEST_CHAIN = 10


def read(data: bytes, password: str, *, path: Path | str = "keystore") -> Keystore:
    """All that a file holds. The password is tried in NFC, then in NFD, then as it is.

    A key belongs with the certificate that has its public key; where several have, with the one of its
    localKeyID, then of its alias. A bag that no key took is a certificate entry when it has an alias or is in no
    chain. Aliases that are missing or double are filled in (`1`, `2`, … and `alias-2`).

    Raises `NotAKeystoreError`, `KeystoreDamagedError`, `KeystorePasswordError`, all with `path`.
    """
    with warnings.catch_warnings():
        # The reference client's placeholder has the serial number 0 and the country 'Dummy' (PROTOCOL §10.1).
        warnings.simplefilter("ignore")
        bags = open_container(data, password, path)
        try:
            return _paired(bags)
        except BROKEN as error:
            raise KeystoreDamagedError(path=path, reason=mark("one of its certificates is broken")) from error


class _Aliases:
    """Gives each entry an alias that no other one has, without regard to case."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = {alias.lower() for alias in wanted}
        self._given: set[str] = set()

    def give(self, alias: str) -> str:
        if not alias:
            alias = self._free(str(number) for number in range(1, len(self._wanted) + len(self._given) + 2))
        elif alias.lower() in self._given:
            alias = self._free(f"{alias}-{number}" for number in range(2, len(self._wanted) + len(self._given) + 3))
        self._given.add(alias.lower())
        return alias

    def _free(self, candidates: Iterable[str]) -> str:
        return next(one for one in candidates if one.lower() not in self._wanted | self._given)


def _paired(bags: Bags) -> Keystore:
    aliases = _Aliases([bag.alias for bag in bags.keys] + [bag.alias for bag in bags.certificates])
    all_certificates = [bag.certificate for bag in bags.certificates]
    entries, taken, in_chains = [], set[int](), set[x509.Certificate]()
    for key in bags.keys:
        at = _leaf(key, bags.certificates, taken)
        chain: tuple[x509.Certificate, ...] = ()
        if at is not None:
            taken.add(at)
            chain = _chain(bags.certificates[at].certificate, all_certificates)
        in_chains.update(chain)
        entries.append(KeyEntry(aliases.give(key.alias), key.private_key, chain))
    others = [bag for at, bag in enumerate(bags.certificates) if at not in taken]
    return Keystore(tuple(entries), tuple(_certificate_entries(others, in_chains, entries, aliases)))


def _certificate_entries(
    others: list[CertificateBag], in_chains: set[x509.Certificate], entries: list[KeyEntry], aliases: _Aliases
) -> Iterable[tuple[str, x509.Certificate]]:
    known = {(entry.alias.lower(), entry.chain[0]) for entry in entries if entry.chain}
    for bag in others:
        if (bag.alias.lower(), bag.certificate) in known or (not bag.alias and bag.certificate in in_chains):
            continue
        known.add((bag.alias.lower(), bag.certificate))
        yield aliases.give(bag.alias), bag.certificate


def _leaf(key: KeyBag, bags: list[CertificateBag], taken: set[int]) -> int | None:
    """Where the certificate of a key is: always one with its public key."""
    public_numbers = key.private_key.public_key().public_numbers()

    def fits(at: int) -> tuple[bool, bool, bool, bool, float]:
        bag = bags[at]
        return (
            bag.local_id is not None and bag.local_id == key.local_id,
            bag.alias.lower() == key.alias.lower(),
            at not in taken,
            bag.certificate.issuer != bag.certificate.subject,  # delivered rather than a placeholder
            bag.certificate.not_valid_before_utc.timestamp(),
        )

    return max(
        (at for at, bag in enumerate(bags) if _numbers(bag.certificate) == public_numbers), key=fits, default=None
    )


def _numbers(certificate: x509.Certificate) -> rsa.RSAPublicNumbers | None:
    try:
        public_key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):  # a kind of key that is none of ours
        return None
    return public_key.public_numbers() if isinstance(public_key, rsa.RSAPublicKey) else None


def _chain(leaf: x509.Certificate, certificates: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """From the leaf to the last issuer in the file; one that names itself as issuer stands alone (PROTOCOL §11.2)."""
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject and len(chain) < _LONGEST_CHAIN:
        issuers = [one for one in certificates if one.subject == chain[-1].issuer and one not in chain]
        if not issuers:
            break
        chain.append(next((one for one in issuers if _issued(one, chain[-1])), issuers[0]))
    return tuple(chain)


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
