"""Values of the ports as plain facts, and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509

from steps.ports.registration import Actor, Contact, Contract
from workflow.errors import RefusedError

Facts = Mapping[str, Any]


def contact_fact(contact: Contact) -> dict[str, str | None]:
    """A contact as a fact."""
    return {
        "email_private": contact.email_private,
        "phone_private": contact.phone_private,
        "email_general": contact.email_general,
        "phone_general": contact.phone_general,
    }


def contact_of(facts: Facts) -> Contact:
    """The contact data that the person gave."""
    return Contact(**facts["contact"])


def contract_fact(contract: Contract) -> dict[str, Any]:
    """A contract as a fact."""
    signer = contract.signer
    return {
        "dn": contract.dn,
        "signer": [signer.identifier_type, signer.identifier, signer.name, signer.first_names],
        "texts": dict(contract.texts),
    }


def contract_of(facts: Facts) -> Contract:
    """The contract as eHealth made it."""
    fact = facts["contract"]
    return Contract(fact["dn"], Actor(*fact["signer"]), fact["texts"])


def refusal_fact(error: RefusedError) -> dict[str, str]:
    """eHealth's no as a fact: its code and its words."""
    return {"code": error.refusal_code, "message": error.details["refusal"]}


def holder_actor(facts: Facts) -> Actor:
    """The card's holder, as eHealth wants a signer: all given names in one string (PROTOCOL §3.2)."""
    holder = facts["holder"]
    return Actor("SSIN", holder["ssin"], holder["surname"], holder["first_names"])


def holder_name(facts: Facts) -> str:
    """The holder's name for people."""
    return f"{facts['holder']['first_names']} {facts['holder']['surname']}".strip()


def chain_fact(chain: tuple[bytes, ...]) -> list[str]:
    """Certificates, DER, as a fact."""
    return [base64.b64encode(der).decode() for der in chain]


def chain_of(fact: list[str]) -> tuple[x509.Certificate, ...]:
    """The certificates of a fact."""
    return tuple(x509.load_der_x509_certificate(base64.b64decode(text)) for text in fact)


def moment(text: str) -> datetime:
    """A moment of a fact."""
    return datetime.fromisoformat(text)
