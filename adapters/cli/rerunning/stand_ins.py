"""Who and what stands in for the people, cards and keystores of a bundle: always the same fictive ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.cli.rehearsal import PASSWORD, PIN
from adapters.keystore.folder import KeystoreFolder
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import HOSPITAL, PROVIDER, Person, RegisteredOrganization
from workflow.forms import KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, Form, Kind, Offer
from workflow.forms import PIN as PIN_NAME
from workflow.procedure import Procedure
from workflow.secret import Secret

NEW_PASSWORD = "sandbox-new-password"
_SECRETS = {KEYSTORE_PASSWORD: PASSWORD, NEW_KEYSTORE_PASSWORD: NEW_PASSWORD, PIN_NAME: PIN}
_USUAL = timedelta(days=60)
_WITH_PREDECESSOR = frozenset({"renew", "renew_without_keystore", "revoke", "password"})
_WITH_FILE = frozenset({"renew", "password"})
_WITHOUT_CARD = frozenset({"request_foreigner", "password", "adopt"})
_NO_SUCCESSOR = frozenset({"left", "stopped"})
"""Reasons of a revocation that need no answer to the question whether a new certificate is wanted."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a bundle tells of its people: the stand-ins play it."""

    definition: str
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, procedure: Procedure) -> Role:
        """The role of the stand-ins for a procedure."""
        return cls(procedure.definition, procedure.facts)

    def fact(self, name: str) -> Mapping[str, Any]:
        """One fact, empty when it is not known."""
        return self.facts.get(name) or {}

    @property
    def person(self) -> Person:
        """The fictive person: a care provider or not, whose requests are looked at by hand or not."""
        by_hand = self.fact("request").get("automatically_validated") is False
        known = self.fact("record").get("care_provider", self.fact("qualities").get("care_provider", True))
        return replace(PROVIDER, automatic=not by_hand, care_provider=known is not False or not by_hand)

    @property
    def organization(self) -> RegisteredOrganization | None:
        """The fictive organisation, where the certificate is for one."""
        owner = self.fact("owner").get("type", "SSIN")
        chosen = self.fact("kind").get("chosen", "person")
        return HOSPITAL if owner != "SSIN" or chosen != "person" else None

    @property
    def application_id(self) -> str | None:
        """An application id, where the certificate has one."""
        return "REHEARSAL" if self.fact("owner").get("application_id") else None

    def valid_until(self, now: datetime) -> datetime:
        """When the present certificate ends: as in the facts."""
        for fact in ("old_keystore", "chosen", "record"):
            if until := self.fact(fact).get("valid_until"):
                return datetime.fromisoformat(until)
        return now + _USUAL

    @property
    def with_etk(self) -> bool:
        """Whether the present certificate has an encryption key that goes on until the new one is activated."""
        return bool(self.fact("etk").get("to_be_activated", True))


def furnish(sandbox: Sandbox, keystores: KeystoreFolder, role: Role) -> Path | None:
    """Put the card in the reader and the present certificate on record; returns its keystore, where there is one."""
    person, organization = role.person, role.organization
    sandbox.know(person)
    if organization is not None:
        with sandbox.store.transaction():
            sandbox.authority.desk.register.add_mandate(person, organization)
    if role.definition not in _WITHOUT_CARD:
        sandbox.issue_card(person, PIN)
    keystores.check()
    if role.definition not in _WITH_PREDECESSOR:
        return None
    now = sandbox.clock.now()
    content = sandbox.enrol(
        person,
        role.valid_until(now) - now,
        with_etk=role.with_etk,
        organization=organization,
        application_id=role.application_id,
    )
    if role.definition not in _WITH_FILE:
        return None
    owner = ("SSIN", person.ssin) if organization is None else (organization.identifier_type, organization.identifier)
    requested = content.keys[0].chain[0].not_valid_before_utc
    name = keystores.name_for(*owner, role.application_id, requested)
    return keystores.finish(keystores.create(name, content, PASSWORD))


# --- who answers ------------------------------------------------------------------------------------------------------


def secret_of(name: str) -> Secret:
    """The fictive password or PIN."""
    return Secret(_SECRETS[name])


def answers_of(form: Form, offer: Offer, role: Role, file: Path | None) -> dict[str, Any]:
    """What the stand-in answers to a form: as the facts say, else what goes well."""
    given = _answers(role, file).get(form.name, {})
    answers: dict[str, Any] = {"language": next(iter(offer.documents))} if offer.documents else {}
    for field in form.fields:
        if field.secret:
            answers[field.name] = secret_of(field.name)
            continue
        value = given.get(field.name, True if field.kind is Kind.YES and field.required else None)
        if value is None:
            value = offer.defaults.get(field.name)
        if value is None and field.required and offer.choices.get(field.name):
            value = offer.choices[field.name][0].value
        if value is not None:
            answers[field.name] = field.check(value)
    return answers


def _answers(role: Role, file: Path | None) -> dict[str, dict[str, Any]]:
    chosen = role.fact("kind").get("chosen", "person")
    whose = chosen if chosen in ("person", "typed") else f"{HOSPITAL.identifier_type}={HOSPITAL.identifier}"
    reason = role.fact("reason")
    words = reason.get("words", "file_lost")
    only = not reason.get("request_again", True) and words not in _NO_SUCCESSOR
    return {
        "keystore": {"file": _text(file)},
        "keystore_to_change": {"file": _text(file)},
        "keystore_to_adopt": {"file": _text(file)},
        "contact": {"email_private": "exemple@example.org", "phone_private": "+32 470 00 00 00"},
        "kind": {"certificate_for": whose},
        "organization": {
            "identifier_type": HOSPITAL.identifier_type,
            "number": HOSPITAL.identifier,
            "name": HOSPITAL.name_fr,
        },
        "application": {"application_id": role.application_id},
        "reason": {"reason": words, "only": only},
        "revocation": {"confirmation": "revoke"},
        "person": {"bis": "75431299932", "surname": "Ausländer", "first_names": "Anna"},
    }


def _text(file: Path | None) -> str | None:
    return None if file is None else str(file)
