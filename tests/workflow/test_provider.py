"""The record of a care provider: numbers in the order of their days, and the badge."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.world.clock import START
from workflow.provider import Badge, InamiNumber, Provider, ProviderId, badge_of, fits_kind, newest

RECORD = Provider(ProviderId("abcdefg1"), "sandbox", "Zoé Élise Exemple", "75031299943", START, START)
FIRST = InamiNumber("physician", "19999915000", date(2010, 1, 1))
SECOND = InamiNumber("physician", "19999816001", date(2020, 1, 1))
OTHER = InamiNumber("dentist", "39999929000", date(2015, 1, 1))


def test_numbers_stand_in_the_order_of_their_days() -> None:
    record = RECORD.with_number(SECOND).with_number(FIRST).with_number(OTHER)

    assert record.numbers == (FIRST, OTHER, SECOND)


def test_a_number_that_is_there_gets_another_day() -> None:
    later = InamiNumber("physician", FIRST.number, date(2030, 1, 1))

    assert RECORD.with_number(FIRST).with_number(later).numbers == (later,)


def test_a_number_is_taken_out() -> None:
    assert RECORD.with_number(FIRST).with_number(OTHER).without_number(FIRST.number).numbers == (OTHER,)


def test_of_each_kind_the_last_number_that_began_holds() -> None:
    assert newest((SECOND, FIRST, OTHER), date(2019, 12, 31)) == {"physician": FIRST, "dentist": OTHER}
    assert newest((FIRST, SECOND), date(2020, 1, 1)) == {"physician": SECOND}
    assert newest((FIRST,), date(2009, 12, 31)) == {}


@pytest.mark.parametrize(
    ("until", "badge"),
    [
        (None, Badge.NONE),
        (START, Badge.NONE),
        (START - timedelta(days=1), Badge.NONE),
        (START + timedelta(seconds=1), Badge.RENEW),
        (START + timedelta(days=90), Badge.RENEW),
        (START + timedelta(days=90, seconds=1), Badge.VALID),
    ],
)
def test_the_badge_follows_from_the_end_of_the_certificate(until: datetime | None, badge: Badge) -> None:
    assert badge_of(until, START) is badge


@pytest.mark.parametrize(
    ("kind", "inami", "fits"),
    [
        ("physician", "19999915000", True),
        ("dentist", "19999915000", False),
        ("midwife", "49999915000", True),
        ("nurse", "49999915000", True),
        ("paramedic", "99999915000", True),
    ],
)
def test_the_first_digit_tells_the_kind(kind: str, inami: str, fits: bool) -> None:
    assert fits_kind(kind, inami) is fits
