"""Certificates without a procedure: what a person had before a test or a demonstration begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.sandbox.certificates import VALIDITY_MONTHS, Record, State
from adapters.sandbox.clock import add_months
from adapters.sandbox.desk import Desk
from adapters.sandbox.dn import Subject, plain, rfc2253
from adapters.sandbox.encryption import SERIAL_BYTES, sign_etk
from adapters.sandbox.people import Person, RegisteredOrganization
from adapters.sandbox.pki import key_usage
from adapters.sandbox.tokens import Token, TokenState
from adapters.sandbox.trust import key_identifier
from steps.ports.keys import KeyMaker
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore
from steps.ports.registration import Actor, Contact

CONTACT: Final = Contact(email_private="exemple@example.org", phone_private="+32 470 00 00 00")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Whose certificate it is: of the person, or of an organisation that he manages."""

    person: Person
    organization: RegisteredOrganization | None = None
    application_id: str | None = None

    @property
    def subject(self) -> Subject:
        """The distinguished name."""
        if self.organization is None:
            return Subject("SSIN", self.person.ssin, plain(f"{self.person.first_names} {self.person.surname}"))
        known = self.organization
        return Subject(known.identifier_type, known.identifier, plain(known.name_fr), self.application_id)

    @property
    def actor(self) -> Actor:
        """The actor on record."""
        if self.organization is None:
            return Actor("SSIN", self.person.ssin, self.person.surname, self.person.first_names)
        known = self.organization
        return Actor(known.identifier_type, known.identifier, known.name_fr)


def enrol(
    desk: Desk, keys: KeyMaker, enrolled: Enrolled, now: datetime, valid_for: timedelta, *, with_etk: bool
) -> Keystore:
    """Put a certificate on record that ends after `valid_for`, and its active ETK; inside a transaction.

    Returns the content of the keystore as PROTOCOL §10.1 says. Nothing is written in the log of accepted changes.
    """
    key = keys.make()
    until = (now + valid_for).replace(microsecond=0)
    start = add_months(until, -VALIDITY_MONTHS)
    subject = enrolled.subject
    certificate = desk.pki.issue_authentication(
        subject.x509_name(), key.public_key(), (start, until), desk.serial_number()
    )
    desk.certificates.put(_record(enrolled, certificate, key.public_key(), start))
    chain = (certificate, desk.pki.ehealth_issuing.certificate)
    entries = [KeyEntry(AUTHENTICATION, key, chain)]
    if with_etk:
        entries.append(_encryption_entry(desk, keys, KeyEntry(AUTHENTICATION, key, chain)))
    return Keystore(tuple(entries), tuple((rfc2253(c.subject), c) for c in chain))


def _record(enrolled: Enrolled, certificate: x509.Certificate, key: rsa.RSAPublicKey, start: datetime) -> Record:
    return Record(
        key=key_identifier(key),
        requested_at=start,
        subject=enrolled.subject,
        actor=enrolled.actor,
        contact=CONTACT,
        base_services=(),
        requester=enrolled.person.ssin,
        state=State.APPROVED,
        automatic=True,
        public_key=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        deliver_at=start,
        certificate=certificate,
    )


def _encryption_entry(desk: Desk, keys: KeyMaker, owner: KeyEntry) -> KeyEntry:
    """The encryption key with its certificate, whose ETK is active from now on (PROTOCOL §11.2)."""
    key = keys.make()
    serial = desk.random_bytes(SERIAL_BYTES)
    authentication = owner.chain[0]
    builder = x509.CertificateBuilder(
        authentication.subject, authentication.subject, key.public_key(), int.from_bytes(serial, "big")
    )
    builder = builder.not_valid_before(authentication.not_valid_before_utc)
    builder = builder.not_valid_after(authentication.not_valid_after_utc)
    usage = key_usage(key_encipherment=True, data_encipherment=True)
    certificate = builder.add_extension(usage, critical=True).sign(owner.private_key, hashes.SHA256())
    public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    etk = sign_etk(certificate.public_bytes(Encoding.DER), authentication, desk.pki)
    owner_key, enc_key = key_identifier(authentication.public_key()), key_identifier(key.public_key())
    desk.tokens.put(Token(owner_key, public_key, enc_key, serial, TokenState.ACTIVE, etk))
    return KeyEntry(str(certificate.serial_number), key, (certificate,))
