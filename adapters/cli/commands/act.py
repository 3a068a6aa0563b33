"""`ehcert retry`, `postpone`, `back`, `note` and `abandon`: what the helpdesk does, each with a reason on record."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli import view
from adapters.cli.durations import Duration
from adapters.cli.options import answering_options, card_options, json_option
from adapters.cli.output import emit, result
from adapters.cli.running import Action, a_person, take_further
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, set_language
from adapters.system.whoami import user_name
from workflow.acting import Act, left_behind
from workflow.checks import day, text
from workflow.errors import BadValueError, Exit, MalformedDateError, MissingReasonError
from workflow.procedure import Procedure

if TYPE_CHECKING:
    from workflow.record import Report

_LONGEST_TEXT = 2000
_ID = click.argument("procedure_id", metavar="ID")
_REASON = click.option("--reason", help="Why; it is kept in the journal. Asked for in a terminal.")


@click.command()
@_ID
@_REASON
@answering_options
@card_options
@json_option
def retry(
    procedure_id: str,
    reason: str | None,
    answers: Path | None,
    secret_fds: tuple[str, ...],
    exit_code: str,
    as_json: bool,
) -> int:
    """Look again now, although the wait says later; then go on as resume does."""
    person = a_person(answers, secret_fds, as_json)
    wiring, procedure = _found(procedure_id)
    act = _act("retry", reason, as_json)
    action: Action = lambda engine, sitting: engine.retry(procedure.id, sitting, act)  # noqa: E731
    detailed = exit_code == "detailed"
    return take_further(
        wiring, procedure.environment, person, action, schema="retry", as_json=as_json, detailed=detailed
    )


@click.command()
@_ID
@click.argument("until", metavar="UNTIL")
@_REASON
@json_option
def postpone(procedure_id: str, until: str, reason: str | None, as_json: bool) -> int:
    """Look again on UNTIL, a day (2031-03-04) or so long from now (3d), and remind nobody before."""
    wiring, procedure = _found(procedure_id)
    moment = _moment(until, wiring.clock(procedure.environment).now())
    act = _act("postpone", reason, as_json)
    report = wiring.engine(procedure.environment).postpone(procedure.id, moment, act)
    return _tell("postpone", wiring, report, as_json)


@click.command()
@_ID
@click.argument("state", metavar="STATE")
@_REASON
@json_option
def back(procedure_id: str, state: str, reason: str | None, as_json: bool) -> int:
    """Go back to STATE, as ehcert graph names it; never before something that was sent."""
    wiring, procedure = _found(procedure_id)
    act = _act("back", reason, as_json)
    steps = wiring.steps(procedure.environment)
    return _tell("back", wiring, wiring.engine(procedure.environment).back(procedure.id, state, steps, act), as_json)


@click.command()
@_ID
@click.argument("what", metavar="TEXT")
@json_option
def note(procedure_id: str, what: str, as_json: bool) -> int:
    """Write TEXT into the journal of a procedure, also of one that has ended."""
    wiring, procedure = _found(procedure_id)
    act = Act(user_name(), _checked("note", what))
    return _tell("note", wiring, wiring.engine(procedure.environment).note(procedure.id, act), as_json)


@click.command()
@_ID
@_REASON
@json_option
def abandon(procedure_id: str, reason: str | None, as_json: bool) -> int:
    """Give up a procedure that has sent something. What eHealth accepted stays there."""
    wiring, procedure = _found(procedure_id)
    act = _act("abandon", reason, as_json)
    report = wiring.engine(procedure.environment).abandon(procedure.id, act)
    return _tell("abandon", wiring, report, as_json, left_behind(report.procedure))


def _found(procedure_id: str) -> tuple[Wiring, Procedure]:
    wiring = wire()
    set_language(wiring.settings.language)
    return wiring, wiring.store.load(wiring.store.find(procedure_id))


def _act(command: str, reason: str | None, as_json: bool) -> Act:
    """Who acts and why. Raises `MissingReasonError` when there is nobody to ask."""
    if not reason and not as_json and sys.stdin.isatty():
        reason = click.prompt(_("Why? It is kept in the journal"), err=True)
    if not reason or not reason.strip():
        raise MissingReasonError(command=command)
    return Act(user_name(), _checked("reason", reason))


def _checked(field: str, value: str) -> str:
    """One line of a sensible length. Raises `BadValueError`, which repeats nothing of a long text."""
    if not value.strip() or len(value) > _LONGEST_TEXT:
        raise BadValueError(field=field, value=value[:20])
    return text(value, field)


def _moment(until: str, now: datetime) -> datetime:
    """A day begins at midnight of this computer's zone. Raises `MalformedDateError`, `click.BadParameter`."""
    try:
        return datetime.fromisoformat(day(until, "until")).astimezone(UTC)
    except MalformedDateError:
        if not until.rstrip().endswith(("w", "d", "h", "m", "s")):
            raise
    return now + Duration().convert(until, None, None)


def _tell(schema: str, wiring: Wiring, report: Report, as_json: bool, left: tuple[str, ...] = ()) -> int:
    procedure = report.procedure
    now = wiring.clock(procedure.environment).now()
    if as_json:
        more = {"left_behind": [_(one) for one in left]} if schema == "abandon" else {}
        emit(schema, procedure=view.as_json(procedure, now), **more, passed=list(report.passed))
        return Exit.OK
    for line in view.as_lines(procedure, now):
        result(line)
    for one in left:
        result(f"  - {_(one)}")
    return Exit.OK
