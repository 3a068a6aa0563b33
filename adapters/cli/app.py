"""The `ehcert` command: finds the subcommand, and turns every error into a message and an exit code."""

from __future__ import annotations

import copy
import importlib
import inspect
import os
import signal
import sys
from collections.abc import Sequence

import click

from adapters.cli.words import _, set_language
from workflow.errors import Exit
from workflow.texts import mark

COMMANDS: dict[str, tuple[str, str, str]] = {
    "request": ("start", "request", mark("Request a first eHealth certificate.")),
    "renew": ("start", "renew", mark("Renew your eHealth certificate.")),
    "revoke": ("start", "revoke", mark("Revoke a certificate for good, then request a new one.")),
    "password": ("password", "password", mark("Change the password of a keystore; nothing leaves your computer.")),
    "adopt": ("adopt", "adopt", mark("Go on with a keystore that another program left half-way.")),
    "resume": ("go_on", "resume", mark("Go on with a procedure where it stopped.")),
    "cancel": ("go_on", "cancel", mark("Stop a procedure that has sent nothing.")),
    "abandon": ("act", "abandon", mark("Give up a procedure that has sent something.")),
    "status": ("status", "status", mark("List the procedures: where they stand and what to do.")),
    "show": ("look", "show", mark("Show one procedure with its journal.")),
    "explain": ("explain", "explain", mark("Say why a procedure does not move, whose turn it is and what to do.")),
    "history": ("history", "history", mark("Tell what happened to a procedure, and how long each state lasted.")),
    "graph": ("graph", "graph", mark("Draw a procedure, with the way it took and where it stands.")),
    "due": ("due", "due", mark("List what is due and when, or write it as a calendar file.")),
    "poll": ("poll", "poll", mark("Ask eHealth about everything that needs no card and no password, and notify.")),
    "retry": ("act", "retry", mark("Look again now, although the wait says later.")),
    "postpone": ("act", "postpone", mark("Look again on a later day, not before.")),
    "back": ("act", "back", mark("Go back to an earlier state, where nothing was sent since.")),
    "note": ("act", "note", mark("Write a note into the journal of a procedure.")),
    "bundle": ("bundle", "bundle", mark("Write what the helpdesk needs to know, without secrets and names.")),
    "rerun": ("rerun", "rerun", mark("Play the journal of a bundle again, against the sandbox, up to any line.")),
    "doctor": ("doctor", "doctor", mark("Examine everything that ehcert keeps, and repair what can be proved.")),
    "card": ("card", "card", mark("The identity card: list the readers, show a card, try its keys.")),
    "keystore": ("keystore", "keystore", mark("List keystores, or show what is in one.")),
    "provider": ("provider", "provider", mark("Care providers: their numbers, and the keystore of their software.")),
    "backup": ("backup", "backup", mark("Copy all procedures, with their key and unfinished keystores, to a file.")),
    "restore": ("backup", "restore", mark("Put a backup in place on a computer without procedures.")),
    "sandbox": ("sandbox", "sandbox", mark("The embedded eHealth for rehearsals: serve, clock, mails, log.")),
    "demo": ("demo", "demo", mark("Renew a certificate against the sandbox, interrupted and resumed days later.")),
}
"""Name, then the module, the function in it, and the line of help."""

GROUPS = (
    (mark("Start"), ("request", "renew", "revoke", "password", "adopt")),
    (mark("Go on"), ("resume", "cancel", "abandon")),
    (mark("Look"), ("status", "show", "explain", "history", "graph", "due", "poll")),
    (mark("Helpdesk"), ("retry", "postpone", "back", "note", "bundle", "rerun", "doctor")),
    (mark("Things"), ("card", "keystore", "provider", "backup", "restore")),
    (mark("Integrators"), ("sandbox",)),
    (mark("Rest"), ("demo",)),
)


class _Group(click.Group):
    """Imports a subcommand only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, function, _help = COMMANDS[cmd_name]
        return translated(getattr(importlib.import_module(f"adapters.cli.commands.{module}"), function))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS:
            with formatter.section(_(title)):
                formatter.write_dl([(name, _(COMMANDS[name][2])) for name in names])


def translated(command: click.Command) -> click.Command:
    """A copy of a command whose help is in the language in force, with its options and subcommands."""
    told = copy.copy(command)
    told.help = _(inspect.cleandoc(command.help or ""))
    told.params = [_translated_option(parameter) for parameter in command.params]
    if isinstance(told, click.Group):
        told.commands = {name: translated(below) for name, below in told.commands.items()}
    return told


def _translated_option(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option):
        return parameter
    told = copy.copy(parameter)
    told.help = _(parameter.help or "")
    return told


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001
    if value and not ctx.resilient_parsing:
        from adapters.cli.version import version

        click.echo(f"ehcert {version()}")
        ctx.exit()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version and exit."
)
def ehcert() -> None:
    """Request, renew and revoke an eHealth certificate, and go on days later where you stopped."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point; ends the process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for name in ("SIGTERM", "SIGHUP"):  # a closed terminal and a polite kill end as Ctrl-C does
        if number := getattr(signal, name, None):
            signal.signal(number, signal.default_int_handler)
    set_language(_wanted_language())
    sys.exit(run(given))


def _wanted_language() -> str | None:
    """The language of the settings, known before they are read and checked: their errors are told in it."""
    from adapters.system.folders import user_folders

    if given := os.environ.get("EHCERT_LANGUAGE"):
        return given
    try:
        text = user_folders().settings_file.read_text("utf-8")
    except (OSError, ValueError):
        return None
    import tomllib

    try:
        return str(tomllib.loads(text).get("language", ""))
    except tomllib.TOMLDecodeError:
        return None


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        code = translated(ehcert).main(args=arguments, prog_name="ehcert", standalone_mode=False)
        return code if isinstance(code, int) else Exit.OK
    except (BrokenPipeError, SystemExit):  # click ends so when nobody reads any more; what was done is done
        return Exit.OK
    except (Exception, KeyboardInterrupt) as error:
        from adapters.cli import failing

        return failing.told(error, as_json="--json" in arguments)


if __name__ == "__main__":
    main()
