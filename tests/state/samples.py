"""Procedures for the tests of the store, and what two processes do at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from state.database import open_database
from state.store import DatabaseStore
from tests.world.clock import START
from workflow.definition import Turn
from workflow.errors import EhcertError
from workflow.procedure import Line, Procedure, ProcedureId, Trouble

KEY = bytes(range(32))
OWNER = "SSIN=75031299943"
SSIN, SURNAME, EMAIL = "75031299943", "Exemple-Unique", "unique@example.org"
FACTS: dict[str, Any] = {
    "requirements": {"checked_at": START.isoformat()},
    "holder": {"ssin": SSIN, "first_names": "Zoé Élise", "surname": SURNAME},
    "contact": {"email_private": EMAIL, "phone_private": "+32 470 12 34 56"},
    "contract": {"dn": f"CN=SSIN={SSIN}", "texts": {"fr": "<p>Zoé</p>\r\n"}},
    "key": {"public_key_identifier": "ab" * 20, "made_at": START.isoformat()},
}


def procedure(number: int = 1, **values: Any) -> Procedure:
    """A procedure that was never stored."""
    usual: dict[str, Any] = {
        "id": ProcedureId(f"abcdefg{number}"),
        "definition": "renew",
        "definition_version": 1,
        "environment": "sandbox",
        "state": "submitting",
        "turn": Turn.USER,
        "facts": FACTS,
        "created_at": START,
        "since": START + timedelta(microseconds=123456),
    }
    return Procedure(**usual | values)


def rich(number: int = 1) -> Procedure:
    """A procedure in which every field has a value."""
    return procedure(
        number,
        looked_at=START + timedelta(minutes=1),
        wake_at=START + timedelta(minutes=2),
        expected_by=START + timedelta(days=10),
        trouble=Trouble("ehealth_no_answer", START + timedelta(minutes=1), 3),
    )


def line(kind: str = "moved", **details: Any) -> Line:
    """A line of a journal."""
    return Line(START, kind, "submitting", "made", details)


def opened(url: str) -> DatabaseStore:
    """A store at an address, opened as a process opens it."""
    return DatabaseStore(open_database(url), KEY)


def start_in(url: str, number: int, ready: Any, answers: Any) -> None:
    """What one of two processes does: it begins a procedure of the same person when the other one is ready too."""
    store = opened(url)
    ready.wait()
    try:
        store.insert(procedure(number), [line("started")], OWNER)
        answers.put("stored")
    except EhcertError as error:
        answers.put(error.code)


def save_in(url: str, minutes: int, ready: Any, answers: Any) -> None:
    """What one of two processes does: it saves the same revision when the other one is ready too."""
    store = opened(url)
    loaded = store.load(ProcedureId("abcdefg1"))
    ready.wait()
    try:
        store.save(replace(loaded, wake_at=START + timedelta(minutes=minutes)), [line("looked", minutes=minutes)])
        answers.put("stored")
    except EhcertError as error:
        answers.put(error.code)
