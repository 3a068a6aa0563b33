"""What the steps need from eHealth: the registration authority for certificates and ETKs, and the ETK depot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from steps.ports.signing import Signer


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or an organisation; for a person `first_names` is one string with all given names."""

    identifier_type: str
    identifier: str
    name: str
    first_names: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Where eHealth writes and calls."""

    email_private: str
    phone_private: str
    email_general: str | None = None
    phone_general: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """The text that a requester signs, made by eHealth, and the distinguished name of the certificate.

    `texts` maps a language to HTML. The contract is sent back as it came (PROTOCOL §9.1).
    """

    dn: str
    signer: Actor
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation whose certificates a person may manage."""

    identifier_type: str
    identifier: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Qualities:
    """What eHealth knows a person as."""

    care_provider: bool
    organizations: tuple[Organization, ...] = ()


class CertificateStatus(Enum):
    """Where a certificate stands (PROTOCOL §8.1)."""

    IN_PROGRESS = "IN_PROGRESS"
    VALID_ACTIVE = "VALID_ACTIVE"
    REFUSED = "REFUSED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"


class EtkStatus(Enum):
    """Where the encryption token of a certificate stands (PROTOCOL §8.1)."""

    NOT_REQUESTED = "NOT_REQUESTED"
    IN_REQUEST = "IN_REQUEST"
    WAIT_FOR_ACTIVATION = "WAIT_FOR_ACTIVATION"
    VALID_ACTIVE = "VALID_ACTIVE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class CertificateDetails:
    """The identification of a delivered certificate; the moments carry a zone."""

    serial_number: str
    dn: str
    issuer_dn: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What eHealth has on record about one request or certificate.

    `public_key_identifier` is 40 lower-case hexadecimal digits; `details` and `replaceable_from` are missing
    until the certificate is delivered.
    """

    public_key_identifier: str
    requested_at: datetime
    actor: Actor
    application_id: str | None
    status: CertificateStatus
    etk_status: EtkStatus
    automatically_validated: bool
    details: CertificateDetails | None
    revocable: bool
    replaceable: bool
    replaceable_from: datetime | None
    contact: Contact


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A request as it will go over the wire, signed where its operation asks for it, not sent yet.

    `message_id` is the Id of the request element, `sha256` the hexadecimal hash of `body`, the whole envelope.
    """

    operation: str
    message_id: str
    sha256: str
    body: bytes


class RevocationReason(Enum):
    """Why a certificate is revoked: the four that eHealth knows (PROTOCOL §2.3)."""

    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"


@dataclass(frozen=True, slots=True)
class RevocationContract:
    """The text that is signed to revoke a certificate, made by eHealth; sent back as it came (PROTOCOL §3.2, op. 7).

    `texts` maps a language to HTML.
    """

    dn: str
    signer: Actor
    reason: RevocationReason
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OrganizationType:
    """A kind of identifier that organisations may have, with eHealth's own rules for it (PROTOCOL §9.3).

    `pattern` is a regular expression in Java's syntax; `check_digits` names algorithms (PROTOCOL §9.4).
    """

    identifier_type: str
    names: Mapping[str, str]
    pattern: str | None = None
    check_digits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """A foreigner's request is kept until he has logged in at `address`, before `until`."""

    address: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Submitted:
    """eHealth registered the request."""

    public_key_identifier: str
    automatically_validated: bool
    replaces: str | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The certificate and its intermediates, DER, leaf first, without the root."""

    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class NotYetDelivered:
    """The request is registered; the authority has not delivered."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The encryption token: CMS SignedData, DER; `to_be_activated` when it replaces another (PROTOCOL §8.3)."""

    etk: bytes
    to_be_activated: bool


class RegistrationAuthority(Protocol):
    """CertRA v2, EtkRA v2 and EtkDepot v1 of one environment.

    Every call may raise `EhealthUnreachableError` (provably not sent), `EhealthNoAnswerError`, `EhealthFaultError`,
    `EhealthNonsenseError` (all three: whether it was carried out is unknown) or `RefusedError` with eHealth's code.
    No call is ever repeated by the adapter.
    """

    def service_time(self) -> datetime:
        """The moment that the service's clock shows, from an answer to a harmless question. Safe to repeat."""
        ...

    def qualities(self, ssin: str, card: Signer) -> Qualities:
        """getActorQualities, signed with the card's Authentication key. Safe to repeat."""
        ...

    def contract(self, contact: Contact, signer: Actor, actor: Actor, application_id: str | None = None) -> Contract:
        """generateContract. Safe to repeat: it only makes a text."""
        ...

    def organization_types(self) -> tuple[OrganizationType, ...]:
        """getGenericOrganizationTypes: the identifier types that are accepted. Safe to repeat."""
        ...

    def application_ids(self, identifier_type: str, identifier: str) -> tuple[str | None, ...]:
        """getExistingApplicationIds of an organisation; None stands for a certificate without one. Safe to repeat."""
        ...

    def sign_certificate_request(self, csr: bytes, contact: Contact, contract: Contract, card: Signer) -> SignedMessage:
        """Build and sign generateCertificate with the card's Signature key; `csr` is PKCS#10, DER."""
        ...

    def submit(self, message: SignedMessage) -> Submitted:
        """Send generateCertificate. CHANGES something: never repeat without asking first."""
        ...

    def certificate(self, public_key_identifier: str) -> Delivered | NotYetDelivered:
        """getCertificate. Safe to repeat. An unknown identifier is a `RefusedError`."""
        ...

    def certificates_of_citizen(self, card: Signer) -> tuple[CertificateInfo, ...]:
        """getCertificateInfoForCitizen, signed with the card's Authentication key. Safe to repeat."""
        ...

    def certificate_info(self, authentication: Signer) -> CertificateInfo:
        """getCertificateInfoForAuthenticationCertificate, signed with the eHealth key. Safe to repeat."""
        ...

    def revocation_contract(
        self, public_key_identifier: str, signer: Actor, reason: RevocationReason
    ) -> RevocationContract:
        """generateRevocationContract. Safe to repeat: it only makes a text."""
        ...

    def sign_revocation(self, public_key_identifier: str, contract: RevocationContract, card: Signer) -> SignedMessage:
        """Build and sign revoke with the card's Signature key."""
        ...

    def revoke(self, message: SignedMessage) -> None:
        """Send revoke. CHANGES something, for good: ask first after a doubt."""
        ...

    def make_foreign_request(self, person: Actor, contact: Contact, csr: bytes) -> SignedMessage:
        """Build submitCSRForForeigner, which nobody signs; `person` has a BIS number, `csr` is PKCS#10, DER."""
        ...

    def submit_foreign_request(self, message: SignedMessage) -> ToConfirm:
        """Send submitCSRForForeigner. CHANGES something: never repeat without asking first."""
        ...

    def start_etk(self, public_key: bytes, authentication: Signer) -> bytes:
        """startETKRegistration for a SubjectPublicKeyInfo, DER; returns the challenge (PROTOCOL §11.2).

        Safe to repeat with the same key: the newest challenge counts (PROTOCOL §13.1, an assumption).
        """
        ...

    def sign_etk_completion(self, certificate: bytes, authentication: Signer) -> SignedMessage:
        """Build and sign completeETKRegistration for the DER certificate of the encryption key."""
        ...

    def complete_etk(self, message: SignedMessage) -> Registered:
        """Send completeETKRegistration. CHANGES something: ask first after a doubt."""
        ...

    def sign_etk_activation(self, authentication: Signer) -> SignedMessage:
        """Build and sign activateETK."""
        ...

    def activate_etk(self, message: SignedMessage) -> None:
        """Send activateETK. CHANGES something: ask first after a doubt."""
        ...

    def etk(self, identifier_type: str, identifier: str, application_id: str | None = None) -> bytes | None:
        """GetEtk of the public depot: the ETK in use (CMS, DER), or None when there is none. Safe to repeat."""
        ...
