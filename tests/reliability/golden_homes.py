"""Unpacks the golden homes of earlier releases: the home as it was left, at the moment at which it was left."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.reliability.courses import COURSES
from tests.reliability.golden_making import FOLDER, MADE, PLACE, slug
from tests.reliability.processes import Home, few_rounds, warm_up
from workflow.definition import Final

STORE = ("procedures.sqlite", "store.key", "anchor.json")


@dataclass(frozen=True, slots=True)
class Golden:
    """One home of a release; `state` is where its procedure stands."""

    release: str
    name: str
    definition: str
    state: str

    @property
    def ended(self) -> bool:
        return isinstance(COURSES[self.definition].definition.state(self.state), Final)

    def __str__(self) -> str:
        return f"{self.release} {self.name}"


@functools.cache
def _unpacked(release: str) -> Path:
    """The homes of a release, unpacked once for this process, to be copied from."""
    folder = Path(tempfile.mkdtemp(prefix="ehcert-golden-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with tarfile.open(FOLDER / f"{release}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    for path in (folder, *folder.rglob("*")):  # as the program had made them
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def releases() -> list[str]:
    """The versions of which there are golden homes, oldest first."""
    return sorted(path.name.removesuffix(".tar.xz") for path in FOLDER.glob("*.tar.xz"))


@functools.cache
def golden_homes() -> tuple[Golden, ...]:
    """Every golden home of every release."""
    found = []
    for release in releases():
        for note in sorted(_unpacked(release).glob(f"*/home/{MADE}")):
            told = json.loads(note.read_text())
            # The notes of 0.1.0, which knew the renewal only, name the state alone.
            state = told.get("state", told["name"].partition(",")[0])
            found.append(Golden(release, told["name"], told.get("definition", "renew"), state))
    return tuple(found)


@contextlib.contextmanager
def opened(golden: Golden) -> Iterator[Home]:
    """The home in the place where it was made, with its far side served; one process at a time has it."""
    warm_up()
    few_rounds()
    course = COURSES[golden.definition]
    place = PLACE / golden.release / slug(golden.name)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(place / "lock", "w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)  # of this process alone: what it forks does not keep it
        shutil.rmtree(place / "home", ignore_errors=True)
        try:
            home = Home(_unpacked(golden.release) / slug(golden.name) / "home", place / "home", course)
            made = datetime.fromisoformat(json.loads((home.folder / MADE).read_text())["made"])
            home.move_clock(made - datetime.now(UTC))
            with home.served():
                yield home
        finally:
            shutil.rmtree(place / "home", ignore_errors=True)


def schema_of(home: Home) -> str:
    """The version of the schema in which the home's store is."""
    return _schema(store_file(home))


def schema_left(golden: Golden) -> str:
    """The version of the schema in which the release left its store."""
    return _schema(_unpacked(golden.release) / slug(golden.name) / "home" / "data" / "procedures.sqlite")


def _schema(file: Path) -> str:
    return str(_asked(file, "SELECT version_num FROM alembic_version")[0][0])


def rows_of(home: Home) -> list[tuple[object, ...]]:
    """What is stored of procedures and their journal, in the columns of the first release."""
    lines = "SELECT procedure_id, number, at, kind, state, trigger, details, link FROM journal ORDER BY 1, 2"
    procedures = "SELECT id, definition, definition_version, state, facts, revision, lines, head, seal FROM procedure"
    return [*_asked(store_file(home), procedures), *_asked(store_file(home), lines)]


def _asked(file: Path, question: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute(question).fetchall()


def store_file(home: Home) -> Path:
    """The database of procedures."""
    return home.folder / "data" / "procedures.sqlite"


def bytes_of(home: Home) -> dict[str, bytes]:
    """The store, its key and its anchor, and every keystore."""
    data = home.folder / "data"
    files = [*(path for path in data.iterdir() if path.is_file()), *(home.sandbox / "keystore").rglob("*.p12")]
    return {os.fspath(path.relative_to(data)): path.read_bytes() for path in files}
