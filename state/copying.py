"""Copies of the database: a consistent one of a SQLite file in use, and the way back into an empty store."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from state.database import reading, writing
from state.tables import JOURNAL, PROCEDURE, PROVIDER, TOLD
from workflow.errors import StoreNotEmptyError, StoreUnusableError

_MOST_NAMED = 5
_ROWS_AT_ONCE = 500


def file_of(url: str) -> Path | None:
    """The file of a database address; None for a server."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def snapshot(file: Path) -> bytes:
    """The database in `file` as it stands at one moment, also while another process writes in it.

    Raises `StoreUnusableError`, also for a damaged database.
    """
    try:
        with (
            contextlib.closing(sqlite3.connect(file, timeout=30)) as source,
            contextlib.closing(sqlite3.connect(":memory:")) as copy,
        ):
            source.backup(copy)
            answer = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if answer != "ok":
                raise StoreUnusableError(path=file, reason=answer)
            return copy.serialize()
    except sqlite3.Error as error:
        raise StoreUnusableError(path=file, reason=str(error)) from error


def is_filled(engine: Engine) -> bool:
    """Whether procedures or records are stored there. Raises `StoreUnusableError`."""
    with reading(engine) as connection:
        return bool(_present(connection))


def check_unfilled(engine: Engine) -> None:
    """Raises `StoreNotEmptyError`, `StoreUnusableError`."""
    with reading(engine) as connection:
        _refuse_present(connection)


def _present(connection: Connection) -> list[str]:
    """Some of what is there: procedures first, then records of care providers."""
    found = [
        name
        for table in (PROCEDURE, PROVIDER)
        for name in connection.execute(select(table.c.id).limit(_MOST_NAMED)).scalars()
    ]
    return found[:_MOST_NAMED]


def _refuse_present(connection: Connection) -> None:
    present = _present(connection)
    if present:
        raise StoreNotEmptyError(ids=", ".join(present))


def pour(source: Engine, target: Engine, before_commit: Callable[[], None]) -> int:
    """Put every row of `source` in `target`, in one transaction; returns how many procedures there are.

    `before_commit` runs when all rows are there and nobody else sees them. Raises `StoreNotEmptyError`.
    """
    with reading(source) as from_there, writing(target) as to_here:
        _refuse_present(to_here)
        poured = 0
        for table in (PROCEDURE, JOURNAL, PROVIDER, TOLD):
            found = from_there.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table)).mappings()
            for rows in found.partitions(_ROWS_AT_ONCE):
                to_here.execute(insert(table), [dict(row) for row in rows])
                poured += len(rows) if table is PROCEDURE else 0
        before_commit()
    return poured
