"""`ehcert rerun`: play the journal of a bundle again against the embedded sandbox, and stop where one likes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from adapters.cli import view
from adapters.cli.options import json_option
from adapters.cli.output import emit, result, result_as_it_is
from adapters.cli.rehearsal import PASSWORD, PIN
from adapters.cli.wiring import wire
from adapters.cli.words import _, safe_line, set_language
from workflow.errors import Exit


@click.command()
@click.option(
    "--bundle", "file", required=True, type=click.Path(path_type=Path), help="The file that ehcert bundle wrote."
)
@click.option(
    "--to", "line", type=click.IntRange(1), help="Stop after this line of the journal, as history numbers it."
)
@click.option("--home", type=click.Path(path_type=Path), help="An empty folder for the rerun; else one is made.")
@json_option
def rerun(file: Path, line: int | None, home: Path | None, as_json: bool) -> int:
    """Play the journal of a bundle again against the sandbox, with what went wrong and with stand-ins for people.

    Every step is really run; nothing of this computer is used, and nothing leaves it. Afterwards the procedure stands
    in a home of its own, where ehcert resume goes on. Lines that no procedure writes by itself (of a repair or a
    backup that came back) cannot be played: the rerun stops before them and says why.
    """
    from adapters.cli.bundling.reading import read_bundle
    from adapters.cli.rerunning.playing import rerun as played
    from adapters.cli.rerunning.stand_ins import NEW_PASSWORD

    set_language(wire().settings.language)
    found = read_bundle(file.expanduser())
    place = home.expanduser().absolute() if home else Path(tempfile.mkdtemp(prefix="ehcert-rerun-"))
    ended = played(found, place, line)
    procedure = ended.procedure
    commands = [
        f"EHCERT_HOME={place} ehcert sandbox serve",
        f"EHCERT_HOME={place} ehcert {'show' if procedure.ended else 'resume'} {procedure.id}",
    ]
    if as_json:
        emit(
            "rerun",
            home=str(place),
            procedure=view.as_json(procedure, found.made_at),
            lines=ended.lines,
            of=len(found.journal),
            troubles=[{"line": one.line, "how": one.how, "real": one.real} for one in ended.acted],
            accepted=list(ended.accepted),
            next=commands,
        )
        return Exit.OK
    told = _("Lines played: {lines} of {count}. The procedure is in the state {state}.")
    result(told.format(lines=ended.lines, count=len(found.journal), state=procedure.state))
    for one in ended.acted:
        text = _("Line {line}: {how}") if one.real else _("Line {line}: {how}; its cause is not in the journal")
        result("  " + text.format(line=one.line, how=safe_line(_(one.how))))
    accepted = ", ".join(ended.accepted) or "-"
    result(_("Changes that the sandbox accepted: {operations}").format(operations=accepted))
    passwords = _("Passwords of its keystores: {old} (old), {new} (new); PIN of its card: {pin}")
    result(passwords.format(old=PASSWORD, new=NEW_PASSWORD, pin=PIN))
    result(_("To go on from here, in two terminals:"))
    for command in commands:
        result_as_it_is(f"  {command}")
    return Exit.OK
