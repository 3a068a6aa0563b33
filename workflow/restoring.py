"""What becomes of a procedure that comes back from a copy: since the copy was made, anything may have been sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from workflow.definition import Definition, Final
from workflow.machine import derive, facts_before
from workflow.procedure import Line, Procedure
from workflow.replaying import changes_of, standing
from workflow.upgrades import brought_forward

_OLD_KEYSTORE = "old_keystore"
"""The fact that names a file of the computer on which the copy was made: it is chosen anew."""


def doubted(definition: Definition, procedure: Procedure, now: datetime, kind: str) -> tuple[Procedure, Line]:
    """The procedure as it may go on, and the line of `kind` that says so.

    A state that sends counts as sent without an answer: eHealth is asked before anything is sent. Before the first
    one there is nothing to ask about: the look-up is done anew, which finds a request under way.
    """
    current = brought_forward(procedure, definition.version)
    facts = _doubted_facts(definition, current, now)
    since = current.since if derive(definition, facts) == current.state else now
    going_on = standing(definition, replace(current, since=since), facts, now)
    changes = changes_of(procedure, going_on)
    return going_on, Line(now, kind, procedure.state, details={"to": going_on.state}, changes=changes)


def _doubted_facts(definition: Definition, procedure: Procedure, now: datetime) -> Mapping[str, Any]:
    facts = procedure.facts
    state = definition.state(derive(definition, facts))
    if isinstance(state, Final) or "intent" in facts:
        return facts
    if state.until in definition.sent_by:
        intent = {"operation": state.name, "at": now.isoformat(), "message_id": "", "sha256": ""}
        if "key" in facts:
            intent["public_key_identifier"] = facts["key"]["public_key_identifier"]
        return {**facts, "intent": intent}
    if any(fact in facts for fact in definition.sent_by):
        return facts
    asking = next((state for state in definition.states if state.until in (_OLD_KEYSTORE, definition.kept_from)), None)
    return facts_before(definition, asking.name, facts) if asking else facts
