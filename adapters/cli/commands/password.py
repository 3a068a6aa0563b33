"""`ehcert password FILE`: a keystore gets another password."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.options import answering_options, environment_option, json_option
from adapters.cli.running import a_person, take_further
from adapters.cli.wiring import wire


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@environment_option
@answering_options
@json_option
def password(
    file: Path,
    environment: str | None,
    answers: Path | None,
    secret_fds: tuple[str, ...],
    exit_code: str,
    as_json: bool,
) -> int:
    """Change the password of the keystore in FILE. A dated copy stays beside it; nothing leaves your computer."""
    person = a_person(answers, secret_fds, as_json)
    person.take("keystore_to_change", file=str(file.expanduser().absolute()))
    wiring = wire(environment=environment)
    chosen = wiring.settings.environment
    wiring.keystores(chosen).key_aliases(file.expanduser())  # a wrong file is told before a password is asked for
    return take_further(
        wiring,
        chosen,
        person,
        lambda engine, sitting: engine.start("password", chosen, sitting),
        schema="password",
        as_json=as_json,
        detailed=exit_code == "detailed",
    )
