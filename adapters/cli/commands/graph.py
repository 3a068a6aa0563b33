"""`ehcert graph`: a procedure's diagram, with the way that it took and where it stands."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli import view
from adapters.cli.looking import looked_at, looking_options
from adapters.cli.options import json_option
from adapters.cli.output import emit, result_as_it_is
from adapters.cli.telling import state_words
from adapters.cli.wiring import wire
from adapters.cli.words import set_language
from workflow.definition import Definition
from workflow.diagram import LEAVING, mermaid
from workflow.errors import Exit
from workflow.way import Way, way_of


@click.command()
@looking_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "svg"]),
    default="text",
    show_default=True,
    help="A drawing for the terminal, text for Mermaid, or a picture.",
)
@json_option
def graph(procedure_id: str | None, bundle: Path | None, form: str, as_json: bool) -> int:
    """Draw a procedure: its states, the way that it took, and where it stands."""
    wiring = wire()
    set_language(wiring.settings.language)
    looked = looked_at(wiring, procedure_id, bundle)
    procedure, now = looked.procedure, looked.now
    definition = view.definition_of(procedure)
    way = way_of(definition, procedure, looked.journal)
    diagram = _drawn(form, definition, way, view.title(procedure, now))
    if as_json:
        path = [{"state": one.state, "trigger": one.trigger, "since": view.moment_json(one.since)} for one in way.stays]
        emit("graph", procedure=view.as_json(procedure, now), format=form, diagram=diagram, path=path)
        return Exit.OK
    result_as_it_is(diagram.rstrip("\n"))
    return Exit.OK


def _drawn(form: str, definition: Definition, way: Way, title: str) -> str:
    if form == "mermaid":
        return mermaid(definition, without=LEAVING, way=way, words=state_words)
    if form == "svg":
        from adapters.cli.svg import svg

        return svg(definition, way, title)
    from adapters.cli.drawing import drawing

    return "\n".join(drawing(definition, way))
