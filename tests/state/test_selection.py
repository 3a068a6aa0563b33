"""Listings: who needs somebody first, and only what was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from state.selection import Selection
from state.store import DatabaseStore
from tests.state.samples import SSIN, line, opened, procedure
from tests.world.clock import START
from workflow.definition import Turn
from workflow.procedure import Trouble
from workflow.status import is_stuck, stuck_from

NOW = START + timedelta(days=30)
DAY = timedelta(days=1)


def holder(ssin: str) -> dict[str, Any]:
    return {"holder": {"ssin": ssin, "first_names": "Jan", "surname": "Voorbeeld"}}


KEPT = {
    "late": procedure(2, turn=Turn.EHEALTH, expected_by=NOW - 3 * DAY, wake_at=NOW - DAY),
    "blocked": procedure(3, trouble=Trouble("ehealth_refused", NOW - 5 * DAY), facts=holder("80051599972")),
    "waits for the person": procedure(4, since=START + 2 * DAY, environment="acceptance"),
    "waits longer": procedure(5, since=START + DAY, definition="revoke", facts=holder("80051599972")),
    "waits for eHealth": procedure(6, turn=Turn.EHEALTH, expected_by=NOW + DAY, wake_at=NOW + DAY, since=START),
    "at risk": procedure(7, facts={"record": {"valid_until": (NOW + 13 * DAY).isoformat()}}),
    "in doubt": procedure(8, facts={"intent": {"operation": "revoke"}}, since=START + 20 * DAY),
    "has ended": procedure(9, ended=True, turn=Turn.NOBODY, state="done", since=NOW),
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseStore:
    file = f"sqlite:///{tmp_path / 'procedures.sqlite'}"
    url = file if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres"))
    store = opened(url)
    for number, one in enumerate(KEPT.values()):
        store.insert(one, [line("started")], f"SSIN={number}")
    return store


def listed(store: DatabaseStore, *, limit: int = 100, offset: int = 0, **wanted: Any) -> list[str]:
    now = dict.fromkeys(("production", "acceptance", "sandbox"), NOW)
    names = {one.id: name for name, one in KEPT.items()}
    page = store.selected(Selection(now=now, **wanted), limit=limit, offset=offset)
    return [names[one.id] for one in page.procedures]


FIRST = ["blocked", "late", "at risk", "in doubt"]
OPEN = ["in doubt", "blocked", "late", "at risk", "waits longer", "waits for the person", "waits for eHealth"]


def test_what_is_stuck_stands_first_then_what_waits_for_the_person_then_the_others(store: DatabaseStore) -> None:
    assert listed(store) == OPEN


def test_those_that_have_ended_stand_last_when_they_are_wanted(store: DatabaseStore) -> None:
    assert listed(store, ended=True) == [*OPEN, "has ended"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"stuck": True}, {"in doubt", "blocked", "late", "at risk"}),
        ({"due": True}, {"late"}),
        ({"turn": Turn.HELPDESK}, {"blocked"}),
        ({"turn": Turn.EHEALTH}, {"late", "waits for eHealth"}),
        ({"turn": Turn.USER}, {"waits for the person", "waits longer", "at risk", "in doubt"}),
        ({"definition": "revoke"}, {"waits longer"}),
        ({"environment": "acceptance"}, {"waits for the person"}),
        ({"person": "80051599972"}, {"blocked", "waits longer"}),
        ({"person": SSIN, "turn": Turn.EHEALTH}, {"late", "waits for eHealth"}),
        ({"since": START + 2 * DAY}, {"waits for the person", "in doubt"}),
        ({"stuck": True, "ended": True, "person": SSIN}, {"late", "has ended"}),
        ({"person": "90010199992"}, set()),
    ],
    ids=lambda value: " ".join(sorted(map(str, value))),
)
def test_a_listing_holds_what_was_asked_for(store: DatabaseStore, wanted: dict[str, Any], found: set[str]) -> None:
    assert set(listed(store, **wanted)) == found


@pytest.mark.parametrize("limit", [1, 3, 8])
def test_the_pages_make_the_whole(store: DatabaseStore, limit: int) -> None:
    whole = listed(store, ended=True)

    pages = [listed(store, ended=True, limit=limit, offset=at) for at in range(0, len(whole), limit)]

    assert [name for page in pages for name in page] == whole


def test_rows_of_an_older_schema_are_found_too(store: DatabaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = [store.load(one.id) for one in KEPT.values()]
    monkeypatch.setattr("state.rows._SEALED_IF_THERE", ())
    for one in loaded:
        store.save(one, [line("looked")])
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE procedure SET person = NULL, stuck_at = NULL, ends_at = NULL"))
    monkeypatch.undo()

    assert set(listed(store)) == set(OPEN)
    assert set(listed(store, stuck=True)) == set(FIRST)
    assert set(listed(store, person="80051599972")) == {"blocked", "waits longer"}
    assert [name for name in listed(store) if name in FIRST] == listed(store)[:4]


def test_a_column_of_a_listing_cannot_be_changed_unnoticed(store: DatabaseStore) -> None:
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE procedure SET stuck_at = '9999' WHERE id = 'abcdefg3'"))

    page = store.selected(Selection(now={"sandbox": NOW}, ended=True))

    assert "abcdefg3" not in [one.id for one in page.procedures]
    assert page.damaged == store.damaged() == ["abcdefg3"]


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("days", [-30, -4, -2, 0, 2, 40])
def test_the_moment_that_is_stored_says_the_same_as_the_question(name: str, days: int) -> None:
    one, now = KEPT[name], NOW + days * DAY + timedelta(seconds=1)
    moment: datetime | None = stuck_from(one)

    begun = [one.since, *([one.trouble.at] if one.trouble else [])]

    if now > max(begun):
        assert is_stuck(one, now) == (moment is not None and now > moment)


def test_a_trouble_that_only_the_person_can_end_is_not_stuck() -> None:
    one = replace(KEPT["waits longer"], trouble=Trouble("pin_wrong", START))

    assert stuck_from(one) is None
    assert not is_stuck(one, NOW)
