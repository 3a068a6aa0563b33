"""`ehcert resume` and `cancel`: the commands that go on with a procedure, or stop it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from adapters.cli.options import answering_options, card_options, json_option
from adapters.cli.running import Action, a_person, take_further
from adapters.cli.wiring import Wiring, wire
from workflow.checks import day
from workflow.errors import ActionNotPossibleError, NothingToResumeError, WhichProcedureError
from workflow.procedure import Procedure


@click.command()
@click.argument("procedure_id", metavar="[ID]", required=False)
@click.option("--announced-for", metavar="DATE", help="From which day the second mail of eHealth says it is ready.")
@answering_options
@card_options
@json_option
def resume(
    procedure_id: str | None,
    announced_for: str | None,
    answers: Path | None,
    secret_fds: tuple[str, ...],
    exit_code: str,
    as_json: bool,
) -> int:
    """Go on with a procedure where it stopped; without ID, with the only one that can go on."""
    announced = None if announced_for is None else date.fromisoformat(day(announced_for, "announced-for"))
    person = a_person(answers, secret_fds, as_json)
    wiring = wire()
    procedure = _chosen(wiring, procedure_id)
    if procedure.ended:
        raise ActionNotPossibleError(action="resume", state=procedure.state, id=procedure.id)
    if announced is not None:
        wiring.engine(procedure.environment).announce(procedure.id, announced)
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
