"""Whose certificate a procedure is about: the card's holder himself, or an organisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.names import Subject
from steps.ports.registration import Actor, CertificateInfo
from steps.remembered import Facts, holder_actor, holder_name
from workflow.checks import mask_ssin

PERSON = "SSIN"
"""The identifier type of a person."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person or an organisation; `application_id` is an organisation's, and may be missing."""

    identifier_type: str
    identifier: str
    name: str
    application_id: str | None = None

    @property
    def is_person(self) -> bool:
        """Whether it is a person."""
        return self.identifier_type == PERSON

    @property
    def label(self) -> str:
        """For people, with the national number masked."""
        number = mask_ssin(self.identifier) if self.is_person else f"{self.identifier_type} {self.identifier}"
        return ", ".join([f"{self.name} ({number})", *([self.application_id] if self.application_id else [])])

    def owns(self, info: CertificateInfo) -> bool:
        """Whether a record of eHealth is about a certificate of this owner and application."""
        return self.is_actor(info) and (info.application_id or None) == self.application_id

    def is_actor(self, info: CertificateInfo) -> bool:
        """Whether a record of eHealth is about this owner, whatever the application."""
        return (info.actor.identifier_type, info.actor.identifier) == (self.identifier_type, self.identifier)

    def is_subject(self, subject: Subject) -> bool:
        """Whether a certificate's name is this owner's."""
        parts = (subject.identifier_type, subject.identifier, subject.application_id)
        return parts == (self.identifier_type, self.identifier, self.application_id)


def owner_of(facts: Facts) -> Owner:
    """Whose certificate it is, or will be."""
    if "owner" in facts:
        fact = facts["owner"]
        return Owner(fact["type"], fact["identifier"], fact["name"], fact["application_id"])
    return Owner(PERSON, facts["holder"]["ssin"], holder_name(facts))


def owner_fact(owner: Owner) -> dict[str, Any]:
    """An owner as a fact."""
    return {
        "type": owner.identifier_type,
        "identifier": owner.identifier,
        "name": owner.name,
        "application_id": owner.application_id,
    }


def actor_of(facts: Facts) -> Actor:
    """The owner as eHealth wants an actor: for a person it equals the signer (PROTOCOL §3.2, op. 2)."""
    owner = owner_of(facts)
    if owner.is_person:
        return holder_actor(facts)
    # assumption: an organisation has no first name (PROTOCOL §3.2 notes a quirk of the reference client).
    return Actor(owner.identifier_type, owner.identifier, owner.name)
