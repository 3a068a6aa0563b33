"""`ehcert backup` and `ehcert restore`: the procedures, their key and their unfinished keystores in one file."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.passphrase import passphrase
from adapters.cli.wiring import wire
from adapters.cli.words import _, set_language
from workflow.errors import BackupExistsError, Exit

_secret_option = click.option(
    "--secret-fd", "secret_fds", multiple=True, metavar="NAME=N", help="Read backup_passphrase from descriptor N."
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_secret_option
@json_option
def backup(file: Path, secret_fds: tuple[str, ...], as_json: bool) -> int:
    """Copy all procedures to FILE, encrypted. With their key and the unfinished keystores; nothing is overwritten."""
    from adapters.cli.keeping import gathered
    from adapters.system.backup import write_backup

    wiring = wire()
    set_language(wiring.settings.language)
    path = file.absolute()
    if path.exists() or path.is_symlink():
        raise BackupExistsError(path=path)
    content = gathered(wiring)
    size = write_backup(path, content, passphrase(secret_fds, new=True, ask=not as_json))
    procedures = content.about["procedures"]
    keystores = sum(part.about["kind"] == "keystore" for part in content.parts)
    if as_json:
        emit("backup", file=str(path), size=size, procedures=procedures, keystores=keystores)
        return Exit.OK
    result(_("{path}: procedures {procedures}, keystores {keystores}").format(
        path=path, procedures=procedures, keystores=keystores
    ))  # fmt: skip
    result(_("Keep it away from this computer. Without the passphrase nobody can open it, you neither."))
    return Exit.OK


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_secret_option
@json_option
def restore(file: Path, secret_fds: tuple[str, ...], as_json: bool) -> int:
    """Put the backup in FILE in place, on a computer without procedures; then ehcert resume goes on."""
    from adapters.cli.keeping import check_empty
    from adapters.cli.keeping import restore as put_in_place
    from adapters.system.backup import read_backup

    wiring = wire()
    set_language(wiring.settings.language)
    check_empty(wiring)
    content = read_backup(file.absolute(), passphrase(secret_fds, new=False, ask=not as_json))
    restored = put_in_place(wiring, content, file.absolute())
    listed = [{"id": one.id, "environment": one.environment, "state": one.state} for one in restored.open]
    if as_json:
        emit(
            "restore",
            procedures=restored.procedures,
            keystores=restored.keystores,
            open=listed,
            damaged=list(restored.damaged),
            next=[f"ehcert resume {one.id}" for one in restored.open],
        )
        return Exit.OK
    result(_("Restored: procedures {procedures}, keystores {keystores}").format(
        procedures=restored.procedures, keystores=restored.keystores
    ))  # fmt: skip
    for one in restored.open:
        result(_("{id} ({environment}) can go on: ehcert resume {id}").format(id=one.id, environment=one.environment))
    for identifier in restored.damaged:
        result(_("{id} is damaged in the backup; ehcert doctor tells more").format(id=identifier))
    result(_("Do not go on with them on the other computer any more."))
    return Exit.OK
