"""`ehcert due`: the nearest first, in plain words with the command, as JSON and as a calendar."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.calendar import FIRST_LINE, calendar, escaped
from adapters.system.store_key import store_key
from state.database import open_database
from state.providers import ProviderRecords
from tests.adapters.cli.furnished import NOW, FurnishedHome
from tests.reliability.hostile_texts import TEXTS
from workflow.definition import Turn
from workflow.due import Due, Kind
from workflow.procedure import Procedure, ProcedureId
from workflow.provider import Link, Placed, Provider, ProviderId
from workflow.texts import Said

SSIN, OTHER, THIRD = "75031299943", "80051599972", "85073003328"
DAY = timedelta(days=1)


def kept(name: str, ssin: str, **values: Any) -> Procedure:
    holder = {"holder": {"ssin": ssin, "first_names": "Zoé Élise", "surname": "Exemple"}}
    usual = Procedure(
        ProcedureId(name), "renew", 2, "sandbox", "awaiting_contact", Turn.USER, {}, NOW - 20 * DAY, NOW - 20 * DAY
    )
    return replace(usual, **{**values, "facts": {**holder, **values.get("facts", {})}})


def until(moment: datetime) -> dict[str, Any]:
    return {"valid_until": moment.isoformat()}


HANDED = {"request": {"at": NOW.isoformat()}, "etk": {"to_be_activated": True}, "record": until(NOW + 30 * DAY)}
ENDED: dict[str, Any] = {"ended": True, "state": "done", "turn": Turn.NOBODY}
WAITS: dict[str, Any] = {"state": "awaiting_delivery", "turn": Turn.EHEALTH}


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> FurnishedHome:
    """A home with a forgotten activation, a wait that is due, a certificate that ends, and a window that opens."""
    home = FurnishedHome(tmp_path / "home", capsys, monkeypatch)
    home.store(kept("aaaaaaaa", SSIN, state="awaiting_handover", facts=HANDED))
    home.store(kept("bbbbbbbb", OTHER, **WAITS, wake_at=NOW - DAY, facts={"request": {"at": NOW.isoformat()}}))
    home.store(kept("cccccccc", THIRD, **ENDED, facts={"installed": until(NOW + 60 * DAY)}))
    home.store(kept("dddddddd", "90010199992", **ENDED, facts={"installed": until(NOW + 100 * DAY)}))
    return home


def found(home: FurnishedHome, *options: str) -> list[tuple[str, str]]:
    return [(one["kind"], one["procedure"]) for one in home.run("due", *options).body["due"]]


def test_the_nearest_stands_first(home: FurnishedHome) -> None:
    assert found(home) == [
        ("activation", "aaaaaaaa"),
        ("look", "bbbbbbbb"),
        ("window", "dddddddd"),
        ("end", "aaaaaaaa"),
        ("end", "cccccccc"),
    ]


def test_only_so_far_ahead_and_so_many(home: FurnishedHome) -> None:
    assert found(home, "--within", "20d")[-1] == ("window", "dddddddd")
    assert found(home, "--limit", "1") == [("activation", "aaaaaaaa")]
    assert home.run("due", "--limit", "1").body["more"] is True
    assert ("end", "dddddddd") in found(home, "--within", "200d")


def test_another_environment_has_its_own(home: FurnishedHome) -> None:
    assert found(home, "--environment", "acceptance") == []


def test_programs_get_moments_words_and_the_command(home: FurnishedHome) -> None:
    told = home.run("due", "--limit", "1").body["due"][0]

    assert told == {
        "kind": "activation",
        "at": "2031-02-12T09:10:11Z",
        "overdue": True,
        "deadline": "2031-04-03T09:10:11Z",
        "environment": "sandbox",
        "procedure": "aaaaaaaa",
        "says": "The new encryption key is not activated: load the new file in your practice software, then go on.",
        "command": "ehcert resume aaaaaaaa",
    }


def test_people_read_when_what_and_the_command(home: FurnishedHome) -> None:
    told = home.run("due", json=False)

    assert told.code == 0
    assert "since 12 February 2031" in told.out
    assert "At the latest: 3 April 2031" in told.out
    assert "  Run: ehcert resume aaaaaaaa\n" in told.out
    assert SSIN not in told.out


def test_nothing_due_is_told(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = FurnishedHome(tmp_path / "empty", capsys, monkeypatch)

    assert "Nothing is due." in empty.run("due", json=False).out


def test_a_certificate_that_was_replaced_is_not_told(home: FurnishedHome) -> None:
    home.store(kept("eeeeeeee", THIRD, **ENDED, created_at=NOW, facts={"installed": until(NOW + 1000 * DAY)}))

    assert "cccccccc" not in [about for _kind, about in found(home)]


def test_the_keystore_of_a_practice_is_told_too(home: FurnishedHome) -> None:
    home.run("status")
    data = home.root / "data"
    records = ProviderRecords(open_database(f"sqlite:///{data / 'procedures.sqlite'}"), store_key(data / "store.key"))
    link = Link(Placed("/x.p12", "00"), "ab" * 20, NOW + 45 * DAY, NOW)
    records.add(Provider(ProviderId("pppppppp"), "sandbox", "Jan Voorbeeld", "99010199906", NOW, NOW, link=link))

    told = home.run("due").body["due"]

    assert [(one["kind"], one["at"]) for one in told if one.get("provider") == "pppppppp"] == [
        ("end", "2031-04-18T09:10:11Z")
    ]


# --- the calendar -----------------------------------------------------------------------------------------------------


def test_the_calendar_holds_everything_ahead_and_nobodys_name(home: FurnishedHome) -> None:
    file = home.root / "due.ics"

    told = home.run("due", "--ics", str(file))

    content = file.read_bytes()
    assert told.body["events"] == content.count(b"BEGIN:VEVENT") == 6
    assert b"UID:activation-aaaaaaaa@ehcert\r\n" in content
    assert b"DTSTART:20310314T091011Z\r\n" in content
    for personal in (SSIN, OTHER, "Exemple", "Zo"):
        assert personal.encode() not in content


def test_a_calendar_is_replaced_and_nothing_else_is(home: FurnishedHome) -> None:
    file, other = home.root / "due.ics", home.root / "other.p12"
    other.write_bytes(b"not a calendar")

    first, again = home.run("due", "--ics", str(file)), home.run("due", "--ics", str(file))
    refused = home.run("due", "--ics", str(other))

    assert (first.code, again.code) == (0, 0)
    assert (refused.code, refused.error) == (2, "calendar_taken")
    assert other.read_bytes() == b"not a calendar"


def test_a_calendar_that_cannot_be_written_is_told(home: FurnishedHome) -> None:
    told = home.run("due", "--ics", str(home.root / "missing" / "due.ics"))

    assert told.code != 0
    assert told.error == "folder_not_writable"


def event(says: str) -> bytes:
    one = Due(
        kind=Kind.STEP,
        at=NOW - DAY,
        environment="sandbox",
        about="aaaaaaaa",
        says=Said("{says}", {"says": says}),
        command="ehcert resume aaaaaaaa",
    )
    return calendar([one], NOW)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_hostile_text_makes_no_line_of_its_own(text: str) -> None:
    lines = unfolded(event(text))

    assert [line.split(":")[0] for line in lines] == [line.split(":")[0] for line in unfolded(event("plain"))]
    assert not any(ord(letter) < 0x20 or ord(letter) == 0x7F for line in lines for letter in line)


@pytest.mark.parametrize("text", ["é" * 200, "x" * 300, "𝄞" * 100, "a" * 74 + "é"])
def test_lines_are_folded_at_75_octets_and_no_letter_is_cut(text: str) -> None:
    content = event(text)

    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert f"SUMMARY:eHealth: {text}" in unfolded(content)


def test_signs_of_the_format_are_escaped() -> None:
    assert escaped("a\\b;c,d") == "a\\\\b\\;c\\,d"
    assert escaped("a\nb") == "a\ufffdb"


def test_what_is_overdue_stands_at_this_moment() -> None:
    assert b"DTSTART:20310304T091011Z\r\n" in event("x")


def test_every_line_ends_as_the_format_wants() -> None:
    content = event("x")

    assert content.startswith(FIRST_LINE)
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)


def unfolded(content: bytes) -> list[str]:
    """As a reader of the format takes it: lines that begin with a space belong to the one before."""
    return content.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")
