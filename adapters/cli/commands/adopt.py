"""`ehcert adopt FILE`: a keystore of another program is taken further."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.options import answering_options, environment_option, json_option
from adapters.cli.running import a_person, take_further
from adapters.cli.wiring import wire
from adapters.keystore import names


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@environment_option
@answering_options
@json_option
def adopt(
    file: Path,
    environment: str | None,
    answers: Path | None,
    secret_fds: tuple[str, ...],
    exit_code: str,
    as_json: bool,
) -> int:
    """Go on with the keystore in FILE that another program left half-way: requested, or completed and not activated.

    A file outside the keystore folders is copied, never changed.
    """
    person = a_person(answers, secret_fds, as_json)
    person.take("keystore_to_adopt", file=str(file.expanduser().absolute()))
    wiring = wire(environment=environment or _environment_of(file))
    chosen = wiring.settings.environment
    wiring.keystores(chosen).key_aliases(file.expanduser())  # a wrong file is told before a password is asked for
    return take_further(
        wiring,
        chosen,
        person,
        lambda engine, sitting: engine.start("adopt", chosen, sitting),
        schema="adopt",
        as_json=as_json,
        detailed=exit_code == "detailed",
    )


def _environment_of(file: Path) -> str | None:
    """The environment that the name says; '.p12' alone says nothing (PROTOCOL §10.3)."""
    found = names.parse(file.name).environment
    return None if found == "production" else found
