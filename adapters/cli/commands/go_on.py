"""`ehcert resume`, `cancel` and `abandon`: the commands that go on with a procedure, or stop it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adapters.cli.options import answering_options, card_options, json_option
from adapters.cli.running import Action, a_person, take_further
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _
from workflow.errors import ActionNotPossibleError, MissingAnswerError, NothingToResumeError, WhichProcedureError
from workflow.procedure import Procedure


@click.command()
@click.argument("procedure_id", metavar="[ID]", required=False)
@answering_options
@card_options
@json_option
def resume(
    procedure_id: str | None, answers: Path | None, secret_fds: tuple[str, ...], exit_code: str, as_json: bool
) -> int:
    """Go on with a procedure where it stopped; without ID, with the only one that can go on."""
    person = a_person(answers, secret_fds, as_json)
    wiring = wire()
    procedure = _chosen(wiring, procedure_id)
    if procedure.ended:
        raise ActionNotPossibleError(action="resume", state=procedure.state, id=procedure.id)
    action: Action = lambda engine, sitting: engine.resume(procedure.id, sitting)  # noqa: E731
    return take_further(
        wiring,
        procedure.environment,
        person,
        action,
        schema="resume",
        as_json=as_json,
        detailed=exit_code == "detailed",
    )


@click.command()
@click.argument("procedure_id", metavar="ID")
@json_option
def cancel(procedure_id: str, as_json: bool) -> int:
    """Stop a procedure that has sent nothing; what it made so far is removed."""
    person = a_person(None, (), as_json=True)
    wiring = wire()
    procedure = _chosen(wiring, procedure_id)
    action: Action = lambda engine, sitting: engine.cancel(procedure.id, sitting)  # noqa: E731
    return take_further(wiring, procedure.environment, person, action, schema="cancel", as_json=as_json, detailed=False)


@click.command()
@click.argument("procedure_id", metavar="ID")
@click.option("--reason", help="Why; it is kept in the journal. Asked for in a terminal.")
@json_option
def abandon(procedure_id: str, reason: str | None, as_json: bool) -> int:
    """Give up a procedure that has sent something. What eHealth accepted stays there."""
    wiring = wire()
    procedure = _chosen(wiring, procedure_id)
    if not reason and not as_json and sys.stdin.isatty():
        reason = click.prompt(_("Why is it abandoned?"), err=True)
    if not reason or not (given := reason.strip()):
        raise MissingAnswerError(form="abandon", field="reason")
    action: Action = lambda engine, sitting: engine.abandon(procedure.id, sitting, given)  # noqa: E731
    person = a_person(None, (), as_json=True)
    return take_further(
        wiring, procedure.environment, person, action, schema="abandon", as_json=as_json, detailed=False
    )


def _chosen(wiring: Wiring, procedure_id: str | None) -> Procedure:
    """The named procedure, or the only open one. Raises `NoSuchProcedureError` and its like."""
    if procedure_id is not None:
        return wiring.store.load(wiring.store.find(procedure_id))
    found = wiring.store.procedures(limit=10)
    if not found:
        for damaged in wiring.store.damaged(limit=1):
            wiring.store.load(damaged)  # tells what is wrong with it
        raise NothingToResumeError
    if len(found) > 1:
        raise WhichProcedureError(ids=", ".join(procedure.id for procedure in found))
    return found[0]
