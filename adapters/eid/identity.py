"""Who a card belongs to, and which certificate is for what, from the certificates alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from steps.ports.card import Holder
from workflow.errors import CardNotActiveError, NotAnEidError
from workflow.texts import mark

Chain = tuple[x509.Certificate, ...]

_SSIN = re.compile(r"[0-9]{11}")


class Purpose(Enum):
    """The two keys of a card, under the names that the eID viewer gives them."""

    AUTHENTICATION = mark("Authentication")
    SIGNATURE = mark("Signature")


@dataclass(frozen=True, slots=True)
class Identity:
    """What the certificates of one card say: the chains are leaf first, as far as the card holds them."""

    chains: dict[Purpose, Chain]

    def chain(self, purpose: Purpose) -> Chain:
        """The certificates of one key. Raises `CardNotActiveError` when the card has none for it."""
        chain = self.chains.get(purpose)
        if chain is None:
            raise CardNotActiveError(purpose=purpose.value)
        return chain

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate that says whose card this is.

        Raises `CardNotActiveError` for a card without certificates: children have such, and who chose so.
        """
        if Purpose.AUTHENTICATION not in self.chains and Purpose.SIGNATURE in self.chains:
            return self.chains[Purpose.SIGNATURE][0]
        return self.chain(Purpose.AUTHENTICATION)[0]

    @property
    def holder(self) -> Holder:
        """Whose card this is."""
        return holder_of(self.leaf)

    def _leaves(self) -> list[x509.Certificate]:
        return [chain[0] for chain in self.chains.values()]

    @property
    def valid_until(self) -> datetime:
        """When the first of the certificates ends, UTC."""
        return min(certificate.not_valid_after_utc for certificate in (self.leaf, *self._leaves()))


def read_identity(certificates: Iterable[x509.Certificate]) -> Identity:
    """Sort the certificates of one card into the chains of its two keys."""
    every = list(certificates)
    chains: dict[Purpose, Chain] = {}
    for certificate in every:
        purpose = purpose_of(certificate)
        if purpose is not None and purpose not in chains:
            chains[purpose] = _chain(certificate, every)
    return Identity(chains)


def holder_of(certificate: x509.Certificate) -> Holder:
    """Whose certificate this is: serialNumber, GN and SN of its subject.

    Raises `NotAnEidError` when they are not as on a Belgian card; given names may be missing.
    """
    ssin = _subject(certificate, NameOID.SERIAL_NUMBER)
    surname = _subject(certificate, NameOID.SURNAME)
    if not _SSIN.fullmatch(ssin) or not surname:
        raise NotAnEidError
    return Holder(ssin=ssin, first_names=_subject(certificate, NameOID.GIVEN_NAME), surname=surname)


def purpose_of(certificate: x509.Certificate) -> Purpose | None:
    """Which key this certificate belongs to, by key usage; None for an authority's or any other."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    if usage.key_cert_sign:
        return None
    match usage.digital_signature, usage.content_commitment:
        case True, False:
            return Purpose.AUTHENTICATION
        case False, True:
            return Purpose.SIGNATURE
        case _:
            return None


def full_name(holder: Holder) -> str:
    """The holder for a person's eyes: no number in it."""
    return f"{holder.first_names} {holder.surname}".strip()


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value).strip() if values else ""


def _chain(leaf: x509.Certificate, others: list[x509.Certificate]) -> Chain:
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject:
        issuer = next((other for other in others if other not in chain and _issued(other, chain[-1])), None)
        if issuer is None:
            break
        chain.append(issuer)
    return tuple(chain)


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True
