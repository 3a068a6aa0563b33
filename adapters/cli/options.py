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
        click.option("--exit-code", type=click.Choice(["simple", "detailed"]), default="simple"),
        click.option("--secret-fd", "secret_fds", multiple=True, metavar="NAME=N", help="Read a secret from N."),
        click.option("--answers", type=click.Path(path_type=Path), help="A YAML file: form, field, value."),
    ):
        command = option(command)
    return command
