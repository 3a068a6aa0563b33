"""Where output goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
from typing import Any

import click

from adapters.cli.words import _


def emit(schema: str, **body: Any) -> None:
    """One JSON object on stdout, on one line."""
    click.echo(json.dumps({"schema": f"ehcert.{schema}/1", **body}, ensure_ascii=False, default=str))


def result(text: str = "") -> None:
    """A line of the result."""
    click.echo(text)


def say(text: str) -> None:
    """A line about what is going on."""
    click.echo(f"ehcert: {text}", err=True)


def say_error(text: str) -> None:
    """A line that tells an error."""
    click.echo(f"ehcert: {_('error')}: {text}", err=True)


def say_hint(text: str) -> None:
    """A line that tells what can be done."""
    click.echo(f"ehcert: {_('hint')}: {text}", err=True)
