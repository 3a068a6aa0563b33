"""Brings a procedure that slept through an upgrade to today's definition, one version at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workflow.errors import DefinitionError
from workflow.procedure import Procedure

Upgrade = Callable[[Procedure], Procedure]


def _unchanged(procedure: Procedure) -> Procedure:
    """The new version only says the same in other words: no stored state or fact has another meaning."""
    return procedure


UPGRADES: dict[tuple[str, int], Upgrade] = {("renew", 1): _unchanged}
"""(definition, version) to the pure function that makes the next version of it; it says where old states went."""


def brought_forward(procedure: Procedure, version: int) -> Procedure:
    """The procedure as the definition of this version has it. Raises `DefinitionError` for a missing upgrade."""
    while procedure.definition_version < version:
        upgrade = UPGRADES.get((procedure.definition, procedure.definition_version))
        if upgrade is None:
            raise DefinitionError(
                problem=f"no upgrade from {procedure.definition} version {procedure.definition_version}"
            )
        procedure = replace(upgrade(procedure), definition_version=procedure.definition_version + 1)
    return procedure
