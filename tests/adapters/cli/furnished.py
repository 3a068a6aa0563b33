"""A home with keystores, in which commands are run in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.app import run
from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.writing import Rounds
from adapters.sandbox.people import PROVIDER, Person
from adapters.system.store_key import store_key
from state.database import open_database
from state.store import DatabaseStore
from steps.ports.keystore import Keystore
from tests.world.world import World
from workflow.definitions import DEFINITIONS
from workflow.procedure import Line, Procedure
from workflow.record import identity_of

PASSWORD = "Oud-geheim:57139"
FEW = Rounds(2, 2)
NOW = datetime(2031, 3, 4, 9, 10, 11, tzinfo=UTC)
"""The moment at which the worlds of the tests begin."""


@dataclass
class Told:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def error(self) -> str:
        return str(self.body["error"]["code"])


@dataclass
class FurnishedHome:
    """A home of the environment 'sandbox', whose clock stands at `NOW`; production and acceptance have folders too."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(mode=0o700, exist_ok=True)
        self.monkeypatch.setenv("EHCERT_HOME", str(self.root))
        self.monkeypatch.setenv("EHCERT_ENVIRONMENT", "sandbox")
        for folder in (self.root / "data", self.root / "data" / "sandbox"):
            folder.mkdir(mode=0o700)
        self.at(NOW)

    def at(self, moment: datetime) -> None:
        """Let the sandbox's clock show this moment."""
        offset = (moment - datetime.now(UTC)).total_seconds()
        (self.root / "data" / "sandbox" / "clock.json").write_text(json.dumps({"offset_seconds": offset}))

    def run(self, *arguments: str, secrets: Mapping[str, str] | None = None, json: bool = True) -> Told:
        """Run a command; secrets go through descriptors."""
        options: list[str] = []
        for name, value in (secrets or {}).items():
            reader, writer = os.pipe()
            os.write(writer, value.encode())
            os.close(writer)
            options += ["--secret-fd", f"{name}={reader}"]
        self.capsys.readouterr()
        code = run([*arguments, *options, *(["--json"] if json else [])])
        said = self.capsys.readouterr()
        return Told(code, said.out, said.err)

    # --- what lies there ------------------------------------------------------------------------------------------

    def folder(self, environment: str = "sandbox") -> KeystoreFolder:
        """The keystore folders of an environment."""
        place = self.root / "data" / "sandbox" / "keystore" if environment == "sandbox" else self.usual
        made = KeystoreFolder(place, place / "pending", environment, rounds=FEW)
        made.check()
        return made

    @property
    def usual(self) -> Path:
        """The folder that practice software reads when no setting says another one."""
        return self.root / "ehealth" / "keystore"

    def put(
        self,
        content: Keystore,
        *,
        ssin: str = PROVIDER.ssin,
        at: datetime = NOW,
        environment: str = "sandbox",
        finished: bool = True,
    ) -> Path:
        """Write a keystore as somebody's."""
        folder = self.folder(environment)
        path = folder.create(folder.name_for("SSIN", ssin, None, at), content, PASSWORD)
        return folder.finish(path) if finished else path

    def store(self, procedure: Procedure) -> None:
        """Keep a procedure of another world, as if it had run here."""
        folder, file = self.root / "data", self.root / "data" / "procedures.sqlite"
        store = DatabaseStore(open_database(f"sqlite:///{file}"), store_key(folder / "store.key", make=True))
        identity = identity_of(DEFINITIONS[procedure.definition], procedure.facts)
        store.insert(procedure, [Line(procedure.since, "started", procedure.state)], identity)

    def answers(self, text: str) -> str:
        """An answers file."""
        path = self.root / "answers.yaml"
        path.write_text(text)
        return str(path)


def enrolled(person: Person = PROVIDER, valid_for: timedelta = timedelta(days=400), seed: int = 1) -> Keystore:
    """A finished keystore of a person."""
    world = World(person=person, valid_for=valid_for, seed=seed)
    try:
        return world.old_keystore
    finally:
        world.close()


def renewed(home: FurnishedHome, to: str = "awaiting_handover") -> tuple[Procedure, Path]:
    """A renewal that stands in a state, with its keystore on disk and its facts in the store."""
    folder = home.folder()
    world = World(keystores=folder)
    try:
        procedure = world.finish(to)
    finally:
        world.close()
    home.store(procedure)
    found = folder.find(procedure.facts["new_keystore"]["name"])
    assert found is not None
    return procedure, found
