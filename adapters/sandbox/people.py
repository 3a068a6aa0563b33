"""Whom the far side knows: people, organisations, and who may act for whom."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Person:
    """A fictive person; `automatic`: his requests are validated without a look by the support team."""

    ssin: str
    first_names: str
    surname: str
    care_provider: bool = True
    automatic: bool = True
    nihii: str | None = None


@dataclass(frozen=True, slots=True)
class RegisteredOrganization:
    """A fictive organisation."""

    identifier_type: str
    identifier: str
    name_fr: str
    name_nl: str


# The SSINs use the sequence number 999, the NIHII numbers the end of the range: neither is given out.
PROVIDER: Final = Person("75031299943", "Zoé Élise", "Exemple", nihii="19999915001")
COLLEAGUE: Final = Person("80051599972", "Jan", "Voorbeeld", nihii="39999929001")
STRANGER: Final = Person("90010199992", "Léa", "Inconnue", care_provider=False)
MANAGER: Final = Person("68070799974", "Marc", "Gérant", care_provider=False)
SCRUTINIZED: Final = Person("02031299991", "Noor", "Wachtster", automatic=False)
PEOPLE: Final = (PROVIDER, COLLEAGUE, STRANGER, MANAGER, SCRUTINIZED)

HOSPITAL: Final = RegisteredOrganization("NIHII-HOSPITAL", "71999932", "Hôpital Exemple", "Voorbeeldziekenhuis")
PHARMACY: Final = RegisteredOrganization("NIHII-PHARMACY", "99999971", "Pharmacie Exemple", "Voorbeeldapotheek")
ORGANIZATIONS: Final = (HOSPITAL, PHARMACY)


class Register:
    """The authentic sources, as the far side sees them; changes happen inside a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def populate(self) -> None:
        """Write down the fictive people and organisations, where they are not known yet."""
        if self.person(PROVIDER.ssin) is not None:
            return
        for person in PEOPLE:
            self.add_person(person)
        for organization in ORGANIZATIONS:
            self.add_organization(organization)
        self.add_mandate(MANAGER, HOSPITAL)

    def add_person(self, person: Person) -> None:
        """Know this person from now on, or know him otherwise."""
        self._store.change(
            "INSERT OR REPLACE INTO people VALUES (:ssin, :first_names, :surname, :care, :automatic, :nihii)",
            ssin=person.ssin,
            first_names=person.first_names,
            surname=person.surname,
            care=person.care_provider,
            automatic=person.automatic,
            nihii=person.nihii,
        )

    def person(self, ssin: str) -> Person | None:
        """The person with this number."""
        row = self._store.row("SELECT * FROM people WHERE ssin = :ssin", ssin=ssin)
        return None if row is None else _person(row)

    def person_of_nihii(self, nihii: str) -> Person | None:
        """The person with this INAMI/RIZIV number: all eleven digits, or the first eight."""
        row = self._store.row("SELECT * FROM people WHERE nihii = :n OR substr(nihii, 1, 8) = :n", n=nihii)
        return None if row is None else _person(row)

    def add_organization(self, organization: RegisteredOrganization) -> None:
        """Know this organisation from now on."""
        self._store.change(
            "INSERT OR REPLACE INTO organizations VALUES (:type, :identifier, :fr, :nl)",
            type=organization.identifier_type,
            identifier=organization.identifier,
            fr=organization.name_fr,
            nl=organization.name_nl,
        )

    def organization(self, identifier_type: str, identifier: str) -> RegisteredOrganization | None:
        """The organisation with this number."""
        row = self._store.row(
            "SELECT * FROM organizations WHERE type = :type AND identifier = :identifier",
            type=identifier_type,
            identifier=identifier,
        )
        return None if row is None else RegisteredOrganization(*tuple(row))

    def add_mandate(self, person: Person, organization: RegisteredOrganization) -> None:
        """From now on this person may manage the certificates of this organisation."""
        self._store.change(
            "INSERT OR REPLACE INTO mandates VALUES (:ssin, :type, :identifier)",
            ssin=person.ssin,
            type=organization.identifier_type,
            identifier=organization.identifier,
        )

    def organizations_of(self, ssin: str) -> list[RegisteredOrganization]:
        """The organisations whose certificates this person may manage."""
        rows = self._store.rows(
            "SELECT o.* FROM organizations o JOIN mandates USING (type, identifier) WHERE ssin = :ssin"
            " ORDER BY type, identifier",
            ssin=ssin,
        )
        return [RegisteredOrganization(*tuple(row)) for row in rows]

    def trust(self, anchor: x509.Certificate) -> None:
        """Take one more root for cards, for instance of test cards."""
        self._store.change("INSERT OR IGNORE INTO anchors VALUES (:der)", der=_der(anchor))

    def anchors(self) -> list[x509.Certificate]:
        """The roots that were added for cards."""
        return [x509.load_der_x509_certificate(row["der"]) for row in self._store.rows("SELECT der FROM anchors")]

    def withdraw_card(self, certificate: x509.Certificate) -> None:
        """From now on this certificate of a card counts as revoked."""
        self._store.change("INSERT OR IGNORE INTO withdrawn_cards VALUES (:der)", der=_der(certificate))

    def is_withdrawn(self, certificate: x509.Certificate) -> bool:
        """Whether this certificate of a card was revoked."""
        der = _der(certificate)
        return self._store.row("SELECT 1 FROM withdrawn_cards WHERE der = :der", der=der) is not None


def _person(row: sqlite3.Row) -> Person:
    return Person(
        row["ssin"],
        row["first_names"],
        row["surname"],
        care_provider=bool(row["care_provider"]),
        automatic=bool(row["automatic"]),
        nihii=row["nihii"],
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
