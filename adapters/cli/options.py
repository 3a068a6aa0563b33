"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

ENVIRONMENTS = ("production", "acceptance", "sandbox")


def json_option(command: Command) -> Command:
    """--json"""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object; never ask anything.")(command)


def environment_option(command: Command) -> Command:
    """--environment"""
    return click.option(
        "--environment", type=click.Choice(ENVIRONMENTS), help="Which eHealth (setting 'environment')."
    )(command)


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
