"""`ehcert request`, `renew` and `revoke`: the commands that begin a procedure with the identity card."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.options import answering_options, card_options, environment_option, json_option
from adapters.cli.output import say
from adapters.cli.running import a_person, take_further
from adapters.cli.script import Script
from adapters.cli.wiring import wire
from adapters.cli.words import _


@click.command()
@click.option("--foreigner", is_flag=True, help="For a person without a Belgian card, who confirms it on the web.")
@environment_option
@answering_options
@card_options
@json_option
def request(
    foreigner: bool,
    environment: str | None,
    answers: Path | None,
    secret_fds: tuple[str, ...],
    exit_code: str,
    as_json: bool,
) -> int:
    """Request a first eHealth certificate, for yourself or for an organisation that appointed you."""
    person = a_person(answers, secret_fds, as_json)
    if foreigner:
        return begin("request_foreigner", environment, person, "request --foreigner", exit_code, as_json)
    return begin("request", environment, person, "request", exit_code, as_json)


@click.command()
@click.option("--without-old-keystore", is_flag=True, help="The old file or its password is lost; may be refused.")
@environment_option
@answering_options
@card_options
@json_option
def renew(
    without_old_keystore: bool,
    environment: str | None,
    answers: Path | None,
    secret_fds: tuple[str, ...],
    exit_code: str,
    as_json: bool,
) -> int:
    """Renew your eHealth certificate: ask for the next one while the present one still works."""
    person = a_person(answers, secret_fds, as_json)
    if not without_old_keystore:
        return begin("renew", environment, person, "renew", exit_code, as_json)
    if not as_json:
        say(_("eHealth may refuse a renewal without the old keystore; nothing is lost by trying"))
    command = "renew --without-old-keystore"
    return begin("renew_without_keystore", environment, person, command, exit_code, as_json)


@click.command()
@click.option("--only", is_flag=True, help="Stop after the revocation; request no new certificate.")
@environment_option
@answering_options
@card_options
@json_option
def revoke(
    only: bool,
    environment: str | None,
    answers: Path | None,
    secret_fds: tuple[str, ...],
    exit_code: str,
    as_json: bool,
) -> int:
    """Revoke an eHealth certificate for good, then request a new one. It cannot be undone."""
    person = a_person(answers, secret_fds, as_json)
    if only or not person.knows("reason", "only"):
        person.take("reason", only=only)
    return begin("revoke", environment, person, "revoke", exit_code, as_json)


def begin(definition: str, environment: str | None, person: Script, command: str, exit_code: str, as_json: bool) -> int:
    """Begin a procedure and take it as far as it goes; returns the exit code. `command` begins it anew."""
    wiring = wire(environment=environment)
    chosen = wiring.settings.environment
    return take_further(
        wiring,
        chosen,
        person,
        lambda engine, sitting: engine.start(definition, chosen, sitting),
        schema=command.split()[0],
        command=command,
        as_json=as_json,
        detailed=exit_code == "detailed",
    )
