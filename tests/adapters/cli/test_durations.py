"""Durations as people type them."""

from __future__ import annotations

from datetime import timedelta

import click
import pytest

from adapters.cli.durations import Duration

UNDERSTOOD = {
    "2d": timedelta(days=2),
    "+5h": timedelta(hours=5),
    "-90m": -timedelta(minutes=90),
    "1d12h": timedelta(days=1, hours=12),
    "1w": timedelta(weeks=1),
    "30s": timedelta(seconds=30),
    "0s": timedelta(),
}


@pytest.mark.parametrize(("text", "length"), UNDERSTOOD.items())
def test_it_is_understood(text: str, length: timedelta) -> None:
    assert Duration().convert(text, None, None) == length


def test_a_duration_stays_one() -> None:
    assert Duration().convert(timedelta(days=60), None, None) == timedelta(days=60)


@pytest.mark.parametrize(
    "text", ["", "2", "d", "2 d", "2y", "--2d", "2d-1h", "1.5d", "9999999d", "²d", "2d\n", "1s" * 6]
)
def test_it_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration"):
        Duration().convert(text, None, None)


def test_a_length_beyond_all_calendars_is_refused() -> None:
    with pytest.raises(click.BadParameter, match="is too long"):
        Duration().convert("999999w", None, None)
