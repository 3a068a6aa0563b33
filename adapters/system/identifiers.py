"""New identifiers of procedures."""

from __future__ import annotations

import secrets

from workflow.procedure import ID_LENGTH, ID_LETTERS, ProcedureId


def new_id() -> ProcedureId:
    """Eight letters and digits that are not mistaken for each other."""
    return ProcedureId("".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH)))
