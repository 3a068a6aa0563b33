"""Opens the database: pragmas, private permissions, schema version."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from workflow.errors import StoreNewerError, StoreUnusableError

HEAD = "0001"
"""The newest schema version in `state/schema/versions`; older ones are brought forward when opened."""

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
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))


def _configure(connection: Any, record: Any) -> None:  # noqa: ARG001
    # The rollback journal with FULL: write-ahead logging corrupts with two connections before SQLite 3.51.3.
    connection.isolation_level = None
    for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _bring_forward(engine: Engine, url: str) -> None:
    version = _version(engine)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise StoreNewerError(path=_place(url))
    from state.schema import upgrade

    with engine.begin() as connection:
        upgrade(connection)


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return version


def _place(url: str) -> str:
    """The address of a database without its password."""
    return url.removeprefix("sqlite:///") if url.startswith("sqlite") else url.rpartition("@")[2]
