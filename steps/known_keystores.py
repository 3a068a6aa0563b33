"""What the facts of procedures prove about keystore files, without a password: by the bytes that were written last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from steps.owner import owner_of
from steps.remembered import Facts, moment
from workflow.procedure import Procedure, ProcedureId


@dataclass(frozen=True, slots=True)
class Known:
    """Whose certificate a file holds, until when, and whether it is finished: both keys are there and registered."""

    procedure: ProcedureId
    identifier_type: str
    identifier: str
    application_id: str | None
    public_key_identifier: str
    valid_until: datetime | None
    finished: bool


def known_keystores(procedures: Iterable[Procedure]) -> dict[str, Known]:
    """By the SHA-256 of their bytes, hexadecimal: the keystores that procedures wrote.

    A file that got another password since is known by its new bytes too.
    """
    listed = list(procedures)
    found = {sha256: known for one in listed if (known := _known(one)) and (sha256 := _written(one.facts))}
    for one in sorted(listed, key=lambda procedure: procedure.created_at):
        changed, before = one.facts.get("changed", {}), one.facts.get("keystore", {})
        if (sha256 := changed.get("sha256")) and before.get("sha256") in found:
            found[sha256] = found[before["sha256"]]
    return found


def _written(facts: Facts) -> str | None:
    sha256: str | None = facts["new_keystore"].get("sha256")
    return sha256


def _known(procedure: Procedure) -> Known | None:
    facts = procedure.facts
    if "new_keystore" not in facts or "key" not in facts:
        return None
    owner = owner_of(facts)
    ends = facts.get("certificate", {}).get("valid_until")
    return Known(
        procedure=procedure.id,
        identifier_type=owner.identifier_type,
        identifier=owner.identifier,
        application_id=owner.application_id,
        public_key_identifier=facts["key"]["public_key_identifier"],
        valid_until=moment(ends) if ends else None,
        finished="etk" in facts,
    )
