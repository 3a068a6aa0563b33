"""Opens the database: pragmas, private permissions, schema version; reading and writing transactions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from state.forward import keep_copy
from workflow.errors import StoreNewerError, StoreUnusableError
from workflow.texts import mark

HEAD = "0004"
"""The newest schema version in `state/schema/versions`; an older file is copied, then brought forward."""

READING = "ehcert_reading"
"""The execution option of a connection that writes nothing, and so need not wait for a writer."""

_WAIT_FOR_WRITER_MS = 30_000


def open_database(url: str) -> Engine:
    """Open, create or bring forward the database at `url` (`sqlite:///FILE` or `postgresql+psycopg://…`).

    Raises `StoreNewerError` and leaves the file as it is when a newer program wrote it; `StoreUnusableError`.
    """
    try:
        engine = _sqlite(url) if url.startswith("sqlite") else create_engine(url, poolclass=NullPool)
        _bring_forward(engine, url)
    except (DatabaseError, OSError, sqlite3.Error) as error:
        raise StoreUnusableError(path=_place(url), reason=str(getattr(error, "orig", error))) from error
    return engine


def _sqlite(url: str) -> Engine:
    file = url.removeprefix("sqlite:///")
    if file and file != ":memory:":
        _private_file(Path(file))
    engine = create_engine(url, connect_args={"timeout": _WAIT_FOR_WRITER_MS / 1000})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _private_file(file: Path) -> None:
    """Make the file with mode 0600 before SQLite does with another; its journal takes the same mode."""
    _make_private(file.parent)
    for beside in ("", "-journal", "-wal", "-shm"):
        if file.with_name(file.name + beside).is_symlink():
            raise StoreUnusableError(path=file, reason=mark("it is a link that ehcert did not make"))
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _make_private(folder: Path) -> None:
    """Make a folder and its missing parents, each with mode 0700."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def _configure(connection: Any, record: Any) -> None:  # noqa: ARG001
    # Write-ahead logging corrupts with two connections before SQLite 3.51.3, so the rollback journal; and EXTRA,
    # because with FULL a power cut just after a commit can bring the journal back, and with it the state before.
    connection.isolation_level = None
    # A flipped bit makes one text unreadable; then its row's seal says so, and the other rows stay readable.
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _bring_forward(engine: Engine, url: str) -> None:
    """In one transaction, which a failure leaves without a trace; before it, a file is copied as it is."""
    with engine.connect().execution_options(**{READING: True}) as connection:
        if not _is_older(connection, url):
            return
    from state.schema import upgrade

    with engine.begin() as connection:
        if not _is_older(connection, url):  # another process brought it forward while we waited for our turn
            return
        version, file = _version(connection), engine.url.database
        if version is not None and engine.dialect.name == "sqlite" and file not in (None, "", ":memory:"):
            keep_copy(Path(file), version)
        upgrade(connection)


def _is_older(connection: Connection, url: str) -> bool:
    """Whether the schema must be brought forward. Raises `StoreNewerError`."""
    version = _version(connection)
    if version is not None and version > HEAD:
        raise StoreNewerError(path=_place(url))
    return version != HEAD


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def _place(url: str) -> str:
    """The address of a database without its password."""
    return url.removeprefix("sqlite:///") if url.startswith("sqlite") else url.rpartition("@")[2]


# --- transactions -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed at the end, durably. Raises `StoreUnusableError`."""
    with _translated(engine), engine.begin() as connection:
        yield connection


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes nothing. Raises `StoreUnusableError`."""
    with _translated(engine), engine.connect().execution_options(**{READING: True}) as connection:
        yield connection


@contextlib.contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise StoreUnusableError(path=engine.url.database or "", reason=str(error.orig)) from error


_OF_AN_INDEX = ("missing from index", "wrong # of entries in index", "non-unique entry in index")


def problems(engine: Engine) -> list[str]:
    """What SQLite finds wrong with its file, a few at the most; empty on a server. Raises `StoreUnusableError`."""
    if engine.dialect.name != "sqlite":
        return []
    with reading(engine) as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()
        return [str(problem) for problem in found if problem != "ok"]


def only_indexes(found: list[str]) -> bool:
    """Whether problems are those of indexes, which can be made anew from their tables."""
    return bool(found) and all(any(sign in problem for sign in _OF_AN_INDEX) for problem in found)


def make_indexes(engine: Engine) -> None:
    """Make every index anew. Raises `StoreUnusableError`."""
    with writing(engine) as connection:
        connection.exec_driver_sql("REINDEX")


def check_soundness(connection: Connection) -> None:
    """Let SQLite look at every page and index; a damaged index finds nothing, without saying so.

    Raises `StoreUnusableError`. Does nothing on a server, which looks after its own pages.
    """
    if connection.dialect.name == "sqlite":
        answer = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if answer != "ok":
            raise StoreUnusableError(path=connection.engine.url.database or "", reason=str(answer))
