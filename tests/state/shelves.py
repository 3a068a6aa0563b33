"""A store on disk for tests: procedures in it, its files, and ways to look at them and to damage them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.system.anchor_file import JsonAnchorFile
from adapters.system.store_key import store_key
from state.database import open_database
from state.keys import StoreKeys
from state.repair import Repair
from state.store import DatabaseStore
from workflow.definition import Turn
from workflow.definitions import DEFINITIONS
from workflow.procedure import Line, Procedure, ProcedureId
from workflow.record import identity_of
from workflow.replaying import changes_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SSINS = ("75031299943", "85073003328", "68010112321")


class Shelf:
    """A data folder with a store, opened anew for each question, as each command does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "procedures.sqlite"
        self.anchor = folder / "anchor.json"
        self.key_file = folder / "store.key"

    def store(self) -> DatabaseStore:
        key = store_key(self.key_file)
        return DatabaseStore(open_database(f"sqlite:///{self.file}"), key, JsonAnchorFile(self.anchor))

    def repair(self, procedure: str) -> bool:
        keys = StoreKeys.of(store_key(self.key_file))
        repair = Repair(self.store(), keys, DEFINITIONS, identity_of)
        return repair.repair(ProcedureId(procedure), START + timedelta(days=30))

    def add(self, name: str, ssin: str = SSINS[0], steps: int = 5) -> Procedure:
        """A renewal that has been through some states; its journal has `steps` + 1 lines; anchored."""
        store = self.store()
        procedure = _new(name, ssin)
        begun = Line(START, "started", "checking", changes=changes_of(None, procedure))
        procedure = store.insert(procedure, [begun], identity_of(DEFINITIONS[procedure.definition], procedure.facts))
        for number, (state, fact, value) in enumerate(_FACTS[:steps], 1):
            procedure = _moved(store, procedure, state, fact, value, START + timedelta(minutes=number))
        store.anchor()
        return procedure

    def go_on(self, procedure: str, fact: str = "contact", value: Any = None) -> Procedure:
        """One more line, with one more fact; anchored."""
        store = self.store()
        loaded = store.load(ProcedureId(procedure))
        saved = _moved(store, loaded, loaded.state, fact, value or {"n": loaded.revision}, START + timedelta(days=1))
        store.anchor()
        return saved

    @contextlib.contextmanager
    def sql(self) -> Iterator[sqlite3.Connection]:
        """Another hand in the database."""
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            yield connection
            connection.commit()

    def change(self, statement: str, *values: Any) -> None:
        with self.sql() as connection:
            assert connection.execute(statement, values).rowcount > 0

    def rows(self, procedure: str) -> list[dict[str, Any]]:
        with self.sql() as connection:
            connection.row_factory = sqlite3.Row
            query = "SELECT * FROM journal WHERE procedure_id = ? ORDER BY number"
            return [dict(row) for row in connection.execute(query, (procedure,))]

    def defects(self, procedure: str) -> list[tuple[int | None, str]]:
        return [
            (defect.line, defect.flaw.name if defect.flaw else defect.text)
            for defect in self.store().examine(ProcedureId(procedure)).defects
        ]


def _new(name: str, ssin: str) -> Procedure:
    return Procedure(
        id=ProcedureId(name),
        definition="renew",
        definition_version=DEFINITIONS["renew"].version,
        environment="sandbox",
        state="awaiting_keystore",
        turn=Turn.USER,
        facts={
            "requirements": {"checked_at": START.isoformat()},
            "consent": {"at": START.isoformat()},
            "holder": {"ssin": ssin, "surname": "Exemple", "first_names": "Zoé Élise"},
        },
        created_at=START,
        since=START,
    )


_FACTS: tuple[tuple[str, str, Any], ...] = (
    ("looking_up", "old_keystore", {"path": "/nowhere/old.p12", "valid_until": "2026-05-01T00:00:00+00:00"}),
    ("awaiting_contact", "record", {"valid_until": "2026-05-01T00:00:00+00:00"}),
    ("making_contract", "contact", {"email_private": "exemple@example.org"}),
    ("awaiting_approval", "contract", {"dn": "CN=Exemple", "texts": {"fr": "texte"}}),
    ("awaiting_password", "approval", {"at": START.isoformat()}),
    ("making_key", "password", {"chosen_at": START.isoformat()}),
    ("submitting", "key", {"public_key_identifier": "ab" * 20, "made_at": START.isoformat()}),
)


def _moved(store: DatabaseStore, procedure: Procedure, state: str, fact: str, value: Any, at: datetime) -> Procedure:
    after = replace(procedure, state=state, facts={**procedure.facts, fact: value}, since=at)
    line = Line(at, "moved", procedure.state, "on", {"to": state}, changes_of(procedure, after))
    return store.save(after, [line])
