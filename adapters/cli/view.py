"""A procedure as people and programs see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from adapters.cli.output import result, result_as_it_is
from adapters.cli.telling import state_words, told
from adapters.cli.words import _, masked, moment_text, safe_line
from workflow.conditions import nothing_sent
from workflow.definition import Definition, State
from workflow.definitions import DEFINITIONS
from workflow.errors import ProcedureNewerError
from workflow.narrating import narrated
from workflow.procedure import Line, Procedure, WrittenLine
from workflow.status import Status, is_late, status_of, turn_of
from workflow.texts import mark

TURNS = {
    "user": mark("you"),
    "ehealth": mark("eHealth"),
    "helpdesk": mark("the helpdesk"),
    "nobody": mark("nobody"),
}
STATUSES = {
    Status.WAITING_USER: mark("waits for you"),
    Status.WAITING_EHEALTH: mark("waits for eHealth"),
    Status.RETRYING: mark("will be tried again"),
    Status.BLOCKED: mark("is blocked"),
    Status.AT_RISK: mark("is at risk: the present certificate ends soon"),
    Status.DONE: mark("has ended"),
}
DOUBT = mark("It is not sure that what was sent arrived. Do not start again; ehcert asks eHealth first.")


def definition_of(procedure: Procedure) -> Definition:
    """The definition of a procedure. Raises `ProcedureNewerError` for one that this program does not know."""
    definition = DEFINITIONS.get(procedure.definition)
    if definition is None or procedure.definition_version > definition.version:
        raise ProcedureNewerError(id=procedure.id)
    return definition


def state_of(procedure: Procedure) -> State:
    """The declared state in which a procedure is."""
    return DEFINITIONS[procedure.definition].state(procedure.state)


def in_doubt(procedure: Procedure) -> bool:
    """Whether a change was sent whose outcome is not known."""
    return "intent" in procedure.facts and not procedure.ended


def as_json(procedure: Procedure, now: datetime) -> dict[str, Any]:
    """A procedure for programs; no personal data."""
    state, trouble = state_of(procedure), procedure.trouble
    return {
        "id": procedure.id,
        "definition": procedure.definition,
        "environment": procedure.environment,
        "state": procedure.state,
        "says": _(state.says),
        "todo": _(DOUBT if in_doubt(procedure) else state.todo),
        "turn": turn_of(procedure, now).value,
        "status": status_of(procedure, now).value,
        "late": is_late(procedure, now),
        "in_doubt": in_doubt(procedure),
        "created_at": moment_json(procedure.created_at),
        "since": moment_json(procedure.since),
        "looked_at": moment_json(procedure.looked_at),
        "next_look": moment_json(procedure.wake_at),
        "expected_by": moment_json(procedure.expected_by),
        "trouble": {"code": trouble.code, "at": moment_json(trouble.at), "attempts": trouble.attempts}
        if trouble
        else None,
        "public_key_identifier": procedure.facts.get("key", {}).get("public_key_identifier"),
        "next": next_commands(procedure),
    }


def moment_json(moment: datetime | None) -> str | None:
    """A moment as RFC 3339 in UTC."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def next_commands(procedure: Procedure) -> list[str]:
    """What can be done now, the usual thing first."""
    if procedure.ended:
        return []
    commands = [f"ehcert resume {procedure.id}"]
    if nothing_sent(procedure.facts):
        commands.append(f"ehcert cancel {procedure.id}")
    return commands


def title(procedure: Procedure, now: datetime) -> str:
    """One line: which procedure it is, and how it is doing."""
    name = f"{_(DEFINITIONS[procedure.definition].title)} ({procedure.environment})"
    value = _(STATUSES[status_of(procedure, now)])
    return f"{procedure.id}  " + _("{label}: {value}").format(label=name, value=value)


def as_lines(procedure: Procedure, now: datetime) -> Iterator[str]:
    """A procedure for people: where it stands, whose turn it is, until when, what to do."""
    state = state_of(procedure)
    yield title(procedure, now)
    yield f"  {_(state.says)}"
    if in_doubt(procedure):
        yield f"  {_(DOUBT)}"
    elif state.todo:
        yield f"  {_(state.todo)}"
    if not procedure.ended:
        yield from _moments(procedure, now)
    for command in next_commands(procedure)[:1]:
        yield "  " + _("Go on with: {command}").format(command=command)


def _moments(procedure: Procedure, now: datetime) -> Iterator[str]:
    who, since = _(TURNS[turn_of(procedure, now).value]), moment_text(procedure.since)
    yield "  " + _("Whose turn: {who}, since {moment}").format(who=who, moment=since)
    if procedure.expected_by is not None:
        late = is_late(procedure, now)
        text = _("Expected until: {moment}; it is late") if late else _("Expected until: {moment}")
        yield "  " + text.format(moment=moment_text(procedure.expected_by))
    if procedure.wake_at is not None:
        yield "  " + _("Next look from: {moment}").format(moment=moment_text(procedure.wake_at))


def confirmation(procedure: Procedure) -> dict[str, str] | None:
    """Where and until when a person without a card has to confirm his request, as long as he has to."""
    known = procedure.facts.get("to_confirm")
    if procedure.ended or known is None or "confirmation" in procedure.facts:
        return None
    return {"address": known["address"], "until": moment_json(datetime.fromisoformat(known["until"])) or ""}


def print_confirmation(procedure: Procedure) -> None:
    """The address in full and unbroken: the person has to open it."""
    if known := confirmation(procedure):
        result_as_it_is("  " + _("Log in at: {address}").format(address=safe_line(known["address"])))
        until = moment_text(datetime.fromisoformat(known["until"]))
        result("  " + _("before {moment}").format(moment=until))


def print_file(procedure: Procedure) -> None:
    """The new file, in full and unbroken: the person has to find it."""
    if changed := procedure.facts.get("changed"):
        copy = _("The file with the old password: {path}").format(path=safe_line(changed["copy"] or "-"))
        result_as_it_is(f"  {copy}")
    path = procedure.facts.get("new_keystore", {}).get("path")
    if path is None:
        return
    result_as_it_is("  " + _("New keystore: {path}").format(path=safe_line(path)))
    if installed := procedure.facts.get("installed"):
        until = moment_text(datetime.fromisoformat(installed["valid_until"]))
        result("  " + _("Valid until: {moment}; its password is the one that you chose for it").format(moment=until))


def line_text(written: WrittenLine) -> str:
    """A journal line for people; national numbers are covered."""
    line = written.line
    words = state_words(line.state) + _(": ") if line.state else ""
    damage = "" if written.sound else f"  !! {_('this line was changed or is out of place')}"
    return f"{written.number:3}  {moment_text(line.at)}  {words}{told(narrated(line))}{damage}"


def line_json(written: WrittenLine) -> dict[str, Any]:
    """A journal line for programs."""
    line: Line = written.line
    return {
        "number": written.number,
        "at": moment_json(line.at),
        "kind": line.kind,
        "state": line.state,
        "trigger": line.trigger,
        "details": {name: masked(str(value)) for name, value in line.details.items()},
        "sound": written.sound,
    }
