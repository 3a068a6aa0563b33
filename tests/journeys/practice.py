"""A practice: one folder with everything of its own, a person with a card and a keystore, and `ehcert` to run there.

The far side is a sandbox that is served by a process of its own and shared by many practices.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.keystore.writing import Rounds
from adapters.sandbox.cards import write_card
from adapters.sandbox.clock import SandboxClock
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import Person
from steps.ports.keystore import Keystore
from tests.journeys.canaries import found_in

ROOT = Path(__file__).parents[2]
FEW = Rounds(parts=10, checksum=10)
TWO_MONTHS = timedelta(days=60)
OLD_PASSWORD, NEW_PASSWORD, PIN = "Oud-geheim:57139", "Nieuw-geheim:86420", "739164"
SECRETS = {"keystore_password": OLD_PASSWORD, "new_keystore_password": NEW_PASSWORD, "pin": PIN}
"""Odd enough to be searched for."""

ANSWERS = """\
consent:
  agree: true
contact:
  email_private: exemple@example.org
  phone_private: "+32 470 00 00 00"
approval:
  approve: true
"""
HANDOVER = """\
handover:
  loaded: true
"""


def fictive(number: int, *, automatic: bool = True) -> Person:
    """A person whose national number is nobody's: the sequence number 999 is not given out."""
    body = f"{date(1950, 1, 1) + timedelta(days=number):%y%m%d}999"
    return Person(f"{body}{97 - int(body) % 97:02}", "Zoé Élise", "Exemple", automatic=automatic)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def error(self) -> dict[str, Any]:
        """The error in it."""
        found: dict[str, Any] = self.body["error"]
        return found


@dataclass
class FarSide:
    """The sandbox that is served: its folder, and the same sandbox opened by the test."""

    home: Path
    address: str
    sandbox: Sandbox
    people: int = field(default=0)

    @property
    def folder(self) -> Path:
        """Its files."""
        return self.home / "data" / "sandbox"

    def accepted(self) -> list[tuple[str, str]]:
        """What it carried out: operations with the identifier of the key."""
        return [(change.operation, change.public_key_identifier) for change in self.sandbox.authority.accepted()]

    def operations_since(self, before: int) -> list[str]:
        """What it carried out after so many changes."""
        return [operation for operation, _key in self.accepted()[before:]]

    def move(self, by: timedelta) -> None:
        """Let time pass for everybody."""
        SandboxClock(self.folder).move(by)

    def practice(self, home: Path, person: Person | None = None) -> Practice:
        """A new practice whose eHealth this is."""
        self.people += 1
        practice = Practice(home, self, person or fictive(self.people))
        practice.sandbox_folder.mkdir(parents=True)
        for folder in (home, home / "data", practice.sandbox_folder):
            folder.chmod(0o700)
        (practice.sandbox_folder / "address.json").write_text(json.dumps({"address": self.address}))
        (practice.sandbox_folder / "clock.json").symlink_to(self.folder / "clock.json")
        (home / "answers.yaml").write_text(ANSWERS)
        (home / "handover.yaml").write_text(HANDOVER)
        return practice


@dataclass
class Practice:
    """One home, and what a user does there."""

    home: Path
    far_side: FarSide
    person: Person

    @property
    def sandbox_folder(self) -> Path:
        """Where the environment 'sandbox' looks for its address, cards and keystores."""
        return self.home / "data" / "sandbox"

    @property
    def keystore_folder(self) -> Path:
        """The folder of finished keystores."""
        return self.sandbox_folder / "keystore"

    # --- what lies on the desk ------------------------------------------------------------------------------------

    def issue_card(self, person: Person | None = None) -> Path:
        """Put an identity card in a reader; returns its folder."""
        card = self.far_side.sandbox.make_card(person or self.person, "ec")  # made faster than RSA
        return write_card(self.sandbox_folder / "cards", card, PIN).path

    def change_card(self, folder: Path, **changes: Any) -> None:
        """Take a card out, or spend its tries."""
        file = folder / "card.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    def enrol(
        self, valid_for: timedelta = TWO_MONTHS, person: Person | None = None, *, with_etk: bool = False
    ) -> Keystore:
        """A certificate that eHealth knows; nothing is written to disk. With an ETK, the next one is handed over."""
        return self.far_side.sandbox.enrol(person or self.person, valid_for, with_etk=with_etk)

    def put_keystore(self, content: Keystore, password: str = OLD_PASSWORD, *, finished: bool = True) -> Path:
        """Write a keystore as this person's."""
        folder = KeystoreFolder(
            self.keystore_folder, self.keystore_folder / "pending", "sandbox", Encryption.COMPATIBLE, FEW
        )
        folder.check()
        requested = self.far_side.sandbox.clock.now() - timedelta(days=1100)
        path = folder.create(folder.name_for("SSIN", self.person.ssin, None, requested), content, password)
        return folder.finish(path) if finished else path

    def furnish(self, valid_for: timedelta = TWO_MONTHS, *, with_etk: bool = False) -> Path:
        """A card in the reader and a keystore in use; returns the keystore."""
        self.issue_card()
        return self.put_keystore(self.enrol(valid_for, with_etk=with_etk))

    # --- what is typed --------------------------------------------------------------------------------------------

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of a command: of this home, and none of the settings of whoever runs the tests."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EHCERT_")}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "EHCERT_HOME": str(self.home),
            "EHCERT_ENVIRONMENT": "sandbox",
            "EHCERT_LANGUAGE": "en",
            **more,
        }

    def ehcert(self, *arguments: str, secrets: Mapping[str, str] | None = None, **variables: str) -> Ended:
        """Run one command to its end, each secret through a pipe of its own."""
        options, readers = [], []
        for name, value in (secrets or {}).items():
            reader, writer = os.pipe()
            os.write(writer, value.encode())
            os.close(writer)
            readers.append(reader)
            options += ["--secret-fd", f"{name}={reader}"]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "adapters.cli.app", *arguments, *options],
                env=self.variables(**variables),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=180,
                pass_fds=readers,
                check=False,
            )
        finally:
            for reader in readers:
                os.close(reader)
        return Ended(done.returncode, done.stdout, done.stderr)

    def renew(self, *arguments: str, secrets: Mapping[str, str] | None = None, **variables: str) -> Ended:
        """Begin a renewal with the usual answers and secrets, but for those that are given."""
        given = {**SECRETS, **(secrets or {})}
        return self.ehcert("renew", "--answers", "answers.yaml", *arguments, secrets=given, **variables)

    def resume(self, *arguments: str, password: str = NEW_PASSWORD) -> Ended:
        """Go on, with the password of the new keystore."""
        return self.ehcert("resume", *arguments, "--json", secrets={"new_keystore_password": password})

    # --- what is there afterwards ---------------------------------------------------------------------------------

    def stored(self) -> list[tuple[Any, ...]]:
        """The procedures in the store, read without ehcert."""
        file = self.home / "data" / "procedures.sqlite"
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "procedure" not in tables:
                return []
            return database.execute("SELECT id, state, facts, revision FROM procedure ORDER BY id").fetchall()

    def keystores(self) -> dict[str, str]:
        """Every file in the keystore folders with the hash of its content."""
        return {
            str(path.relative_to(self.keystore_folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.keystore_folder.rglob("*"))
            if path.is_file()
        }

    def everything(self) -> tuple[Any, ...]:
        """What must be as before when nothing was changed."""
        return self.stored(), self.keystores(), self.far_side.accepted()

    def leaks(self, texts: Iterable[str], secrets: Mapping[str, str]) -> list[str]:
        """Where a secret or the national number stands, but for the names of keystores and the sandbox's files."""
        names = [path.name for path in self.keystore_folder.rglob("*.p12")]
        canaries = {**secrets, "national number": self.person.ssin}
        places = [("output", text.encode()) for text in texts]
        places += [
            (str(path), path.read_bytes())
            for path in sorted(self.home.rglob("*"))
            if path.is_file() and not path.is_relative_to(self.sandbox_folder)
        ]
        return [f"{place}: {found}" for place, content in places if (found := found_in(content, canaries, names))]

    def revoke(self, content: Keystore) -> None:
        """Let eHealth count a certificate as revoked."""
        desk = self.far_side.sandbox.authority.desk
        serial = content.keys[0].chain[0].serial_number
        with self.far_side.sandbox.store.transaction():
            record = next(one for one in desk.certificates.all() if one.certificate.serial_number == serial)
            desk.certificates.put(replace(record, revoked_at=self.far_side.sandbox.clock.now()))
