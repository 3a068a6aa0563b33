"""Takes a procedure further for a command, and tells how it ended."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from adapters.cli import failing, view
from adapters.cli.answers import read_answers
from adapters.cli.given_secrets import given_secrets
from adapters.cli.output import emit, result, say
from adapters.cli.script import Script
from adapters.cli.wiring import Wiring
from adapters.cli.words import _, masked, moment_text, safe_line, set_language
from workflow.engine import Engine
from workflow.errors import EhcertError, Exit, NoSuchProcedureError
from workflow.record import Report
from workflow.sitting import Sitting

Action = Callable[[Engine, Sitting], Report]

CHANGED, WAITING, WANTED = 10, 11, 12
"""The exit codes that `--exit-code detailed` adds."""


def a_person(answers: Path | None, secret_fds: tuple[str, ...], as_json: bool) -> Script:
    """Who answers: a script, or a person when there is a terminal and no JSON is wanted."""
    given, secrets = read_answers(answers) if answers else {}, given_secrets(secret_fds)
    if sys.stdin.isatty() and not as_json:
        from adapters.cli.terminal import Terminal

        return Terminal(given, secrets)
    return Script(given, secrets)


def take_further(
    wiring: Wiring,
    environment: str,
    person: Script,
    action: Action,
    *,
    schema: str,
    as_json: bool,
    detailed: bool,
    command: str | None = None,
) -> int:
    """Run an action of the engine and tell its report; returns the exit code.

    `command` begins it anew when nothing was kept; usually it is the one of the schema.
    """
    set_language(wiring.settings.language)
    sitting = Sitting(person, wiring.steps(environment))
    try:
        report = action(wiring.engine(environment), sitting)
    except (KeyboardInterrupt, click.Abort):
        if as_json or person.seen is None or not person.seen.revision:
            raise
        click.echo("", err=True)
        say(_("stopped; nothing is lost. Go on with: ehcert resume {id}").format(id=person.seen.id))
        return Exit.INTERRUPTED
    except EhcertError as error:
        if _is_kept(wiring, person):
            raise
        return failing.told(error, as_json=as_json, start=f"ehcert {command or schema}")
    if as_json:
        _emit(schema, wiring, report)
    else:
        _print(wiring, report)
    return exit_code(report, detailed)


def _is_kept(wiring: Wiring, person: Script) -> bool:
    """Whether there is a procedure that could go on."""
    if person.seen is None or not person.seen.revision:
        return False
    try:
        wiring.store.load(person.seen.id)
    except NoSuchProcedureError:
        return False
    return True


def _emit(schema: str, wiring: Wiring, report: Report) -> None:
    procedure = report.procedure
    body: dict[str, Any] = {"procedure": view.as_json(procedure, wiring.clock(procedure.environment).now())}
    if "new_keystore" in procedure.facts:
        body["keystore"] = procedure.facts["new_keystore"].get("path")
    if changed := procedure.facts.get("changed"):
        body |= {"keystore": procedure.facts["keystore"]["path"], "copy": changed["copy"]}
    if "refusal" in procedure.facts:
        body["refusal"] = {name: masked(str(value)) for name, value in procedure.facts["refusal"].items()}
    if confirmation := view.confirmation(procedure):
        body["confirmation"] = confirmation
    emit(schema, **body, passed=list(report.passed))


def _print(wiring: Wiring, report: Report) -> None:
    procedure = report.procedure
    now = wiring.clock(procedure.environment).now()
    if sys.stdin.isatty():
        click.echo("", err=True)  # after the last question
    if not report.passed and not procedure.ended:
        result(_("Nothing new; looked on {moment}.").format(moment=moment_text(procedure.looked_at or now)))
    for line in view.as_lines(procedure, now):
        result(line)
    view.print_confirmation(procedure)
    view.print_file(procedure)
    if refusal := procedure.facts.get("refusal"):
        text = _("Refusal: {message} ({code})").format(message=_(refusal["message"]), code=refusal["code"])
        result(f"  {masked(safe_line(text))}")


def exit_code(report: Report, detailed: bool) -> int:
    """The exit code of a sitting that ended without an error; `detailed` tells successes apart."""
    procedure = report.procedure
    if procedure.state == "refused":
        return Exit.REFUSED
    if procedure.state == "expired":
        return Exit.TIME
    if not detailed:
        return Exit.OK
    if procedure.ended:
        return CHANGED
    return WAITING if procedure.turn.value == "ehealth" else WANTED
