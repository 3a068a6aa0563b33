"""Certificates that must not be believed, each with one defect, in the place of the one that was delivered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from adapters.sandbox.certificates import VALIDITY_MONTHS
from adapters.sandbox.clock import add_months
from adapters.sandbox.dn import Subject, plain
from adapters.sandbox.encryption import sign_etk
from adapters.sandbox.people import STRANGER
from adapters.sandbox.pki import AUTHORITIES_FROM, AUTHORITIES_UNTIL, Identity, Pki, key_usage

Make = Callable[[list[bytes], Pki, datetime], list[bytes]]
"""A chain (DER, leaf first) in, another of the same length out."""

_SERIAL: Final = 0x0BAD
_ELSEWHERE: Final = "TEST-ZetesConfidens-eHealth acceptance issuing CA (fictive)"
_NOWHERE: Final = "An unknown authority (fictive)"


def other_key(chain: list[bytes], pki: Pki, _now: datetime) -> list[bytes]:
    """All is well but for the key."""
    return _reissued(chain, pki, key=pki.etk_ra.private_key.public_key())


def weak_key(chain: list[bytes], pki: Pki, _now: datetime) -> list[bytes]:
    """A key of 1024 bits, which nobody asked for."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return _reissued(chain, pki, key=key.public_key())


def other_person(chain: list[bytes], pki: Pki, _now: datetime) -> list[bytes]:
    """Our key in a stranger's name."""
    return _reissued(chain, pki, subject=_stranger().x509_name())


def not_yet_valid(chain: list[bytes], pki: Pki, now: datetime) -> list[bytes]:
    """Good in two days."""
    start = now.replace(microsecond=0) + timedelta(days=2)
    return _reissued(chain, pki, valid=(start, add_months(start, VALIDITY_MONTHS)))


def expired(chain: list[bytes], pki: Pki, now: datetime) -> list[bytes]:
    """Good until yesterday."""
    end = now.replace(microsecond=0) - timedelta(days=1)
    return _reissued(chain, pki, valid=(add_months(end, -VALIDITY_MONTHS), end))


def wrong_usage(chain: list[bytes], pki: Pki, _now: datetime) -> list[bytes]:
    """A certificate for a mail server: neither signature nor client authentication."""
    return _reissued(chain, pki, extensions=_SERVER_ONLY)


def other_environment(chain: list[bytes], pki: Pki, _now: datetime) -> list[bytes]:
    """Issued by an authority that calls itself the one of acceptance."""
    return _issued_by(_ELSEWHERE, chain, pki)


def unknown_issuer(chain: list[bytes], pki: Pki, _now: datetime) -> list[bytes]:
    """Issued by an authority that nobody knows."""
    return _issued_by(_NOWHERE, chain, pki)


def broken_chain(chain: list[bytes], pki: Pki, _now: datetime) -> list[bytes]:
    """The right certificate with the authority of the cards behind it."""
    return [chain[0], *([pki.citizen_ca.certificate.public_bytes(Encoding.DER)] * (len(chain) - 1))]


def token_of_stranger(pki: Pki, now: datetime) -> bytes:
    """A sound ETK for the key of somebody else."""
    name = _stranger().x509_name()
    start = now.replace(microsecond=0)
    builder = x509.CertificateBuilder(name, name, pki.citizen_ca.private_key.public_key(), _SERIAL)
    builder = builder.not_valid_before(start).not_valid_after(add_months(start, VALIDITY_MONTHS))
    usage = key_usage(key_encipherment=True, data_encipherment=True)
    certificate = builder.add_extension(usage, critical=True).sign(pki.citizen_ca.private_key, hashes.SHA256())
    return sign_etk(certificate.public_bytes(Encoding.DER), certificate, pki)


_SERVER_ONLY: Final[list[tuple[x509.ExtensionType, bool]]] = [
    (key_usage(key_encipherment=True), True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
]


def _reissued(
    chain: list[bytes],
    pki: Pki,
    *,
    key: rsa.RSAPublicKey | None = None,
    subject: x509.Name | None = None,
    valid: tuple[datetime, datetime] | None = None,
    extensions: list[tuple[x509.ExtensionType, bool]] | None = None,
    issuer: Identity | None = None,
) -> list[bytes]:
    """The same certificate again with one thing changed."""
    leaf = x509.load_der_x509_certificate(chain[0])
    signer = issuer or pki.ehealth_issuing
    until = valid or (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    builder = x509.CertificateBuilder(
        signer.certificate.subject, subject or leaf.subject, key or leaf.public_key(), leaf.serial_number + 1
    )
    builder = builder.not_valid_before(until[0]).not_valid_after(until[1])
    kept: list[tuple[x509.ExtensionType, bool]] = [(e.value, e.critical) for e in leaf.extensions]
    for extension, critical in kept if extensions is None else extensions:
        if not isinstance(extension, (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)):
            builder = builder.add_extension(extension, critical=critical)
    made = builder.sign(signer.private_key, hashes.SHA256())
    return [made.public_bytes(Encoding.DER), *chain[1:]]


def _issued_by(common_name: str, chain: list[bytes], pki: Pki) -> list[bytes]:
    issuer = _authority(common_name, pki)
    rest = [issuer.certificate.public_bytes(Encoding.DER)] * (len(chain) - 1)
    return [*_reissued(chain[:1], pki, issuer=issuer), *rest]


def _authority(common_name: str, pki: Pki) -> Identity:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    # Any key of the sandbox will do: nobody looks whether two authorities share it.
    key = pki.citizen_ca.private_key
    builder = x509.CertificateBuilder(name, name, key.public_key(), _SERIAL)
    builder = builder.not_valid_before(AUTHORITIES_FROM).not_valid_after(AUTHORITIES_UNTIL)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(key_usage(authority=True), critical=True)
    return Identity(key, builder.sign(key, hashes.SHA256()))


def _stranger() -> Subject:
    return Subject("SSIN", STRANGER.ssin, plain(f"{STRANGER.first_names} {STRANGER.surname}"))
