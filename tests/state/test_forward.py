"""A database of an older program: copied first, then brought forward in one piece or not at all."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

import state.forward
from state import schema
from state.database import HEAD, open_database
from state.forward import copy_of
from tests.state.samples import OWNER, line, opened, rich
from workflow.errors import StoreUnusableError

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with one procedure, as schema version 0001 left it: its tables and columns, and nothing else."""
    today, file = tmp_path / "today.sqlite", tmp_path / "data" / "procedures.sqlite"
    with monkeypatch.context() as before:
        before.setattr("state.rows._SEALED_IF_THERE", ())
        opened(url_of(today)).insert(rich(), [line("started")], OWNER)
    file.parent.mkdir()
    engine = create_engine(url_of(file))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table in ("procedure", "journal"):
            columns = [column["name"] for column in inspect(connection).get_columns(table)]
            quoted, values = ", ".join(f'"{column}"' for column in columns), ", ".join("?" for _ in columns)
            for row in told(today, f"SELECT {quoted} FROM {table}"):
                connection.exec_driver_sql(f"INSERT INTO {table} ({quoted}) VALUES ({values})", tuple(row))
    engine.dispose()
    file.chmod(0o600)
    return file


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def told(file: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def test_what_was_stored_is_still_there(file: Path) -> None:
    store = opened(url_of(file))

    assert store.load(rich().id).facts == rich().facts
    assert told(file, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert told(file, "SELECT count(*) FROM provider") == [(0,)]


def test_the_database_of_before_is_kept_private_and_as_it_was(file: Path) -> None:
    before = dump(file)

    open_database(url_of(file))

    copy = copy_of(file, "0001")
    assert dump(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, copy.name]


def test_it_is_copied_once(file: Path) -> None:
    open_database(url_of(file))
    changed = copy_of(file, "0001").stat().st_mtime_ns

    open_database(url_of(file))

    assert copy_of(file, "0001").stat().st_mtime_ns == changed


def test_the_copy_of_an_earlier_attempt_gives_way_to_what_is_there_now(file: Path) -> None:
    copy_of(file, "0001").write_bytes(b"of an earlier attempt")
    before = dump(file)

    open_database(url_of(file))

    assert dump(copy_of(file, "0001")) == before


def test_a_new_database_leaves_no_copy(tmp_path: Path) -> None:
    open_database(url_of(tmp_path / "new.sqlite"))

    assert [path.name for path in tmp_path.iterdir()] == ["new.sqlite"]


def test_a_failed_migration_leaves_the_older_database(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(file)

    def fail(connection: Any) -> None:
        connection.exec_driver_sql("DROP TABLE journal")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9998'")
        raise OSError("the disk is gone")

    monkeypatch.setattr(schema, "upgrade", fail)
    with pytest.raises(StoreUnusableError):
        open_database(url_of(file))

    assert dump(file) == before


def test_without_a_copy_nothing_is_changed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state.forward, "_write_private", full)
    with pytest.raises(StoreUnusableError) as raised:
        open_database(url_of(file))

    assert "No space left" in raised.value.details["reason"]
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_kill_in_the_middle_leaves_the_older_database(file: Path) -> None:
    before = dump(file)
    child = SPAWN.Process(target=die_in_the_middle, args=(file,))

    child.start()
    child.join(60)

    assert child.exitcode == 9
    assert dump(file) == before
    assert opened(url_of(file)).load(rich().id).facts == rich().facts


def die_in_the_middle(file: Path) -> None:
    """A process that is gone after it changed the schema and before it committed."""

    def die(connection: Any) -> None:
        connection.exec_driver_sql("CREATE TABLE provider (id VARCHAR)")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9998'")
        os._exit(9)

    schema.upgrade = die
    open_database(url_of(file))


def test_two_processes_bring_it_forward_once(file: Path) -> None:
    children = [SPAWN.Process(target=open_database, args=(url_of(file),)) for _ in range(2)]

    for child in children:
        child.start()
    for child in children:
        child.join(60)

    assert [child.exitcode for child in children] == [0, 0]
    assert told(copy_of(file, "0001"), "SELECT version_num FROM alembic_version") == [("0001",)]
    assert told(file, "SELECT version_num FROM alembic_version") == [(HEAD,)]
