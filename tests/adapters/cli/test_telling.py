"""What is told in the user's language: texts filled in, nothing private, and how long things lasted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.cli.telling import day_text, duration_text, happening_text, told
from adapters.cli.words import set_language
from workflow.narrating import happenings, narrated
from workflow.procedure import Line, WrittenLine
from workflow.texts import Said

NOW = datetime(2031, 3, 4, 9, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def test_a_text_in_a_text_is_filled_in_too() -> None:
    inner = Said("the certificate for {day}", {"day": date(2031, 3, 20)})

    assert told(Said("about to be sent: {operation}", {"operation": inner})) == (
        "about to be sent: the certificate for 20 March 2031"
    )


def test_what_is_missing_is_a_question_mark_and_stops_nothing() -> None:
    assert told(Said("{by} wrote: {reason!r}", {})) == "? wrote: '?'"


def test_a_national_number_is_covered_and_nothing_steers_the_terminal() -> None:
    text = told(Said("note of {by}: {reason}", {"by": "jan", "reason": "SSIN 75031299943 \x1b[2J\nehcert: done"}))

    assert "75031299943" not in text
    assert "\x1b" not in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "0 seconds"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(seconds=61), "1 minute"),
        (timedelta(hours=36), "1 day 12 hours"),
        (timedelta(days=40, minutes=3), "40 days 3 minutes"),
        (timedelta(days=1, hours=2, minutes=3), "1 day 2 hours"),
    ],
)
def test_a_length_of_time_by_its_two_largest_units(length: timedelta, words: str) -> None:
    assert duration_text(length) == words


def test_days_and_lengths_follow_the_language() -> None:
    set_language("fr")

    assert day_text(date(2031, 3, 4)) == "4 mars 2031"
    assert duration_text(timedelta(days=2)) == "2\N{NO-BREAK SPACE}jours"


def written(number: int, kind: str, code: str = "", *, sound: bool = True) -> WrittenLine:
    line = Line(NOW + timedelta(minutes=number), kind, "awaiting_delivery", "", {"code": code} if code else {})
    return WrittenLine(number, line, sound)


def test_looks_that_repeat_themselves_are_told_once() -> None:
    lines = [written(number, "looked") for number in range(1, 15)]

    [found] = happenings(lines)

    assert happening_text(found) == "eHealth was asked: nothing new (14 times)"
    assert (found.first.number, found.last.number) == (1, 14)


def test_what_differs_or_was_damaged_is_told_on_its_own() -> None:
    lines = [
        written(1, "trouble", "ehealth_no_answer"),
        written(2, "trouble", "pin_wrong"),
        written(3, "looked"),
        written(4, "looked", sound=False),
        written(5, "noted"),
        written(6, "noted"),
    ]

    found = happenings(lines)

    assert [one.times for one in found] == [1] * 6
    assert "!!" in happening_text(found[3])


@pytest.mark.parametrize("name", ["{zq7}", "{0.__class__}", "{", "{id!r:>999}"])
def test_a_name_from_the_journal_is_never_filled_in(name: str) -> None:
    moved = Line(NOW, "moved", "checking", name, {"to": name, "operation": name})
    unknown = Line(NOW, name, "checking", "", {"code": name})

    assert name in told(narrated(moved))
    assert name in told(narrated(unknown))
