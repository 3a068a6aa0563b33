"""`ehcert status`: where the procedures stand, those that need somebody first."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta

import click

from adapters.cli import view
from adapters.cli.durations import Duration
from adapters.cli.options import ENVIRONMENTS, environment_option, json_option
from adapters.cli.output import emit, result, say, say_error
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, moment_text, set_language
from state.selection import Selection
from workflow import checks
from workflow.definition import Turn
from workflow.definitions import DEFINITIONS
from workflow.errors import Exit
from workflow.procedure import Procedure

_TURNS = {"user": Turn.USER, "ehealth": Turn.EHEALTH, "helpdesk": Turn.HELPDESK}
_PAUSE_SECONDS = 5.0


@click.command()
@click.option("--all", "ended", is_flag=True, help="Also those that have ended.")
@click.option("--stuck", is_flag=True, help="Only those that are retried, blocked, at risk or late.")
@click.option("--due", is_flag=True, help="Only those that should be looked at now.")
@click.option("--waiting-on", "turn", type=click.Choice(list(_TURNS)), help="Only those that wait for this one.")
@click.option("--kind", type=click.Choice(list(DEFINITIONS)), help="Only procedures of this kind.")
@click.option("--person", is_flag=True, help="Only those of one person; his national number is asked, or read.")
@click.option("--since", type=Duration(), help="Only those in their state for less than this, as 7d.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many, at the most.")
@click.option("--offset", default=0, type=click.IntRange(0), help="How many to pass over.")
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@environment_option
@json_option
def status(
    ended: bool,
    stuck: bool,
    due: bool,
    turn: str | None,
    kind: str | None,
    person: bool,
    since: timedelta | None,
    limit: int,
    offset: int,
    watch: bool,
    environment: str | None,
    as_json: bool,
) -> int:
    """List the procedures: where they stand, whose turn it is and what to do. Those that need somebody come first."""
    wiring = wire()
    set_language(wiring.settings.language)
    ssin = _asked_ssin() if person else None
    if watch and as_json:
        raise click.UsageError(_("--watch is for people, --json for programs: call it again and again"))
    while True:
        now = {name: wiring.clock(name).now() for name in ENVIRONMENTS}
        chosen = Selection(
            now=now,
            ended=ended,
            stuck=stuck,
            due=due,
            turn=_TURNS.get(turn or ""),
            definition=kind,
            environment=environment,
            person=ssin,
            since=None if since is None else now[environment or wiring.settings.environment] - since,
        )
        _show(wiring, chosen, limit, offset, as_json)
        if not watch:
            return Exit.OK
        try:
            _pause(now[environment or wiring.settings.environment])
        except KeyboardInterrupt:
            return Exit.OK


def _pause(now: datetime) -> None:
    """Wait, and make room on a terminal for what comes next."""
    say(_("{moment}; Ctrl-C ends this, and changes nothing").format(moment=moment_text(now)))
    time.sleep(_PAUSE_SECONDS)
    if sys.stdout.isatty():
        click.clear()


def _asked_ssin() -> str:
    """A national number is never an argument: it is asked for, or read from standard input."""
    typed = click.prompt(_("National number"), err=True) if sys.stdin.isatty() else sys.stdin.readline()
    return checks.ssin(typed.strip(), "person")


def _show(wiring: Wiring, chosen: Selection, limit: int, offset: int, as_json: bool) -> None:
    page = wiring.store.selected(chosen, limit=limit + 1, offset=offset)
    found, more = page.procedures[:limit], len(page.procedures) > limit
    damaged = list(dict.fromkeys([*page.damaged, *wiring.store.damaged(limit=limit)]))
    if as_json:
        listed = [view.as_json(procedure, chosen.now[procedure.environment]) for procedure in found]
        emit("status", procedures=listed, more=more, damaged=damaged)
        return
    if not found:
        result(_("No such procedure is under way. ehcert request starts one, ehcert renew a renewal."))
    for procedure in found:
        _print(procedure, chosen.now[procedure.environment])
    if more:
        result(_("There are more: --offset {number}").format(number=offset + limit))
    for identifier in damaged:
        say_error(_("procedure {id} is damaged; ehcert show {id} tells more").format(id=identifier))


def _print(procedure: Procedure, now: datetime) -> None:
    for line in view.as_lines(procedure, now):
        result(line)
    result()
