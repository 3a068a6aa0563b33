"""Each command that an explanation recommends is one that the program has, with options that it has."""

from __future__ import annotations

import shlex

import click
import pytest

from adapters.cli.app import ehcert
from tests.workflow.test_explanations import advices
from workflow.explanations.words import STARTS
from workflow.narrating import errors_by_code

COMMANDS = sorted(
    {advice.command for advice in advices() if advice.command != "{start}"}
    | set(STARTS.values())
    | {command for error in errors_by_code().values() for command in error.next}
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_recommended_command_exists_and_takes_these_options(command: str) -> None:
    arguments = [word if "{" not in word else "23456789" for word in shlex.split(command)[1:]]
    found: click.Command = ehcert

    while isinstance(found, click.Group):
        verb = arguments.pop(0)
        below = found.get_command(click.Context(found), verb)
        assert below is not None, verb
        found = below
    context = found.make_context(found.name, arguments, resilient_parsing=False)

    assert context.args == []
