"""The `ehcert` command: finds the subcommand, and turns every error into a message and an exit code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from adapters.cli.words import _, set_language
from workflow.errors import Exit
from workflow.texts import mark

COMMANDS: dict[str, tuple[str, str, str]] = {
    "renew": ("start", "renew", mark("Renew your eHealth certificate.")),
    "resume": ("go_on", "resume", mark("Go on with a procedure where it stopped.")),
    "cancel": ("go_on", "cancel", mark("Stop a procedure that has sent nothing.")),
    "status": ("look", "status", mark("List the procedures: where they stand and what to do.")),
    "show": ("look", "show", mark("Show one procedure with its journal.")),
    "sandbox": ("sandbox", "sandbox", mark("The embedded eHealth for rehearsals: serve, clock, mails, log.")),
    "demo": ("demo", "demo", mark("Renew a certificate against the sandbox, interrupted and resumed days later.")),
}
"""Name, then the module, the function in it, and the line of help."""

GROUPS = (
    (mark("Start"), ("renew",)),
    (mark("Go on"), ("resume", "cancel")),
    (mark("Look"), ("status", "show")),
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
        command: click.Command = getattr(importlib.import_module(f"adapters.cli.commands.{module}"), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS:
            with formatter.section(_(title)):
                formatter.write_dl([(name, _(COMMANDS[name][2])) for name in names])


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001
    if value and not ctx.resilient_parsing:
        from adapters.cli.version import version

        click.echo(f"ehcert {version()}")
        ctx.exit()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version)
def ehcert() -> None:
    """Request, renew and revoke an eHealth certificate, and go on days later where you stopped."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point; ends the process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    set_language()
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    from adapters.cli import failing

    try:
        code = ehcert.main(args=arguments, prog_name="ehcert", standalone_mode=False)
        return code if isinstance(code, int) else Exit.OK
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.OK
    except (Exception, KeyboardInterrupt) as error:
        return failing.told(error, as_json="--json" in arguments)


if __name__ == "__main__":
    main()
