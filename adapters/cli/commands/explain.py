"""`ehcert explain`: why a procedure does not move, whose turn it is, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from adapters.cli import view
from adapters.cli.looking import looked_at, looking_options
from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.telling import day_text, duration_text, happening_text, time_text, told
from adapters.cli.wiring import wire
from adapters.cli.words import _, moment_text, set_language
from workflow.errors import Exit
from workflow.expecting import Source
from workflow.explaining import Expected, Explanation, Stopped
from workflow.explaining import explain as explained
from workflow.procedure import Procedure
from workflow.texts import mark

_SOURCES = {
    Source.ANNOUNCED: mark("as the second mail of eHealth told"),
    Source.ANSWER: mark("as eHealth told in its answer"),
    Source.USUAL: mark("as long as it usually takes"),
}


@click.command()
@looking_options
@json_option
def explain(procedure_id: str | None, bundle: Path | None, as_json: bool) -> int:
    """Say why a procedure does not move: where it stands, whose turn it is, what can be done and what must not."""
    wiring = wire()
    set_language(wiring.settings.language)
    looked = looked_at(wiring, procedure_id, bundle)
    procedure, now = looked.procedure, looked.now
    found = explained(view.definition_of(procedure), procedure, looked.journal, now)
    if as_json:
        emit("explain", procedure=view.as_json(procedure, now), **_json(found, now))
        return Exit.OK
    for line in _lines(procedure, found, now):
        result(line)
    return Exit.OK


# --- for people -------------------------------------------------------------------------------------------------------


def _lines(procedure: Procedure, found: Explanation, now: datetime) -> Iterator[str]:
    yield view.title(procedure, now)
    yield f"  {told_state(procedure)}"
    for said in found.why if found.stopped is None or not found.cause.startswith("trouble.") else found.why[1:]:
        yield f"  {told(said)}"
    if found.stopped:
        yield from _section(_("The last error"), _stopped(found.stopped))
    yield from _section(_("How it came here"), _path(found))
    if not procedure.ended:
        yield from _section(_("Whose turn it is"), _turn(found, procedure, now))
    yield from _section(_("What can be done"), (f"{one.command}\n    {told(one.why)}" for one in found.do))
    yield from _section(_("What must not be done"), (f"- {told(one)}" for one in found.never))


def told_state(procedure: Procedure) -> str:
    """Where it stands, in the sentence of its state."""
    return _(view.state_of(procedure).says)


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = [f"  {line}" for line in lines]
    if found:
        yield ""
        yield title
        yield from found


def _path(found: Explanation) -> Iterator[str]:
    day = ""
    for happening in found.path:
        at = happening.last.line.at
        if (today := day_text(at.astimezone().date())) != day:
            day = today
            yield day
        yield f"  {time_text(at)}  {happening_text(happening)}"


def _turn(found: Explanation, procedure: Procedure, now: datetime) -> Iterator[str]:
    who = _(view.TURNS[found.turn.value])
    lasted = duration_text(max(now - found.since, now - now))
    yield _("{who}, since {moment} ({duration})").format(who=who, moment=moment_text(found.since), duration=lasted)
    if found.expected:
        yield _expected(found.expected, now)
    if procedure.wake_at is not None:
        yield _("Next look from: {moment}").format(moment=moment_text(procedure.wake_at))


def _expected(expected: Expected, now: datetime) -> str:
    text = _("Expected until {moment}, {source}: it is not late")
    if expected.late:
        text = _("Expected until {moment}, {source}: it is late by {duration}")
    late = duration_text(now - expected.by) if expected.late else ""
    return text.format(moment=moment_text(expected.by), source=_(_SOURCES[expected.source]), duration=late)


def _stopped(stopped: Stopped) -> Iterator[str]:
    trouble = stopped.trouble
    times = _(" ({times} times)").format(times=trouble.attempts) if trouble.attempts > 1 else ""
    yield f"{moment_text(trouble.at)}{times}: {told(stopped.said)}"
    yield told(stopped.means)


# --- for programs -----------------------------------------------------------------------------------------------------


def _json(found: Explanation, now: datetime) -> dict[str, Any]:
    expected, stopped = found.expected, found.stopped
    return {
        "cause": found.cause,
        "why": [told(one) for one in found.why],
        "path": [
            {"at": view.moment_json(one.last.line.at), "text": told(one.said), "times": one.times} for one in found.path
        ],
        "turn": found.turn.value,
        "since": view.moment_json(found.since),
        "waited_seconds": max(int((now - found.since).total_seconds()), 0),
        "expected": expected
        and {"by": view.moment_json(expected.by), "source": expected.source.value, "late": expected.late},
        "error": stopped
        and {
            "code": stopped.trouble.code,
            "text": told(stopped.said),
            "meaning": told(stopped.means),
            "at": view.moment_json(stopped.trouble.at),
            "attempts": stopped.trouble.attempts,
        },
        "do": [{"command": one.command, "why": told(one.why)} for one in found.do],
        "never": [told(one) for one in found.never],
    }
