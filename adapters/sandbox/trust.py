"""Who signed a message: the path of a signer's certificate, its validity, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from adapters.sandbox.certificates import Certificates, Record
from adapters.sandbox.people import Register
from adapters.sandbox.pki import Pki
from adapters.sandbox.refusal import Refusal
from steps.ports.registration import Actor

_LONGEST_PATH: Final = 4


@dataclass(frozen=True, slots=True)
class CardHolder:
    """The person whose card signed, as the card's certificate names him."""

    ssin: str
    first_names: str
    surname: str

    def check_is(self, actor: Actor) -> None:
        """Refuse an actor that is not this person, by number or by name."""
        if (actor.identifier_type, actor.identifier) != ("SSIN", self.ssin):
            raise Refusal("SIM_SSIN_DIFFERS")
        if (actor.first_names, actor.name) != (self.first_names, self.surname):
            raise Refusal("SIM_NAMES_DIFFER")


class Trust:
    """Which signers are believed."""

    def __init__(self, pki: Pki, register: Register, certificates: Certificates) -> None:
        self._pki = pki
        self._register = register
        self._certificates = certificates

    def card(self, chain: Sequence[x509.Certificate], now: datetime, *, signature: bool) -> CardHolder:
        """The holder of the card that signed with its Authentication key, or with `signature` its Signature key."""
        roots = [self._pki.belgium_root.certificate, *self._register.anchors()]
        leaf = _check_path([*chain, self._pki.citizen_ca.certificate], roots, now)
        if self._register.is_withdrawn(leaf):
            raise Refusal("SIM_SIGNER_REVOKED")
        usage = _key_usage(leaf)
        wanted, other = usage.digital_signature, usage.content_commitment
        if signature:
            wanted, other = other, wanted
        if not wanted or other:
            raise Refusal("SIM_WRONG_KEY")
        return CardHolder(
            ssin=_attribute(leaf, NameOID.SERIAL_NUMBER),
            first_names=_attribute(leaf, NameOID.GIVEN_NAME),
            surname=_attribute(leaf, NameOID.SURNAME),
        )

    def ehealth(self, chain: Sequence[x509.Certificate], now: datetime, *, only_asks: bool) -> Record:
        """The record of the eHealth certificate that signed.

        assumption: who only asks about his certificate is also answered when it is revoked or expired (PROTOCOL
        §3.2, operation 6: it exists to tell the state).
        """
        leaf = chain[0]
        moment = min(now, leaf.not_valid_after_utc) if only_asks else now
        _check_path([*chain, self._pki.ehealth_issuing.certificate], [self._pki.ehealth_root.certificate], moment)
        record = self._certificates.by_key(key_identifier(leaf.public_key()))
        if record is None or record.certificate != leaf:
            raise Refusal("SIM_SIGNER_UNKNOWN")
        if record.revoked_at is not None and not only_asks:
            raise Refusal("SIM_SIGNER_REVOKED")
        return record


def key_identifier(key: CertificatePublicKeyTypes) -> str:
    """The PublicKeyIdentifier of a key (PROTOCOL §7), in lower case."""
    return x509.SubjectKeyIdentifier.from_public_key(key).digest.hex()


def _check_path(
    certificates: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: datetime
) -> x509.Certificate:
    """Follow the issuers from the first certificate to one of the roots; returns the first."""
    current = certificates[0]
    for _ in range(_LONGEST_PATH):
        if not current.not_valid_before_utc <= now <= current.not_valid_after_utc:
            raise Refusal("SIM_SIGNER_NOT_VALID")
        if any(_issued(root, current) for root in roots):
            return certificates[0]
        issuer = next((c for c in certificates[1:] if c != current and _issued(c, current)), None)
        if issuer is None:
            break
        current = issuer
    raise Refusal("SIM_SIGNER_NOT_TRUSTED")


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether an authority made a certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        return constraints.ca and _key_usage(issuer).key_cert_sign
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, x509.ExtensionNotFound) as error:
        raise Refusal("SIM_SIGNER_NOT_TRUSTED") from error


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    if len(found) != 1:
        raise Refusal("SIM_SIGNER_NOT_TRUSTED")
    return str(found[0].value)
