"""`ehcert status` and `ehcert show`: the commands that only look."""

from __future__ import annotations

import click

from adapters.cli import view
from adapters.cli.options import environment_option, json_option
from adapters.cli.output import emit, result, say_error
from adapters.cli.wiring import wire
from adapters.cli.words import _, set_language
from workflow.errors import Exit, StoreDamagedError


@click.command()
@click.option("--all", "ended", is_flag=True, help="Also those that have ended.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many, at the most.")
@click.option("--offset", default=0, type=click.IntRange(0), help="How many to pass over.")
@environment_option
@json_option
def status(ended: bool, limit: int, offset: int, environment: str | None, as_json: bool) -> int:
    """List the procedures: where they stand, whose turn it is and what to do."""
    wiring = wire()
    set_language(wiring.settings.language)
    found = wiring.store.procedures(ended=ended, limit=limit, offset=offset)
    found = [procedure for procedure in found if environment in (None, procedure.environment)]
    damaged = wiring.store.damaged(limit=limit)
    if as_json:
        listed = [view.as_json(procedure, wiring.clock(procedure.environment).now()) for procedure in found]
        emit("status", procedures=listed, damaged=damaged)
        return Exit.OK
    if not found:
        result(_("No procedure is under way. ehcert renew starts a renewal."))
    for procedure in found:
        for line in view.as_lines(procedure, wiring.clock(procedure.environment).now()):
            result(line)
        result()
    for identifier in damaged:
        say_error(_("procedure {id} is damaged; ehcert show {id} tells more").format(id=identifier))
    return Exit.OK


@click.command()
@click.argument("procedure_id", metavar="ID")
@json_option
def show(procedure_id: str, as_json: bool) -> int:
    """Show one procedure with its journal."""
    wiring = wire()
    set_language(wiring.settings.language)
    identifier = wiring.store.find(procedure_id)
    journal = wiring.store.journal(identifier)
    try:
        procedure = wiring.store.load(identifier)
    except StoreDamagedError:
        # What can be read is shown to people; programs get the error alone.
        for written in journal if not as_json else ():
            result(view.line_text(written))
        raise
    now = wiring.clock(procedure.environment).now()
    if as_json:
        body = view.as_json(procedure, now)
        keystore = procedure.facts.get("new_keystore", {}).get("path")
        emit("show", procedure=body, keystore=keystore, journal=[view.line_json(line) for line in journal])
        return Exit.OK
    for text in view.as_lines(procedure, now):
        result(text)
    view.print_file(procedure)
    result()
    result(_("Journal"))
    for written in journal:
        result(view.line_text(written))
    return Exit.OK
