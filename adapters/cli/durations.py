"""Durations as people type them: 2d, +5h, -90m, 1d12h."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import click

from adapters.cli.words import _

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SHAPE = re.compile(r"([+-]?)((?:[0-9]{1,6}[wdhms]){1,5})")
_LONGEST = timedelta(days=36_525)
"""A century: no calendar of ours ends before."""


class Duration(click.ParamType[timedelta]):
    """A click type: a text such as '+2d' becomes a timedelta."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Raises `click.BadParameter`."""
        if isinstance(value, timedelta):
            return value
        match = _SHAPE.fullmatch(str(value))
        if match is None:
            self.fail(_("'{value}' is not a duration; write 2d, 5h or 1d12h").format(value=value), param, ctx)
        parts = re.findall(r"([0-9]+)([wdhms])", match[2])
        length = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
        if length > _LONGEST:
            self.fail(_("'{value}' is too long").format(value=value), param, ctx)
        return -length if match[1] == "-" else length
