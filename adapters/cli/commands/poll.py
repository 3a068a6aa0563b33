"""`ehcert poll`: one pass over everything that can be asked without card and password; fit for a timer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import click

from adapters.cli.notifying import Notifying
from adapters.cli.options import ENVIRONMENTS, environment_option, json_option
from adapters.cli.output import emit, result, say
from adapters.cli.view import next_commands, state_of
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, fill, masked, safe_line, set_language
from adapters.system.locks import FileLocks
from workflow import unattended
from workflow.definitions import DEFINITIONS
from workflow.errors import (
    AnchorDamagedError,
    BusyError,
    EhcertError,
    EhealthUnreachableError,
    Exit,
    PollUnderWayError,
    ProcedureNewerError,
    StoreUnusableError,
    TemporaryError,
)
from workflow.ports import Steps
from workflow.procedure import Procedure, ProcedureId
from workflow.texts import mark
from workflow.unattended import Looked, Need

_LOCK = ProcedureId("poll")
_NEEDS = {
    Need.CARD: mark("{id}: whether what was sent arrived, only the card can tell: ehcert resume {id}"),
    Need.PASSWORD: mark("{id}: whether what was sent arrived can only be asked with the password: ehcert resume {id}"),
}
_STATES = frozenset(state.name for definition in DEFINITIONS.values() for state in definition.states)


@dataclass
class Pass:
    """What one pass did: each list is of JSON objects."""

    asked: int = 0
    more: bool = False
    changed: list[dict[str, Any]] = field(default_factory=list)
    needs: list[dict[str, Any]] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    notified: list[dict[str, Any]] = field(default_factory=list)


@click.command()
@click.option(
    "--limit", default=200, show_default=True, type=click.IntRange(1, 10_000), help="How many are asked, at the most."
)
@environment_option
@json_option
def poll(limit: int, environment: str | None, as_json: bool) -> int:
    """Ask eHealth once about everything that needs no card, PIN or password, and run the command of 'notify'.

    Nothing is sent that changes anything at eHealth.
    """
    wiring = wire()
    set_language(wiring.settings.language)
    done = Pass()
    with _only_one(wiring):
        for name in [name for name in ENVIRONMENTS if environment in (None, name)]:
            _look_at_all(wiring, name, limit, done)
        for name in [name for name in ENVIRONMENTS if environment in (None, name)]:
            done.notified += Notifying(wiring, name).tell()
    if as_json:
        emit("poll", **_as_object(done))
    else:
        _print(done)
    return _exit_code(done)


@contextlib.contextmanager
def _only_one(wiring: Wiring) -> Iterator[None]:
    """Two passes at once would tell the same twice. Raises `PollUnderWayError`."""
    with contextlib.ExitStack() as stack:
        try:
            now = wiring.clock(wiring.settings.environment).now
            stack.enter_context(FileLocks(wiring.folders.locks, now).hold(_LOCK))
        except BusyError as error:
            raise PollUnderWayError(pid=error.details["pid"], since=error.details["since"]) from error
        yield


# --- asking -----------------------------------------------------------------------------------------------------------


def _look_at_all(wiring: Wiring, environment: str, limit: int, done: Pass) -> None:
    """One request after the other; where eHealth cannot be reached, the others of this environment are left alone."""
    reminders, now = wiring.reminders(environment), wiring.clock(environment).now()
    before = now - unattended.WATCH_EVERY
    if next(reminders.to_ask(_STATES, now, before), None) is None:  # no services are needed
        return
    try:
        steps = wiring.steps_alone(environment)
    except EhealthUnreachableError as error:
        done.unreachable.append(_message(error))
        return
    states = frozenset[str]().union(*(unattended.asked_about(one, steps) for one in DEFINITIONS.values()))
    room = max(limit - done.asked, 0)
    due = (one for one in reminders.to_ask(states, now, before) if _can_be_asked(wiring, one, steps))
    found = list(islice(due, room + 1))
    done.more = done.more or len(found) > room
    for procedure in found[:room]:
        try:
            _look_at(wiring, procedure, steps, done)
        except EhealthUnreachableError as error:
            done.unreachable.append(_message(error))
            return


def _can_be_asked(wiring: Wiring, procedure: Procedure, steps: Steps) -> bool:
    try:
        current = wiring.engine(procedure.environment).current(procedure)
    except ProcedureNewerError:
        return False
    now = wiring.clock(procedure.environment).now()
    return unattended.can_be_asked(DEFINITIONS[current.definition], current, steps, now)


def _look_at(wiring: Wiring, procedure: Procedure, steps: Steps, done: Pass) -> None:
    """One procedure; whatever goes wrong with it stops no other one. Raises `EhealthUnreachableError`."""
    try:
        looked = wiring.engine(procedure.environment).poll(procedure.id, steps)
    except BusyError:
        done.passed_over.append(procedure.id)
        return
    except (EhealthUnreachableError, StoreUnusableError, AnchorDamagedError):
        raise
    except EhcertError as error:
        done.asked += 1
        done.failed.append(_failure(procedure, error.code, _message(error), isinstance(error, TemporaryError)))
        return
    except Exception as error:  # a fault of ehcert in one procedure must not keep the others waiting
        message = _("a fault of ehcert: {name}").format(name=type(error).__name__)
        done.failed.append(_failure(procedure, "internal_error", message, temporary=False))
        return
    _count(procedure, looked, done)


def _count(before: Procedure, looked: Looked, done: Pass) -> None:
    procedure = looked.report.procedure
    done.asked += looked.asked
    if looked.changed:
        done.changed.append(
            {
                "procedure": procedure.id,
                "environment": procedure.environment,
                "from": before.state,
                "to": procedure.state,
                "says": _(state_of(procedure).says),
                "todo": _(state_of(procedure).todo),
                "next": next_commands(procedure),
            }
        )
    if looked.needs is not None:
        done.needs.append({"procedure": procedure.id, "needs": looked.needs.value})


def _failure(procedure: Procedure, code: str, message: str, temporary: bool) -> dict[str, Any]:
    return {"procedure": procedure.id, "code": code, "message": message, "temporary": temporary}


def _message(error: EhcertError) -> str:
    return masked(safe_line(fill(error.text, error.details)))


# --- telling ----------------------------------------------------------------------------------------------------------


def _as_object(done: Pass) -> dict[str, Any]:
    return {
        "asked": done.asked,
        "more": done.more,
        "changed": done.changed,
        "needs": done.needs,
        "passed_over": done.passed_over,
        "failed": done.failed,
        "unreachable": done.unreachable,
        "notified": done.notified,
    }


def _print(done: Pass) -> None:
    result(_("Asked about {number}; something new about {new}.").format(number=done.asked, new=len(done.changed)))
    for one in done.changed:
        result(f"{one['procedure']}  {one['says']}")
        if one["todo"]:
            result(f"  {one['todo']}")
        for command in one["next"][:1]:
            result("  " + _("Go on with: {command}").format(command=command))
    for one in done.needs:
        result(_(_NEEDS[Need(one["needs"])]).format(id=one["procedure"]))
    for name in done.passed_over:
        say(_("{id}: another ehcert works on it, so it was passed over").format(id=name))
    for one in done.failed:
        say(f"{one['procedure']}: {one['message']}")
    for message in done.unreachable:
        say(_("{message}; the others are asked later").format(message=message))
    if done.more:
        say(_("there are more to be asked; run it again, or with a larger --limit"))
    _print_notified(done)


def _print_notified(done: Pass) -> None:
    for one in done.notified:
        if one["failure"] is None:
            result(_("{id}: told with your command").format(id=one["about"]))
            continue
        reason = one["failure"]["reason"]
        say(_("{id}: the command of the setting 'notify' failed: {reason}").format(id=one["about"], reason=reason))


def _exit_code(done: Pass) -> int:
    """That the user's command failed is told, and is no failure of the pass."""
    if any(not one["temporary"] for one in done.failed):
        return Exit.FAILED
    return Exit.NETWORK if done.failed or done.unreachable else Exit.OK
