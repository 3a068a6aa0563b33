"""The journal as the second copy of the facts: what each line changed, and the facts that all lines together give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from workflow.definition import Definition, Final, Turn, Waiting
from workflow.expecting import expected_by
from workflow.machine import derive
from workflow.procedure import Line, Procedure, ProcedureId

_ENTERING = frozenset({"started", "moved", "back", "corrected", "ended", "restored"})
"""The kinds of lines with which a state may be entered."""


def changes_of(before: Procedure | None, after: Procedure) -> dict[str, Any]:
    """What a line says of a change: `learned` facts and `forgotten` names; for a new procedure also what it is.

    `before` is the procedure as it was last written, None when it never was.
    """
    known = before.facts if before else {}
    learned = {name: value for name, value in after.facts.items() if name not in known or known[name] != value}
    forgotten = sorted(name for name in known if name not in after.facts)
    changes: dict[str, Any] = {}
    if learned:
        changes["learned"] = learned
    if forgotten:
        changes["forgotten"] = forgotten
    if before is None:
        changes |= {"definition": after.definition, "environment": after.environment}
    if before is None or before.definition_version != after.definition_version:
        changes["version"] = after.definition_version
    return changes


def whole(procedure: Procedure) -> dict[str, Any]:
    """Changes that stand for all lines before them: used where an earlier line is lost."""
    return {**changes_of(None, replace(procedure, facts={})), "facts": dict(procedure.facts)}


def replayed(procedure: ProcedureId, lines: Iterable[Line]) -> Procedure | None:
    """The procedure that a whole journal gives; None when the journal does not say which procedure it is.

    Its state is empty: it follows from the facts and today's definition, see `standing`.
    """
    facts: dict[str, Any] = {}
    said: dict[str, Any] = {}
    created = since = None
    for line in lines:
        changes = line.changes
        facts = dict(changes.get("facts", facts))
        facts = {name: value for name, value in facts.items() if name not in changes.get("forgotten", ())}
        facts |= changes.get("learned", {})
        said |= {name: changes[name] for name in ("definition", "environment", "version") if name in changes}
        created = created or line.at
        since = line.at if line.kind in _ENTERING else since
    if created is None or len(said) < 3:
        return None
    return Procedure(
        id=procedure,
        definition=said["definition"],
        definition_version=said["version"],
        environment=said["environment"],
        state="",
        turn=Turn.HELPDESK,
        facts=facts,
        created_at=created,
        since=since or created,
    )


def standing(definition: Definition, procedure: Procedure, facts: Mapping[str, Any], now: datetime) -> Procedure:
    """The procedure with these facts, in the state that they give; a wait is looked at again at once."""
    state = definition.state(derive(definition, facts))
    return replace(
        procedure,
        facts=facts,
        state=state.name,
        turn=state.turn,
        looked_at=None,
        wake_at=now if isinstance(state, Waiting) else None,
        expected_by=expected_by(state, procedure.since, facts),
        trouble=None,
        ended=isinstance(state, Final),
    )
