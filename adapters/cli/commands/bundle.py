"""`ehcert bundle`: write what the helpdesk needs to know about a procedure, without secrets and personal data."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.wiring import wire
from adapters.cli.words import _, safe_line, set_language
from adapters.system.files import write_new
from workflow.errors import BundleExistsError, Exit


@click.command()
@click.argument("procedure_id", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def bundle(procedure_id: str, file: Path, as_json: bool) -> int:
    """Write what the helpdesk needs to know about a procedure to FILE: no secret, pseudonyms for personal data.

    It is a text: read it before you mail it. Nothing is sent, and no file is overwritten.
    """
    from adapters.cli.bundling.contents import bundle_of
    from adapters.cli.commands.doctor import examined

    wiring = wire()
    set_language(wiring.settings.language)
    path = file.expanduser().absolute()
    if path.exists() or path.is_symlink():
        raise BundleExistsError(path=path)
    identifier = wiring.store.find(procedure_id)
    procedure, journal = wiring.store.load(identifier), wiring.store.journal(identifier)
    made = bundle_of(wiring, procedure, journal, examined(wiring))
    try:
        write_new(path, made.text.encode())
    except FileExistsError:
        raise BundleExistsError(path=path) from None
    if as_json:
        emit("bundle.written", file=str(path), topics=dict(made.topics), replaced=dict(made.replaced))
        return Exit.OK
    result(_("{path} is written; nothing was sent.").format(path=safe_line(str(path))))
    result(_("In it: {topics}").format(topics=", ".join(f"{name} ({size})" for name, size in made.topics.items())))
    if made.replaced:
        replaced = ", ".join(f"{name} ({count})" for name, count in made.replaced.items())
        result(_("Replaced by pseudonyms: {replaced}").format(replaced=replaced))
    result(_("It holds no password, no PIN and no key. Read it, then mail it to your helpdesk."))
    return Exit.OK
