"""`ehcert show`: one procedure with its journal."""

from __future__ import annotations

import click

from adapters.cli import view
from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.wiring import wire
from adapters.cli.words import _, set_language
from workflow.errors import Exit, StoreDamagedError


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
        more = {"confirmation": confirmation} if (confirmation := view.confirmation(procedure)) else {}
        emit("show", procedure=body, keystore=keystore, **more, journal=[view.line_json(line) for line in journal])
        return Exit.OK
    for text in view.as_lines(procedure, now):
        result(text)
    view.print_confirmation(procedure)
    view.print_file(procedure)
    result()
    result(_("Journal"))
    for written in journal:
        result(view.line_text(written))
    return Exit.OK
