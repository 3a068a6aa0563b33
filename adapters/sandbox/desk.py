"""What the operations work with: the records, the authorities, the rules of this sandbox, and one message."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from adapters.sandbox.certificates import VALIDITY_MONTHS, Certificates, Record, State
from adapters.sandbox.clock import add_months
from adapters.sandbox.mails import Mails
from adapters.sandbox.operations import Operation
from adapters.sandbox.people import Register
from adapters.sandbox.pki import Pki, RandomBytes
from adapters.sandbox.refusal import Refusal
from adapters.sandbox.tokens import Tokens
from adapters.sandbox.trust import CardHolder
from adapters.xml.parsing import Element

# assumption: how old a signed request may be is not known; unsigned ones are taken at any time (PROTOCOL §2.1).
ISSUE_INSTANT_TOLERANCE: Final = timedelta(minutes=10)
# "some hours" must not be enough, "two days" must (PROCEDURES §7: minutes to days).
DELIVERY_DELAY: Final = timedelta(hours=36)
# assumption: how long a foreigner has to confirm is told by the answer only (PROTOCOL §3.2).
CONFIRMATION_PERIOD: Final = timedelta(days=7)

# assumption: whether a renewal needs the old key is not known (PROTOCOL §8.2); where it does, having asked for the
# state with it (operation 6) counts as its proof for so long.
OLD_KEY_PROOF: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What can be chosen for a sandbox.

    `manual_validation`: the support team looks at every request; otherwise it depends on the person.
    `escaped_dn`: whether the distinguished name in contracts comes with `\\=` (PROTOCOL §9.1: not known).
    `old_key_needed`: a renewal is refused unless the old key has asked for its state within `OLD_KEY_PROOF`.
    `revocation_delay`: for so long a revoked certificate still stands in the way of a new request.
    """

    delivery_delay: timedelta = DELIVERY_DELAY
    manual_validation: bool = False
    escaped_dn: bool = True
    old_key_needed: bool = False
    revocation_delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Call:
    """One message, checked: `request` is what was signed where a signature is needed."""

    operation: Operation
    request: Element
    message_id: str | None
    sha256: str
    now: datetime
    holder: CardHolder | None = None
    record: Record | None = None

    @property
    def card_holder(self) -> CardHolder:
        """Whose card signed."""
        if self.holder is None:
            raise TypeError("not signed with a card")
        return self.holder

    @property
    def own_record(self) -> Record:
        """Whose eHealth key signed."""
        if self.record is None:
            raise TypeError("not signed with an eHealth key")
        return self.record


@dataclass(frozen=True, slots=True)
class Answer:
    """The children of a good answer; `key` and `ssin` say whom a change was about, for the log."""

    children: list[Element] = field(default_factory=list)
    key: str | None = None
    ssin: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The office of the far side."""

    pki: Pki
    register: Register
    certificates: Certificates
    tokens: Tokens
    mails: Mails
    rules: Rules = field(default_factory=Rules)
    random_bytes: RandomBytes = secrets.token_bytes

    def identifier(self) -> str:
        """A fresh Id for a message."""
        return f"_{uuid.UUID(bytes=self.random_bytes(16), version=4)}"

    def serial_number(self) -> int:
        """A fresh serial number for a certificate."""
        return int.from_bytes(b"\x01" + self.random_bytes(15), "big")

    def known(self, key: str) -> Record:
        """The record of this PublicKeyIdentifier, which must exist."""
        record = self.certificates.by_key(key)
        if record is None:
            raise Refusal("SIM_UNKNOWN_PUBLIC_KEY", PublicKeyIdentifier=key.upper())
        return record

    def check_may_manage(self, ssin: str, identifier_type: str, identifier: str) -> None:
        """Refuse who is neither the person himself nor mandated by the organisation."""
        own = [(o.identifier_type, o.identifier) for o in self.register.organizations_of(ssin)]
        if (identifier_type, identifier) not in [("SSIN", ssin), *own]:
            raise Refusal("SIM_NOT_AUTHORIZED")

    def approve(self, record: Record, now: datetime) -> Record:
        """Hand a request to the certification authority."""
        return replace(record, state=State.APPROVED, deliver_at=now + self.rules.delivery_delay)

    def deliver(self, record: Record) -> None:
        """Make the certificate of an approved request, dated at the moment when it was due."""
        key = load_der_public_key(record.public_key)
        if record.deliver_at is None or not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("this request cannot be delivered")
        start = record.deliver_at.replace(microsecond=0)
        valid = (start, add_months(start, VALIDITY_MONTHS))
        certificate = self.pki.issue_authentication(record.subject.x509_name(), key, valid, self.serial_number())
        self.certificates.put(replace(record, certificate=certificate))
        self.mails.announce(record, record.deliver_at)
