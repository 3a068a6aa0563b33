"""What comes back from a copy asks eHealth before it sends anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workflow.definition import Turn
from workflow.definitions import DEFINITIONS
from workflow.machine import derive
from workflow.procedure import Procedure, ProcedureId
from workflow.replaying import replayed
from workflow.restoring import doubted

RENEW = DEFINITIONS["renew"]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "requirements": {},
    "consent": {},
    "holder": {"ssin": "75031299943"},
    "old_keystore": {},
    "record": {},
    "contact": {},
    "contract": {},
    "approval": {},
    "password": {},
    "key": {"public_key_identifier": "ab"},
    "request": {"at": NOW.isoformat()},
    "certificate": {},
    "installed": {},
}


def standing_after(fact: str) -> Procedure:
    names = list(FACTS)
    facts = {name: FACTS[name] for name in names[: names.index(fact) + 1]}
    state = derive(RENEW, facts)
    return Procedure(
        ProcedureId("aaaaaaaa"), "renew", RENEW.version, "sandbox", state, Turn.USER, facts, NOW, NOW, revision=9
    )


def test_a_made_key_may_have_been_sent_so_it_is_asked_about() -> None:
    stored = standing_after("key")

    procedure, line = doubted(RENEW, stored, NOW + timedelta(days=1), "restored")

    assert procedure.state == stored.state == "submitting"
    assert procedure.facts["intent"]["public_key_identifier"] == "ab"
    assert procedure.facts["intent"]["at"] == (NOW + timedelta(days=1)).isoformat()
    assert line.kind == "restored"


@pytest.mark.parametrize("fact", ["old_keystore", "record", "contact", "contract", "approval", "password"])
def test_without_a_key_the_keystore_is_chosen_and_looked_up_anew(fact: str) -> None:
    procedure, line = doubted(RENEW, standing_after(fact), NOW, "restored")

    assert procedure.state == "awaiting_keystore"
    assert set(procedure.facts) == {"requirements", "consent", "holder"}
    assert line.changes["forgotten"]


@pytest.mark.parametrize("fact", ["holder", "request", "certificate", "installed"])
def test_otherwise_nothing_changes(fact: str) -> None:
    stored = standing_after(fact)

    procedure, line = doubted(RENEW, stored, NOW, "restored")

    assert (procedure.facts, procedure.state, procedure.since) == (stored.facts, stored.state, stored.since)
    assert line.changes == {}


def test_an_open_doubt_stays_as_it_was() -> None:
    intent = {"operation": "generateCertificate", "at": NOW.isoformat()}
    stored = standing_after("key")
    stored = replace(stored, facts={**stored.facts, "intent": intent})

    procedure, _ = doubted(RENEW, stored, NOW + timedelta(days=1), "restored")

    assert procedure.facts["intent"] == intent


def test_what_has_ended_stays_ended() -> None:
    stored = standing_after("key")
    facts = {**stored.facts, "end": {"state": "cancelled", "at": NOW.isoformat()}}

    procedure, _ = doubted(RENEW, replace(stored, facts=facts, state="cancelled", ended=True), NOW, "repaired")

    assert procedure.ended
    assert "intent" not in procedure.facts


def test_the_line_replays_to_the_same_facts() -> None:
    stored = standing_after("contact")

    procedure, line = doubted(RENEW, stored, NOW, "restored")

    told = {"definition": "renew", "version": RENEW.version, "environment": "sandbox", "learned": dict(stored.facts)}
    again = replayed(stored.id, [replace(line, kind="started", changes=told), line])
    assert again is not None
    assert again.facts == procedure.facts
