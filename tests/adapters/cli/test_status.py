"""Listing the procedures: those that need somebody first, filtered, in pages, for people and for programs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.cli.furnished import NOW, FurnishedHome
from workflow.definition import Turn
from workflow.procedure import Procedure, ProcedureId, Trouble

SSIN, OTHER = "75031299943", "80051599972"
DAY = timedelta(days=1)


def kept(name: str, ssin: str = SSIN, **values: Any) -> Procedure:
    facts = {"holder": {"ssin": ssin, "first_names": "Zoé Élise", "surname": "Exemple"}}
    usual = Procedure(
        ProcedureId(name), "renew", 2, "sandbox", "awaiting_contact", Turn.USER, facts, NOW - 20 * DAY, NOW - 20 * DAY
    )
    return replace(usual, **values)


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> FurnishedHome:
    """A home with one procedure that waits, one that is late, and one that ended."""
    home = FurnishedHome(tmp_path / "home", capsys, monkeypatch)
    waits = {"state": "awaiting_delivery", "turn": Turn.EHEALTH}
    home.store(kept("cccccccc", ended=True, state="cancelled", turn=Turn.NOBODY))
    home.store(kept("aaaaaaaa"))
    home.store(kept("bbbbbbbb", OTHER, **waits, expected_by=NOW - DAY, wake_at=NOW - DAY))
    home.store(kept("dddddddd", OTHER, environment="acceptance", trouble=Trouble("card_absent", NOW - DAY)))
    return home


def listed(home: FurnishedHome, *options: str) -> Sequence[str]:
    return [one["id"] for one in home.run("status", *options).body["procedures"]]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["bbbbbbbb", "aaaaaaaa", "dddddddd"]),
        (["--all"], ["bbbbbbbb", "aaaaaaaa", "dddddddd", "cccccccc"]),
        (["--stuck"], ["bbbbbbbb"]),
        (["--due"], ["bbbbbbbb"]),
        (["--waiting-on", "user"], ["aaaaaaaa", "dddddddd"]),
        (["--waiting-on", "ehealth"], ["bbbbbbbb"]),
        (["--waiting-on", "helpdesk"], []),
        (["--kind", "revoke"], []),
        (["--environment", "acceptance"], ["dddddddd"]),
        (["--since", "3d"], []),
        (["--since", "30d", "--limit", "1"], ["bbbbbbbb"]),
        (["--offset", "1"], ["aaaaaaaa", "dddddddd"]),
    ],
    ids=str,
)
def test_a_listing_holds_what_was_asked_for(home: FurnishedHome, options: list[str], found: list[str]) -> None:
    assert listed(home, *options) == found


def test_a_person_is_named_on_standard_input(home: FurnishedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("80.05.15-999.72\n"))

    assert listed(home, "--person") == ["bbbbbbbb", "dddddddd"]


def test_a_mistyped_number_is_told_and_not_repeated(home: FurnishedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("80051599973\n"))

    told = home.run("status", "--person")

    assert (told.code, told.error) == (2, "malformed_ssin")
    assert "80051599973" not in told.out + told.err


def test_a_national_number_is_no_argument(home: FurnishedHome) -> None:
    assert home.run("status", "--person", OTHER).code == 2


def test_a_page_says_that_there_is_more(home: FurnishedHome) -> None:
    first, last = home.run("status", "--limit", "2"), home.run("status", "--limit", "2", "--offset", "2")

    assert (first.body["more"], last.body["more"]) == (True, False)
    assert "--offset 2" in home.run("status", "--limit", "2", json=False).out


def test_people_see_what_is_late_first(home: FurnishedHome) -> None:
    told = home.run("status", json=False)

    assert told.out.index("bbbbbbbb") < told.out.index("aaaaaaaa")
    assert "it is late" in told.out
    assert SSIN not in told.out


def test_watching_shows_it_again_until_it_is_stopped(home: FurnishedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", pause)

    told = home.run("status", "--watch", json=False)

    assert told.code == 0
    assert told.out.count("bbbbbbbb  ") == 2
    assert "Ctrl-C" in told.err


def test_watching_is_for_people(home: FurnishedHome) -> None:
    assert home.run("status", "--watch").code == 2
