"""`ehcert renew`: the commands that begin a procedure."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.options import answering_options, environment_option, json_option
from adapters.cli.running import a_person, take_further
from adapters.cli.wiring import wire


@click.command()
@environment_option
@answering_options
@json_option
def renew(
    environment: str | None, answers: Path | None, secret_fds: tuple[str, ...], exit_code: str, as_json: bool
) -> int:
    """Renew your eHealth certificate: ask for the next one while the present one still works."""
    person = a_person(answers, secret_fds, as_json)
    wiring = wire(environment=environment)
    chosen = wiring.settings.environment
    return take_further(
        wiring,
        chosen,
        person,
        lambda engine, sitting: engine.start("renew", chosen, sitting),
        schema="renew",
        as_json=as_json,
        detailed=exit_code == "detailed",
    )
