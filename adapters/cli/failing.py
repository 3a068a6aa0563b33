"""How an error is told: to people on stderr, to programs as one JSON object, and as an exit code."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Sequence

import click

from adapters.cli.output import emit, say_error, say_hint
from adapters.cli.words import _, fill, masked, safe, safe_line
from adapters.system.files import reason_of
from workflow.errors import EhcertError, Exit


def told(error: BaseException, *, as_json: bool, start: str | None = None) -> int:
    """Tell an error; returns the exit code.

    `start` is the command that begins anew when nothing was kept: then there is nothing to resume.
    """
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, EhcertError):
        notes = "".join(f" ({safe_line(note)})" for note in getattr(error, "__notes__", ()))
        message = masked(safe(fill(error.text, error.details) + notes))
        hint = masked(safe(fill(error.hint, error.details)))
        commands = [command.format(**error.details) for command in error.next]
        if start is not None and "ehcert resume" in commands:
            hint, commands = _("nothing was kept; run {command} again in some minutes").format(command=start), [start]
        return _tell(error.code, message, hint, error.exit, as_json, commands)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and not as_json:
        click.echo(error.format_message(), err=True)
        return Exit.USAGE
    if isinstance(error, click.ClickException):
        return _usage(error, as_json)
    if isinstance(error, (KeyboardInterrupt, click.Abort, EOFError)):
        message = _("interrupted; nothing is lost")
        hint = _("ehcert status shows where to go on")
        return _tell("interrupted", message, hint, Exit.INTERRUPTED, as_json, ["ehcert status"])
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.EPERM):
        message = masked(safe_line(f"{error.filename or ''}: {_(reason_of(error))}"))
        return _tell("disk", message, _("check the disk and your rights"), Exit.STORE, as_json)
    return _bug(error, as_json)


def _usage(error: click.ClickException, as_json: bool) -> int:
    """The command was not understood; its own help says more."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = f"{context.command_path if context else 'ehcert'} --help"
    hint = _("{command} tells what it takes").format(command=command)
    return _tell("usage", masked(safe_line(error.format_message())), hint, Exit.USAGE, as_json, [command])


def _bug(error: BaseException, as_json: bool) -> int:
    """Anything else is a fault of ours: the trace is shown, without the values that were at work."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    click.echo(masked(safe(f"{trace}{type(error).__name__}")), err=True)
    hint = _("this is a fault of ehcert: please report it with the lines above; the procedure is as it was")
    return _tell("internal_error", type(error).__name__, hint, Exit.FAILED, as_json)


def _tell(code: str, message: str, hint: str, exit_code: Exit, as_json: bool, commands: Sequence[str] = ()) -> int:
    if as_json:
        body = {"code": code, "message": message, "hint": hint, "next": list(commands), "exit": int(exit_code)}
        emit("error", error=body)
    else:
        say_error(message)
        if hint:
            say_hint(hint)
    return int(exit_code)
