"""Where output goes: results to stdout, everything else to stderr; lines fit the terminal, if there is one."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from typing import Any, TextIO

import click

from adapters.cli.words import _, escaped, safe

WIDEST = 100
"""Longer lines are hard to read, however wide the window is."""
NARROWEST = 20


def emit(schema: str, **body: Any) -> None:
    """One JSON object on stdout, on one line."""
    text = json.dumps({"schema": f"ehcert.{schema}/1", **body}, ensure_ascii=False, default=str)
    click.echo(escaped(text))


def result(text: str = "") -> None:
    """A line of the result."""
    click.echo(_fitted(text, sys.stdout))


def result_as_it_is(text: str) -> None:
    """A line of the result that is never broken: a path, so that it can be copied."""
    click.echo(safe(text))


def result_in_colour(text: str, colour: str) -> None:
    """A line of the result whose words say all; on a terminal a colour repeats it, unless NO_COLOR is set."""
    fits = _fitted(text, sys.stdout)
    shown = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    click.echo(click.style(fits, fg=colour) if shown else fits)


def say(text: str) -> None:
    """A line about what is going on."""
    click.echo(_fitted(f"ehcert: {text}", sys.stderr), err=True)


def say_error(text: str) -> None:
    """A line that tells an error."""
    click.echo(_fitted(f"ehcert: {_('error')}: {text}", sys.stderr), err=True)


def say_hint(text: str) -> None:
    """A line that tells what can be done."""
    click.echo(_fitted(f"ehcert: {_('hint')}: {text}", sys.stderr), err=True)


def paragraph(text: str) -> None:
    """A part of a screen, on stderr."""
    click.echo(_fitted(text, sys.stderr), err=True)


def fitted_prompt(text: str, default: str) -> str:
    """A question, broken so that its default, a colon and some signs of the answer stand on its last line."""
    return _fitted(text, sys.stderr, len(default) + 8)


def _fitted(text: str, stream: TextIO, reserved: int = 0) -> str:
    """Safe to show; on a terminal also broken between words, a file or a pipe gets the lines as they are."""
    if not stream.isatty():
        return safe(text)
    return fitted(safe(text), max(min(shutil.get_terminal_size().columns, WIDEST) - reserved, NARROWEST))


def fitted(text: str, width: int) -> str:
    """Each line broken between words, never inside one; what follows is indented two more than its line."""
    return "\n".join(_broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))]
    beginning = line[len(indent) :]
    further = indent + "  " if indent or beginning.startswith(("ehcert: ", "- ")) else indent
    return textwrap.fill(
        beginning,
        width,
        initial_indent=indent,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
