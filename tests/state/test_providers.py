"""Records of care providers in the database: hidden, sealed, one for each person."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from state.copying import pour
from state.database import open_database
from state.providers import ProviderRecords
from tests.state.samples import KEY, OWNER, line, opened, rich
from tests.world.clock import START
from workflow.errors import (
    NoSuchProviderError,
    ProviderDamagedError,
    ProviderExistsError,
    StoreNotEmptyError,
    WhichProviderError,
)
from workflow.provider import InamiNumber, Link, Placed, Provider, ProviderId

SSIN, NAME, NUMBER, PATH = "75031299943", "Zoé Élise Exemple-Unique", "19999915000", "/keystore/SSIN=75031299943 x.p12"
LINK = Link(Placed(PATH, "ab" * 32), "cd" * 20, START + timedelta(days=900), START, (Placed(PATH, "ab" * 32),))
FULL = Provider(
    ProviderId("abcdefg1"),
    "sandbox",
    NAME,
    SSIN,
    START,
    START,
    (InamiNumber("physician", NUMBER, date(2020, 1, 1)),),
    LINK,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "procedures.sqlite"


@pytest.fixture
def records(file: Path) -> ProviderRecords:
    made = ProviderRecords(open_database(f"sqlite:///{file}"), KEY)
    made.add(FULL)
    return made


def sql(file: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement, values)
        connection.commit()


def test_a_record_comes_back_as_it_was(records: ProviderRecords) -> None:
    assert records.load(FULL.id) == FULL
    assert records.of_person("sandbox", SSIN) == FULL
    assert list(records.all("sandbox")) == [FULL]


@pytest.mark.parametrize("value", [SSIN, "Unique", "lise", NUMBER, "keystore", "physician"])
def test_no_personal_value_is_in_the_bytes_of_the_file(records: ProviderRecords, file: Path, value: str) -> None:
    assert value.encode() not in file.read_bytes()


def test_a_person_has_one_record_in_an_environment(records: ProviderRecords) -> None:
    with pytest.raises(ProviderExistsError) as raised:
        records.add(replace(FULL, id=ProviderId("abcdefg2")))

    assert raised.value.details["id"] == FULL.id
    records.add(replace(FULL, id=ProviderId("abcdefg3"), environment="acceptance"))


def test_a_change_is_stored_and_dated(records: ProviderRecords) -> None:
    later = START + timedelta(days=1)

    changed = records.change(FULL.id, lambda one: replace(one, link=None), later)

    assert changed == replace(FULL, link=None, changed_at=later)
    assert records.load(FULL.id) == changed


def test_a_change_never_makes_another_person_of_it(records: ProviderRecords) -> None:
    changed = records.change(FULL.id, lambda one: replace(one, ssin="80051599972", id=ProviderId("x")), START)

    assert (changed.id, changed.ssin) == (FULL.id, SSIN)


def test_a_removed_record_is_gone(records: ProviderRecords) -> None:
    records.remove(FULL.id)

    assert list(records.all("sandbox")) == []
    with pytest.raises(NoSuchProviderError):
        records.load(FULL.id)


def test_the_only_record_needs_no_name(records: ProviderRecords) -> None:
    assert records.find("sandbox") == FULL.id
    assert records.find("sandbox", "abc") == FULL.id
    with pytest.raises(NoSuchProviderError):
        records.find("production")
    with pytest.raises(NoSuchProviderError):
        records.find("sandbox", "zzz")
    with pytest.raises(NoSuchProviderError):
        records.find("sandbox", "")


def test_of_several_records_one_is_named(records: ProviderRecords) -> None:
    records.add(replace(FULL, id=ProviderId("abcdefg2"), ssin="80051599972"))

    with pytest.raises(WhichProviderError) as raised:
        records.find("sandbox", "abcdefg")

    assert raised.value.details["ids"] == "abcdefg1, abcdefg2"
    assert records.find("sandbox", "abcdefg2") == "abcdefg2"


@pytest.mark.parametrize("column", ["environment", "identity", "name", "ssin", "numbers", "link", "created_at", "seal"])
def test_a_record_changed_by_another_hand_is_damaged(records: ProviderRecords, file: Path, column: str) -> None:
    sql(file, f"UPDATE provider SET {column} = 'sandbox' || {column}")

    with pytest.raises(ProviderDamagedError):
        records.load(FULL.id)

    assert records.damaged() == [FULL.id]


def test_a_damaged_record_hides_no_other_and_can_be_removed(records: ProviderRecords, file: Path) -> None:
    other = replace(FULL, id=ProviderId("abcdefg2"), ssin="80051599972", created_at=START + timedelta(days=1))
    records.add(other)
    sql(file, "UPDATE provider SET name = CAST(x'ff' AS BLOB) WHERE id = ?", FULL.id)

    assert list(records.all("sandbox")) == [FULL.id, other]
    records.remove(records.find("sandbox", FULL.id))
    assert list(records.all("sandbox")) == [other]


def test_the_values_of_another_record_do_not_open_here(records: ProviderRecords, file: Path) -> None:
    records.add(replace(FULL, id=ProviderId("abcdefg2"), ssin="80051599972"))
    sql(file, "UPDATE provider SET name = (SELECT name FROM provider WHERE id = 'abcdefg2') WHERE id = 'abcdefg1'")

    with pytest.raises(ProviderDamagedError):
        records.load(FULL.id)


def test_records_come_along_with_a_backup(records: ProviderRecords, file: Path, tmp_path: Path) -> None:
    opened(f"sqlite:///{file}").insert(rich(), [line("started")], OWNER)
    target = open_database(f"sqlite:///{tmp_path / 'target.sqlite'}")

    poured = pour(open_database(f"sqlite:///{file}"), target, lambda: None)

    assert poured == 1
    assert ProviderRecords(target, KEY).load(FULL.id) == FULL


def test_nothing_is_poured_over_records(records: ProviderRecords, file: Path, tmp_path: Path) -> None:
    source = open_database(f"sqlite:///{tmp_path / 'source.sqlite'}")

    with pytest.raises(StoreNotEmptyError):
        pour(source, open_database(f"sqlite:///{file}"), lambda: None)


@pytest.mark.postgres
def test_records_are_kept_in_a_database_server_too(empty_postgres: str) -> None:
    records = ProviderRecords(open_database(empty_postgres), KEY)
    records.add(FULL)

    changed = records.change(FULL.id, lambda one: replace(one, numbers=()), START)

    assert records.load(FULL.id) == changed
    assert records.find("sandbox") == FULL.id
    with pytest.raises(ProviderExistsError):
        records.add(replace(FULL, id=ProviderId("abcdefg2")))
    records.remove(FULL.id)
    assert list(records.all("sandbox")) == []
