"""The options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from workflow.texts import mark

Command = TypeVar("Command", bound=Callable[..., Any])

_KEPT = "ehcert.option"

ENVIRONMENTS = ("production", "acceptance", "sandbox")


def json_option(command: Command) -> Command:
    """--json"""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object; never ask anything.")(command)


def environment_option(command: Command) -> Command:
    """--environment"""
    return click.option(
        "--environment", type=click.Choice(ENVIRONMENTS), help="Which eHealth (setting 'environment')."
    )(command)


def card_options(command: Command) -> Command:
    """--module, --card, --last-try: for every command that may use the identity card.

    The command takes no parameters for them: `wiring.wire` finds what was given.
    """
    path = mark("The library of the eID software (setting 'pkcs11_module').")
    serial = mark("Use only the card of this number (setting 'card').")
    last = mark("Spend the last try of the PIN without asking: a wrong one blocks the card.")
    for option in (
        click.option("--last-try", "last_try", is_flag=True, expose_value=False, callback=_keep, help=last),
        click.option("--card", "card", metavar="SERIAL", expose_value=False, callback=_keep, help=serial),
        click.option("--module", "pkcs11_module", metavar="PATH", expose_value=False, callback=_keep, help=path),
    ):
        command = option(command)
    return command


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Put the value of an option where `kept_option` finds it, without a parameter of the command."""
    ctx.meta[f"{_KEPT}.{param.name}"] = value


def kept_option(name: str) -> Any:
    """What one of the `card_options` was given in the command that runs now; None when it was not."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(f"{_KEPT}.{name}")


def asks_nothing() -> bool:
    """Whether the command that runs now may not ask: it has `--json`, or there is no terminal."""
    context = click.get_current_context(silent=True)
    return context is None or bool(context.params.get("as_json")) or not sys.stdin.isatty()


def answering_options(command: Command) -> Command:
    """--answers, --secret-fd, --exit-code"""
    for option in (
        click.option(
            "--exit-code",
            type=click.Choice(["simple", "detailed"]),
            default="simple",
            help="Whether 10, 11 and 12 tell what a success was: changed, waiting, wanted.",
        ),
        click.option(
            "--secret-fd",
            "secret_fds",
            multiple=True,
            metavar="NAME=N",
            help="Read a secret from file descriptor N; NAME: keystore_password, new_keystore_password or pin.",
        ),
        click.option("--answers", type=click.Path(path_type=Path), help="Answers in a YAML file: form, field, value."),
    ):
        command = option(command)
    return command
