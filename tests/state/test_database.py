"""The database on disk: who may read it, what it shows, its schema, and how little it does for each change."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect
from sqlmodel import SQLModel

from state import schema
from state.database import HEAD, open_database
from state.store import DatabaseStore
from tests.state.samples import EMAIL, FACTS, KEY, OWNER, SSIN, SURNAME, line, opened, procedure, rich
from tests.world.world import World
from workflow.definition import Turn
from workflow.errors import StoreDamagedError, StoreNewerError, StoreUnusableError
from workflow.procedure import CLEAR_FACTS, ProcedureId


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ehcert" / "procedures.sqlite"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def store(url: str) -> DatabaseStore:
    """A store with a procedure in it."""
    store = opened(url)
    store.insert(rich(), [line("started", private=f"{SURNAME} {EMAIL}")], OWNER)
    return store


def sql(file: Path, statement: str, *values: Any) -> list[Any]:
    """Another hand in the file."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(statement, values).fetchall()
        connection.commit()
        return rows


# --- who may read it --------------------------------------------------------------------------------------------------


def test_file_and_folders_are_private(store: DatabaseStore, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700


def test_what_is_beside_the_file_during_a_change_is_private(url: str, file: Path) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE more (one INTEGER)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}

    assert set(modes.values()) == {0o600}
    assert len(modes) == 2, "the rollback journal is there while a change is under way"


@pytest.mark.parametrize(
    "secret", [SSIN, SURNAME, EMAIL, "470 12 34 56", "lise", OWNER, "<p>"], ids=lambda text: f"{text[:6]}…"
)
def test_no_personal_value_is_in_the_bytes_of_the_file(store: DatabaseStore, file: Path, secret: str) -> None:
    stored = store.load(procedure().id)
    store.save(replace(stored, facts={**FACTS, "record": {"contact": {"email_private": EMAIL}}}), [line("moved")])

    content = file.read_bytes()

    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        assert secret.encode(encoding) not in content
    assert json.dumps(secret)[1:-1].encode() not in content


def test_no_personal_value_of_a_whole_renewal_is_in_the_bytes_of_the_file(url: str, file: Path) -> None:
    world = World(open_store=lambda: opened(url))
    world.finish()
    facts = world.all_procedures()[0].facts
    world.close()

    content = file.read_bytes()

    private = {str(value) for name, fact in facts.items() if name not in CLEAR_FACTS for value in values_of(fact)}
    assert len(private) > 15
    assert not [value for value in private if len(value) > 5 and value.encode() in content and value not in PUBLIC]


PUBLIC = {"sandbox"}


def values_of(fact: Any) -> Iterator[Any]:
    """Every value inside a fact that says something: moments and counts are in clear elsewhere, too."""
    if isinstance(fact, dict):
        for name, value in fact.items():
            if name not in ("at", "fetched_at", "valid_until", "replaceable_from", "sha256", "public_key_identifier"):
                yield from values_of(value)
    elif isinstance(fact, list):
        for value in fact:
            yield from values_of(value)
    else:
        yield fact


def test_what_is_deleted_is_overwritten(store: DatabaseStore, file: Path) -> None:
    mark = "ab" * 20
    assert mark.encode() in file.read_bytes()

    store.forget(procedure().id)

    assert mark.encode() not in file.read_bytes()


def test_a_clear_fact_holds_no_personal_value() -> None:
    personal = {"holder", "contact", "contract", "record", "old_keystore", "new_keystore", "refusal"}
    assert CLEAR_FACTS.isdisjoint(personal)


def test_another_store_key_opens_nothing(store: DatabaseStore, url: str) -> None:
    stranger = DatabaseStore(open_database(url), bytes(32))

    assert stranger.procedures() == []
    assert stranger.damaged() == [procedure().id]
    with pytest.raises(StoreDamagedError):
        stranger.load(procedure().id)


def test_a_store_key_has_32_bytes(url: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DatabaseStore(open_database(url), b"short")


# --- changed by another hand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fact", ["holder", "key"])
def test_a_changed_fact_is_noticed_and_the_others_stay_usable(store: DatabaseStore, file: Path, fact: str) -> None:
    other = store.insert(procedure(2), [line("started")], "SSIN=80051599972")
    facts = json.loads(sql(file, "SELECT facts FROM procedure WHERE id = ?", procedure().id)[0][0])
    facts[fact] = {"public_key_identifier": "cd" * 20}
    sql(file, "UPDATE procedure SET facts = ? WHERE id = ?", json.dumps(facts), procedure().id)

    with pytest.raises(StoreDamagedError) as raised:
        store.load(procedure().id)

    assert raised.value.details["id"] == procedure().id
    assert store.load(other.id) == other
    assert store.procedures() == [other]
    assert store.damaged() == [procedure().id]


def test_the_facts_of_another_procedure_do_not_open_here(store: DatabaseStore, file: Path) -> None:
    store.insert(procedure(2), [line("started")], "SSIN=80051599972")
    sql(file, "UPDATE procedure SET facts = (SELECT facts FROM procedure WHERE id = 'abcdefg2') WHERE id = 'abcdefg1'")

    with pytest.raises(StoreDamagedError):
        store.load(procedure().id)


@pytest.mark.parametrize(("column", "value"), [("state", "done"), ("turn", "nobody"), ("turn", "nonsense")])
def test_a_changed_state_is_loaded_for_the_engine_corrects_it(
    store: DatabaseStore, file: Path, column: str, value: str
) -> None:
    sql(file, f"UPDATE procedure SET {column} = ?", value)

    loaded = store.load(procedure().id)

    assert loaded.facts == FACTS
    assert loaded.turn in (Turn.USER, Turn.NOBODY, Turn.HELPDESK)


def test_the_engine_corrects_a_changed_state_and_goes_on(url: str, file: Path) -> None:
    world = World(open_store=lambda: opened(url))
    world.renew()
    sql(file, "UPDATE procedure SET state = 'proving', turn = 'helpdesk'")

    procedure_ = world.finish()

    assert procedure_.state == "done"
    kinds = [written.line.kind for written in world.journal(procedure_.id)]
    world.close()
    assert kinds.count("corrected") == 1


def test_a_journal_without_its_last_line_is_noticed_at_once(store: DatabaseStore, file: Path) -> None:
    store.save(store.load(procedure().id), [line("looked")])
    sql(file, "DELETE FROM journal WHERE number = 2")

    with pytest.raises(StoreDamagedError):
        store.load(procedure().id)


def chain(store: DatabaseStore, length: int = 5) -> ProcedureId:
    """A procedure whose journal has so many lines."""
    loaded = store.load(procedure().id)
    for number in range(2, length + 1):
        loaded = store.save(loaded, [line("looked", number=number)])
    return loaded.id


def unsound(store: DatabaseStore, name: ProcedureId) -> list[int]:
    return [written.number for written in store.journal(name) if not written.sound]


def test_an_untouched_journal_is_sound(store: DatabaseStore) -> None:
    assert unsound(store, chain(store)) == []


@pytest.mark.parametrize("column", ["at", "kind", "state", "trigger", "details", "link"])
@pytest.mark.parametrize("number", [1, 3, 5])
def test_an_edited_line_is_named_by_its_number(store: DatabaseStore, file: Path, column: str, number: int) -> None:
    name = chain(store)
    other = sql(file, f'SELECT "{column}" FROM journal WHERE number = 2')[0][0]
    value = other if column in ("details", "link") else f"{other}x" if column != "at" else "2020-01-01T00:00:00.000000Z"

    sql(file, f'UPDATE journal SET "{column}" = ? WHERE number = ?', value, number)

    assert unsound(store, name)[:1] == [number]


def test_a_removed_line_is_noticed_at_the_one_that_follows(store: DatabaseStore, file: Path) -> None:
    name = chain(store)

    sql(file, "DELETE FROM journal WHERE number = 3")

    assert unsound(store, name)[:1] == [4]


def test_two_swapped_lines_are_named(store: DatabaseStore, file: Path) -> None:
    name = chain(store)

    for one, other in ((2, 99), (3, 2), (99, 3)):
        sql(file, "UPDATE journal SET number = ? WHERE number = ?", other, one)

    assert unsound(store, name)[:2] == [2, 3]


def test_a_doubled_line_is_named(store: DatabaseStore, file: Path) -> None:
    name = chain(store)

    sql(
        file,
        'INSERT INTO journal SELECT procedure_id, 6, "at", kind, state, "trigger", details, link FROM journal'
        " WHERE number = 5",
    )

    assert unsound(store, name) == [6]


def test_a_forged_line_is_named(store: DatabaseStore, file: Path) -> None:
    name = chain(store)

    sql(file, "INSERT INTO journal VALUES (?, 6, '2031-03-04T09:10:11.000000Z', 'moved', 'x', '', 'x', 'x')", name)

    assert unsound(store, name) == [6]


# --- the schema -------------------------------------------------------------------------------------------------------


def shape(engine: Engine) -> dict[str, Any]:
    """Tables, columns, keys and indexes, as the database tells them."""
    inspector = inspect(engine)
    return {
        table: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)},
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "indexes": sorted((i["name"], tuple(i["column_names"])) for i in inspector.get_indexes(table)),
            "unique": sorted(tuple(u["column_names"]) for u in inspector.get_unique_constraints(table)),
            "foreign": [(f["constrained_columns"], f["referred_table"]) for f in inspector.get_foreign_keys(table)],
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def versions() -> list[str]:
    """All schema versions, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


@contextmanager
def freshly(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    yield engine
    engine.dispose()


def test_all_migrations_in_order_give_the_tables_of_the_code(url: str, tmp_path: Path) -> None:
    with freshly(tmp_path) as fresh:
        SQLModel.metadata.create_all(fresh)

        assert shape(open_database(url)) == shape(fresh)


def test_the_migrations_leave_nothing_to_be_done(url: str) -> None:
    with open_database(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


@pytest.mark.postgres
def test_the_migrations_leave_nothing_to_be_done_on_postgresql(empty_postgres: str) -> None:
    with open_database(empty_postgres).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_the_newest_version_is_the_one_that_the_code_names() -> None:
    assert versions()[-1] == HEAD
    assert versions() == sorted(versions())


def test_a_database_is_opened_again_without_a_change(url: str, store: DatabaseStore, file: Path) -> None:
    before = file.read_bytes()

    assert len(opened(url).procedures()) == 1

    assert file.read_bytes() == before


def test_the_store_of_a_newer_program_is_refused_and_left_as_it_is(store: DatabaseStore, url: str, file: Path) -> None:
    sql(file, "UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()

    with pytest.raises(StoreNewerError) as raised:
        open_database(url)

    assert raised.value.details == {"path": str(file)}
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_is_no_database_is_refused_and_left_as_it_is(url: str, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"This is a letter, and no database at all. " * 100)
    before = file.read_bytes()

    with pytest.raises(StoreUnusableError):
        open_database(url)

    assert file.read_bytes() == before


def test_the_address_of_a_server_is_told_without_its_password() -> None:
    with pytest.raises(StoreUnusableError) as raised:
        open_database("postgresql+psycopg://zoe:very-secret@127.0.0.1:9/ehcert?connect_timeout=2")

    assert "very-secret" not in f"{raised.value} {raised.value.details}"


def test_a_failed_migration_leaves_an_empty_file(url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Any) -> None:
        connection.exec_driver_sql("CREATE TABLE half (one INTEGER)")
        raise OSError("the disk is gone")

    monkeypatch.setattr(schema, "upgrade", fail)
    with pytest.raises(StoreUnusableError):
        open_database(url)

    assert sql(file, "SELECT name FROM sqlite_master") == []


# --- how little it does -----------------------------------------------------------------------------------------------


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are run meanwhile, with begin and commit."""
    statements: list[str] = []

    def begun(connection: Any) -> None:
        statements.append("BEGIN")

    def run(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement.split()[0])

    def committed(connection: Any) -> None:
        statements.append("COMMIT")

    listeners = (("begin", begun), ("before_cursor_execute", run), ("commit", committed))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    yield statements
    for name, listener in listeners:
        event.remove(engine, name, listener)


def test_a_transition_costs_two_statements(url: str) -> None:
    engine = open_database(url)
    store = DatabaseStore(engine, KEY)
    stored = store.insert(procedure(), [line("started")], OWNER)

    with counted(engine) as statements:
        store.save(replace(stored, state="awaiting_delivery"), [line("moved"), line("looked")])

    assert statements == ["BEGIN", "UPDATE", "INSERT", "COMMIT"]


def test_a_load_reads_and_writes_nothing(url: str, file: Path) -> None:
    engine = open_database(url)
    store = DatabaseStore(engine, KEY)
    store.insert(procedure(), [line("started")], OWNER)
    before = file.read_bytes()

    with counted(engine) as statements:
        store.load(procedure().id)

    assert set(statements) - {"PRAGMA"} <= {"BEGIN", "SELECT"}
    assert statements.count("SELECT") == 2
    assert file.read_bytes() == before


def test_a_change_that_fails_half_way_leaves_nothing(url: str, file: Path) -> None:
    store = opened(url)
    stored = store.insert(procedure(), [line("started")], OWNER)
    sql(file, "INSERT INTO journal VALUES (?, 2, 'x', 'x', 'x', '', 'x', 'x')", stored.id)

    with pytest.raises(StoreUnusableError):
        store.save(replace(stored, state="awaiting_delivery"), [line("moved")])

    sql(file, "DELETE FROM journal WHERE number = 2")
    assert opened(url).load(stored.id) == stored


def test_the_disk_gets_what_was_committed(url: str) -> None:
    engine = open_database(url)
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }

    assert pragma["journal_mode"] == "delete"
    assert pragma["synchronous"] in (2, 3), "FULL or EXTRA"
    assert (pragma["foreign_keys"], pragma["secure_delete"]) == (1, 1)


def test_a_copy_of_the_file_is_a_whole_store(store: DatabaseStore, file: Path, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path / "copy.sqlite")

    assert opened(f"sqlite:///{tmp_path / 'copy.sqlite'}").procedures() == store.procedures()
