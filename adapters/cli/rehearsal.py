"""What a sandbox needs for a rehearsal: a fictive person with a card and a current keystore."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.keystore.folder import KeystoreFolder

if TYPE_CHECKING:
    from adapters.sandbox.home import Sandbox
    from adapters.sandbox.people import Person, RegisteredOrganization

PIN = "1234"
PASSWORD = "sandbox-old-password"
"""Both are fictive, and known to everybody: they protect keys that nobody but a sandbox believes."""


def people() -> dict[str, Person]:
    """The fictive people by the names that the command line gives them."""
    from adapters.sandbox import people

    return {
        "provider": people.PROVIDER,
        "colleague": people.COLLEAGUE,
        "stranger": people.STRANGER,
        "manager": people.MANAGER,
        "scrutinized": people.SCRUTINIZED,
    }


def issue_card(sandbox: Sandbox, person: Person, kind: str) -> None:
    """Put a card of this person in a reader; `kind` is rsa or ec."""
    sandbox.issue_card(person, PIN, "ec" if kind == "ec" else "rsa")


def furnish(
    sandbox: Sandbox,
    keystores: KeystoreFolder,
    person: Person,
    valid_for: timedelta,
    kind: str,
    organization: RegisteredOrganization | None = None,
) -> Path:
    """Give a person a card in a reader and a keystore whose certificate ends after `valid_for`; returns its path.

    The keystore is his own, or the one of an organisation that he manages.
    """
    issue_card(sandbox, person, kind)
    return keystore_for(sandbox, keystores, person, valid_for, organization)


def keystore_for(
    sandbox: Sandbox,
    keystores: KeystoreFolder,
    person: Person,
    valid_for: timedelta,
    organization: RegisteredOrganization | None = None,
) -> Path:
    """Give a person, or an organisation that he manages, a keystore whose certificate ends after `valid_for`."""
    keystores.check()
    content = sandbox.enrol(person, valid_for, organization=organization)
    requested_at = content.keys[0].chain[0].not_valid_before_utc
    owner = ("SSIN", person.ssin) if organization is None else (organization.identifier_type, organization.identifier)
    name = keystores.name_for(*owner, None, requested_at)
    return keystores.finish(keystores.create(name, content, PASSWORD))
