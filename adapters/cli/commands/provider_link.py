"""`ehcert provider link` and `unlink`: the keystore in the folder that the practice software reads."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.linking import Linking
from adapters.cli.options import environment_option, json_option
from adapters.cli.output import emit, result
from adapters.cli.provider_view import as_json as record_json
from adapters.cli.provider_view import print_clicks, print_record, seen
from adapters.cli.providing import id_argument, loaded, reveal_option, stopping, wired
from adapters.cli.running import a_person
from adapters.cli.words import _, masked
from workflow.errors import Exit
from workflow.forms import KEYSTORE_PASSWORD

_secret_option = click.option(
    "--secret-fd", "secret_fds", multiple=True, metavar="NAME=N", help="Read keystore_password from descriptor N."
)


@click.command()
@id_argument
@click.option("--file", type=click.Path(path_type=Path), help="This keystore; usually the newest finished one.")
@environment_option
@_secret_option
@reveal_option
@json_option
def link(
    provider_id: str | None,
    file: Path | None,
    environment: str | None,
    secret_fds: tuple[str, ...],
    reveal: bool,
    as_json: bool,
) -> int:
    """Put the newest finished keystore of this person where the practice software reads it.

    Nothing is overwritten. What remains to be done in CGM Oxygen is told, with the numbers that must stand there.
    """
    person = a_person(None, secret_fds, as_json)
    wiring, chosen = wired(environment)
    record = loaded(wiring, chosen, provider_id)
    linking = Linking(wiring, chosen)
    with stopping():
        record = linking.link(record, file, lambda path: person.secret(KEYSTORE_PASSWORD, masked(path.name)).reveal())
    now = wiring.clock(chosen).now()
    if as_json:
        found = seen(Linking(wiring, chosen), record, now)
        path = record.link.file.path if record.link else None
        emit("provider.link", provider=record_json(found, reveal), keystore=path)
        return Exit.OK
    print_record(seen(Linking(wiring, chosen), record, now), reveal)
    result()
    print_clicks(record, now, reveal)
    return Exit.OK


@click.command()
@id_argument
@environment_option
@json_option
def unlink(provider_id: str | None, environment: str | None, as_json: bool) -> int:
    """Undo link: remove from the folder of the practice software exactly what it put there."""
    wiring, chosen = wired(environment)
    record = loaded(wiring, chosen, provider_id)
    done = Linking(wiring, chosen).unlink(record)
    removed, left = [str(path) for path in done.removed], [str(path) for path in done.left]
    if as_json:
        emit("provider.unlink", id=record.id, removed=removed, left=left)
        return Exit.OK
    result(_("The record {id} is linked to no keystore now.").format(id=record.id))
    for path in removed:
        result(masked(_("Removed: {path}").format(path=path)))
    for path in left:
        result(masked(_("Left, because it was changed since: {path}").format(path=path)))
    if not removed and not left:
        result(_("The keystore lies where it always was: there was no copy to remove."))
    return Exit.OK
