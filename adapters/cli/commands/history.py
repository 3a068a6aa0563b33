"""`ehcert history`: what happened to a procedure, in words, and how long each state lasted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from adapters.cli import view
from adapters.cli.looking import Looked, check_one, in_bundle, looking_options
from adapters.cli.options import json_option
from adapters.cli.output import emit, result, result_as_it_is
from adapters.cli.telling import day_text, duration_text, happening_text, state_words, time_text, told
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, set_language
from workflow.definition import Final
from workflow.errors import Exit, StoreDamagedError
from workflow.narrating import happenings, narrated
from workflow.procedure import WrittenLine
from workflow.way import Stay, Way, way_of

_WIDTH = 80
_BAR = "#"


@click.command()
@looking_options
@json_option
def history(procedure_id: str | None, bundle: Path | None, as_json: bool) -> int:
    """Tell what happened to a procedure, line by line, and how long each state lasted."""
    wiring = wire()
    set_language(wiring.settings.language)
    check_one(procedure_id, bundle)
    looked = in_bundle(bundle) if bundle else _stored(wiring, procedure_id or "", as_json)
    procedure, journal, now = looked.procedure, looked.journal, looked.now
    way = way_of(view.definition_of(procedure), procedure, journal)
    if as_json:
        emit(
            "history",
            procedure=view.as_json(procedure, now),
            journal=[{**view.line_json(one), "text": told(narrated(one.line))} for one in journal],
            states=[_stay_json(stay, now) for stay in way.stays],
        )
        return Exit.OK
    result(view.title(procedure, now))
    for line in _timeline(journal):
        result(line)
    result()
    result(_("How long each state lasted"))
    for line in bars(way, now, ended=isinstance(view.state_of(procedure), Final)):
        result_as_it_is(line)
    return Exit.OK


def _stored(wiring: Wiring, procedure_id: str, as_json: bool) -> Looked:
    identifier = wiring.store.find(procedure_id)
    journal = wiring.store.journal(identifier)
    try:
        procedure = wiring.store.load(identifier)
    except StoreDamagedError:
        # What can be read is shown to people; programs get the error alone.
        for line in _timeline(journal) if not as_json else ():
            result(line)
        raise
    return Looked(procedure, journal, wiring.clock(procedure.environment).now())


def _timeline(journal: list[WrittenLine]) -> Iterator[str]:
    day = ""
    for happening in happenings(journal):
        at = happening.last.line.at
        if (today := day_text(at.astimezone().date())) != day:
            day = today
            yield ""
            yield day
        yield f"  {time_text(at)}  {happening_text(happening)}"


def bars(way: Way, now: datetime, *, ended: bool) -> Iterator[str]:
    """A line for each stay, with a bar as long as it lasted; the longest one reaches column 80."""
    stays = way.stays[:-1] if ended else way.stays
    names = [state_words(stay.state) for stay in stays]
    times = [duration_text(stay.lasted(now)) for stay in stays]
    left, middle = max(map(len, names), default=0), max(map(len, times), default=0)
    room = max(_WIDTH - left - middle - len("    "), len(_BAR))
    longest = max((stay.lasted(now) for stay in stays), default=timedelta())
    for stay, name, time in zip(stays, names, times, strict=True):
        bar = _BAR * _length(stay.lasted(now), longest, room)
        yield f"  {name:{left}} {time:>{middle}} {bar}".rstrip()


def _length(lasted: timedelta, longest: timedelta, room: int) -> int:
    """In signs; a stay of a second or more has at least one."""
    if lasted < timedelta(seconds=1):
        return 0
    return max(round(room * (lasted / longest)), 1)


def _stay_json(stay: Stay, now: datetime) -> dict[str, Any]:
    return {
        "state": stay.state,
        "words": state_words(stay.state),
        "since": view.moment_json(stay.since),
        "until": view.moment_json(stay.until),
        "seconds": int(stay.lasted(now).total_seconds()),
    }
