"""`ehcert due`: what somebody should do and when, as a list or as a calendar file; the store alone is asked."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

import click

from adapters.cli.agenda import Agenda
from adapters.cli.durations import Duration
from adapters.cli.options import ENVIRONMENTS, environment_option, json_option
from adapters.cli.output import emit, result, result_as_it_is, say
from adapters.cli.telling import told
from adapters.cli.view import moment_json
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, moment_text, safe_line, set_language
from workflow.due import Due, Kind
from workflow.errors import CalendarTakenError, Exit

_USUAL = timedelta(days=90)
_ALL = timedelta(days=3660)
"""No certificate lives for ten years."""
_MOST_EVENTS = 2000


@click.command()
@click.option("--within", type=Duration(), help="How far ahead, as 30d; 90d, and everything with --ics.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many, at the most.")
@click.option("--ics", "file", type=click.Path(path_type=Path), help="Write a calendar file; - writes it here.")
@environment_option
@json_option
def due(within: timedelta | None, limit: int, file: Path | None, environment: str | None, as_json: bool) -> int:
    """List what is due: certificates that end, windows that open, steps that were forgotten, looks. Nearest first."""
    wiring = wire()
    set_language(wiring.settings.language)
    if file is not None and within is None:
        within = _ALL
    now = {name: wiring.clock(name).now() for name in ENVIRONMENTS if environment in (None, name)}
    items = _items(wiring, list(now), within or _USUAL)
    if file is not None:
        return _write(list(islice(items, _MOST_EVENTS + 1)), now[environment or "production"], file, as_json)
    found = list(islice(items, limit + 1))
    found, more = found[:limit], len(found) > limit
    if as_json:
        emit("due", due=[as_object(one, now[one.environment]) for one in found], more=more)
        return Exit.OK
    if not found:
        result(_("Nothing is due."))
    for one in found:
        _print(one, now[one.environment])
    if more:
        result(_("There is more: --limit {number}").format(number=limit * 2))
    return Exit.OK


def _items(wiring: Wiring, environments: list[str], within: timedelta) -> Iterator[Due]:
    agendas = [Agenda(wiring, name).items(within) for name in environments]
    return heapq.merge(*agendas, key=attrgetter("at"))


def as_object(one: Due, now: datetime) -> dict[str, Any]:
    """For programs; nothing personal."""
    return {
        "kind": one.kind.value,
        "at": moment_json(one.at),
        "overdue": one.at <= now,
        "deadline": moment_json(one.deadline),
        "environment": one.environment,
        "provider" if one.of_provider else "procedure": one.about,
        "says": told(one.says),
        "command": one.command,
    }


def _print(one: Due, now: datetime) -> None:
    moment = moment_text(one.at)
    when = _("since {moment}").format(moment=moment) if one.at <= now else moment
    result(f"{when}  {one.about} ({one.environment})")
    result(f"  {told(one.says)}")
    if one.deadline is not None and one.deadline > now and one.kind is not Kind.END:
        result("  " + _("At the latest: {moment}").format(moment=moment_text(one.deadline)))
    result_as_it_is("  " + _("Run: {command}").format(command=one.command))
    result()


def _write(items: list[Due], now: datetime, file: Path, as_json: bool) -> int:
    """Write the calendar whole or not at all. Raises `CalendarTakenError`, `FolderNotWritableError`."""
    from adapters.cli.calendar import FIRST_LINE, calendar
    from adapters.system.files import replace

    items, more = items[:_MOST_EVENTS], len(items) > _MOST_EVENTS
    if more:
        say(_("only the nearest {number} are written: --within looks less far ahead").format(number=_MOST_EVENTS))
    content = calendar(items, now)
    if str(file) == "-":
        if as_json:
            raise click.UsageError(_("--ics - writes the calendar to standard output, where --json writes, too"))
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return Exit.OK
    if file.exists() and not _begins_with(file, FIRST_LINE):
        raise CalendarTakenError(path=file)
    replace(file.absolute(), content)
    if as_json:
        emit("due", calendar=str(file.absolute()), events=len(items), more=more)
    else:
        say(_("{number} events are in {path}").format(number=len(items), path=safe_line(str(file))))
    return Exit.OK


def _begins_with(file: Path, line: bytes) -> bool:
    """Whether a file is a calendar, which may be replaced; anything else is not touched."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(line)) == line
