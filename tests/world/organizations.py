"""A keystore of the hospital that a person of the sandbox manages, in use in a world."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from adapters.sandbox.people import HOSPITAL, MANAGER
from tests.world.keystores import MemoryKeystores
from tests.world.world import OLD_PASSWORD, World


def hospital_keystore(
    world: World, application_id: str | None = "APP-1", valid_for: timedelta = timedelta(days=60)
) -> Path:
    """Put a finished keystore of the hospital there, which the person chooses from now on; returns its path."""
    assert isinstance(world.keystores, MemoryKeystores)
    content = world.sandbox.enrol(MANAGER, valid_for, organization=HOSPITAL, application_id=application_id)
    requested_at = world.clock.now() - timedelta(days=365 * 2)
    owner = (HOSPITAL.identifier_type, HOSPITAL.identifier, application_id)
    name = world.keystores.name_for(*owner, requested_at)
    path = world.keystores.finish(world.keystores.create(name, content, OLD_PASSWORD))
    world.person.answers["keystore"] = {"file": str(path)}
    return path
