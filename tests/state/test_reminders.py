"""What is due, found by the indexes of the store, and what was told, remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from state.database import open_database
from state.reminders import Reminders
from state.store import DatabaseStore
from tests.state.samples import KEY, SSIN, line, opened, procedure
from tests.world.clock import START
from workflow.definition import Turn
from workflow.procedure import Procedure, ProcedureId

NOW = START + timedelta(days=30)
DAY = timedelta(days=1)
EHEALTH: dict[str, Any] = {"turn": Turn.EHEALTH, "state": "awaiting_delivery"}


def holder(ssin: str = SSIN, **facts: Any) -> dict[str, Any]:
    return {"holder": {"ssin": ssin, "first_names": "Jan", "surname": "Voorbeeld"}, **facts}


def until(moment: datetime) -> dict[str, Any]:
    return {"record": {"valid_until": moment.isoformat()}}


KEPT = {
    "planned now": procedure(1, **EHEALTH, wake_at=NOW - DAY, expected_by=NOW - 2 * DAY),
    "planned later": procedure(2, **EHEALTH, wake_at=NOW + DAY, expected_by=NOW + DAY),
    "planned by a clock ahead": procedure(3, **EHEALTH, wake_at=NOW + 400 * DAY, looked_at=NOW + 399 * DAY),
    "a step": procedure(4, since=START + DAY, facts=holder("80051599972", **until(NOW + 40 * DAY))),
    "an older step": procedure(5, since=START),
    "put off": procedure(6, since=START, wake_at=NOW + 5 * DAY),
    "put off for long": procedure(7, wake_at=NOW + 50 * DAY),
    "in another environment": procedure(8, environment="acceptance", facts=holder(**until(NOW + DAY))),
    "has ended": procedure(
        9, ended=True, state="done", turn=Turn.NOBODY, facts=holder(installed={"valid_until": (NOW + DAY).isoformat()})
    ),
}
NAMES = {one.id: name for name, one in KEPT.items()}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    file = f"sqlite:///{tmp_path / 'procedures.sqlite'}"
    return file if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres"))


@pytest.fixture
def store(url: str) -> DatabaseStore:
    store = opened(url)
    for number, one in enumerate(KEPT.values()):
        store.insert(one, [line("started")], f"SSIN={number}")
    return store


@pytest.fixture
def reminders(store: DatabaseStore, url: str) -> Reminders:
    return Reminders(open_database(url), KEY, "sandbox")


def names(found: Any) -> list[str]:
    return [NAMES[one.id] for one in found]


def test_what_may_be_asked_now_is_what_is_planned_and_what_has_no_plan(reminders: Reminders) -> None:
    found = names(reminders.to_ask(["submitting"], NOW, NOW - DAY))

    assert found == ["planned now", "planned by a clock ahead", "an older step", "a step"]


def test_a_state_in_which_nothing_can_be_asked_is_left_out(reminders: Reminders) -> None:
    assert names(reminders.to_ask(["revoking"], NOW, NOW - DAY)) == ["planned now", "planned by a clock ahead"]


def test_looks_waits_and_steps_stand_apart(reminders: Reminders) -> None:
    assert names(reminders.looks(NOW)) == ["planned now"]
    assert names(reminders.late(NOW)) == ["planned now"]
    assert names(reminders.steps(NOW)) == ["an older step", "a step"]
    assert names(reminders.put_off(NOW, NOW + 10 * DAY)) == ["put off"]


def test_certificates_stand_in_the_order_of_their_ends(reminders: Reminders) -> None:
    assert names(reminders.ending(NOW, NOW + 90 * DAY)) == ["has ended", "a step"]
    assert names(reminders.ending(NOW, NOW + DAY)) == ["has ended"]


def test_a_row_of_an_older_schema_stands_in_its_place(
    store: DatabaseStore, reminders: Reminders, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = store.load(KEPT["a step"].id)
    monkeypatch.setattr("state.rows._SEALED_IF_THERE", ())
    store.save(loaded, [line("looked")])
    with store._engine.begin() as connection:
        connection.execute(
            text("UPDATE procedure SET ends_at = NULL, person = NULL, stuck_at = NULL WHERE id = 'abcdefg4'")
        )
    monkeypatch.undo()

    assert names(reminders.ending(NOW, NOW + 90 * DAY)) == ["has ended", "a step"]
    assert names(reminders.of_person("80051599972")) == ["a step"]


def test_the_procedures_of_a_person_are_found_in_this_environment(reminders: Reminders) -> None:
    assert "has ended" in names(reminders.of_person(SSIN))
    assert "in another environment" not in names(reminders.of_person(SSIN))


def test_a_damaged_procedure_is_left_out(store: DatabaseStore, reminders: Reminders) -> None:
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE procedure SET wake_at = '2000' WHERE id = 'abcdefg1'"))

    assert names(reminders.looks(NOW)) == []


def _noticed(store: DatabaseStore, one: Procedure) -> None:
    store.save(store.load(one.id), [replace(line("noticed", trigger="delivered"), at=NOW), line("moved")])


def test_what_was_noticed_is_news_until_it_was_told(store: DatabaseStore, reminders: Reminders) -> None:
    _noticed(store, KEPT["planned now"])
    _noticed(store, KEPT["in another environment"])

    news = reminders.news(NOW + DAY, 7 * DAY)
    reminders.remember(news[0].key, NOW)
    reminders.remember(news[0].key, NOW)

    assert [(one.key, one.procedure, one.line.details) for one in news] == [
        ("abcdefg1:2", ProcedureId("abcdefg1"), {"trigger": "delivered"})
    ]
    assert reminders.news(NOW + DAY, 7 * DAY) == []


def test_what_was_noticed_long_ago_is_no_news(store: DatabaseStore, reminders: Reminders) -> None:
    _noticed(store, KEPT["planned now"])

    assert reminders.news(NOW + 8 * DAY, 7 * DAY) == []


def test_what_was_told_is_known_in_another_process(url: str, reminders: Reminders) -> None:
    reminders.remember("abcdefg1:end:7d:20310501", NOW)

    again = Reminders(open_database(url), KEY, "sandbox")

    assert again.told(["abcdefg1:end:7d:20310501", "another"]) == {"abcdefg1:end:7d:20310501"}


def test_more_than_a_page_is_read(url: str, store: DatabaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("state.reminders._PAGE", 1)

    assert names(Reminders(open_database(url), KEY, "sandbox").steps(NOW)) == ["an older step", "a step"]


def test_the_questions_are_answered_by_indexes(url: str, store: DatabaseStore) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("asked of SQLite")
    with store._engine.begin() as connection:
        plans = {
            "procedure_ends": "SELECT * FROM procedure WHERE environment = 'x' AND ends_at > '1' AND ends_at <= '2'",
            "procedure_due": "SELECT * FROM procedure WHERE ended = 0 AND wake_at <= '2' ORDER BY wake_at",
            "journal_noticed": "SELECT * FROM journal WHERE kind = 'noticed' AND at > '2'",
        }
        for index, query in plans.items():
            plan = connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
            assert index in str(plan)
