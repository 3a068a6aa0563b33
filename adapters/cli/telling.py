"""What the rules say about a procedure, in the user's language and safe to print; and how long things lasted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from adapters.cli.words import _, language, masked, safe_line, value_text
from workflow.explanations.words import STATES
from workflow.narrating import Happening
from workflow.texts import Said

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_NEVER = 10**6


def told(said: Said) -> str:
    """The text in the user's language, filled in; national numbers are covered."""
    return masked(safe_line(_filled(said)))


def _filled(said: Said) -> str:
    return _(said.text).format_map(_Values(said.details))


class _Values(dict[str, Any]):
    """The values of a text, each as people read it; what is missing is a question mark."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__()
        self._details = details

    def __missing__(self, name: str) -> Any:
        try:
            value = self._details[name]
        except KeyError:
            return "?"
        if isinstance(value, Said):
            return _filled(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return day_text(value)
        return value_text(value)


def state_words(name: str) -> str:
    """A state in a word or two; one of another version by its name."""
    return _(STATES.get(name, name))


def happening_text(happening: Happening) -> str:
    """What some lines of the journal tell, how often, and whether another hand was in them."""
    text = told(happening.said)
    if happening.times > 1:
        text = _("{text} ({times} times)").format(text=text, times=happening.times)
    return text if happening.sound else f"{text}  !! {_('this line was changed or is out of place')}"


def day_text(day: date) -> str:
    """A day, as the language writes it."""
    from babel.dates import format_date

    return str(format_date(day, "d MMMM y", locale=language()))


def time_text(moment: datetime) -> str:
    """The time of the day in the zone of this computer."""
    return moment.astimezone().strftime("%H:%M")


def duration_text(length: timedelta) -> str:
    """A length of time by its two largest units: '1 day 12 hours'; below a minute in seconds."""
    from babel.dates import format_timedelta

    def worded(number: int, unit: str) -> str:
        step = timedelta(**{f"{unit}s": number})
        return str(format_timedelta(step, granularity=unit, threshold=_NEVER, locale=language()))  # type: ignore[arg-type]

    parts: list[str] = []
    left = length
    for unit, step in _UNITS:
        number, left = divmod(left, step)
        if number and len(parts) < 2:
            parts.append(worded(number, unit))
    return " ".join(parts) or worded(int(length.total_seconds()), "second")
