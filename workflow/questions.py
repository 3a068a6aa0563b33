"""The questions that explanations ask about a procedure, and the values that fill in what they tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow import conditions, status
from workflow.definition import Definition, Final, State, Waiting, Working
from workflow.expecting import announced
from workflow.explanations.words import OPERATIONS, STARTS
from workflow.narrating import Known
from workflow.procedure import Line, Procedure, WrittenLine
from workflow.texts import Said


@dataclass(frozen=True, slots=True)
class Case:
    """A procedure that is looked at: with its definition, its journal, and the moment."""

    definition: Definition
    procedure: Procedure
    journal: Sequence[WrittenLine]
    now: datetime

    @property
    def state(self) -> State:
        """The declared state in which it is."""
        return self.definition.state(self.procedure.state)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is known."""
        return self.procedure.facts

    def fact(self, name: str) -> Mapping[str, Any]:
        """One fact, empty when it is not known."""
        found: Mapping[str, Any] = self.procedure.facts.get(name) or {}
        return found

    def last(self, kind: str) -> Line | None:
        """The newest line of a kind."""
        return next((written.line for written in reversed(self.journal) if written.line.kind == kind), None)


Question = Callable[[Case], bool]


def _has(fact: str) -> Question:
    return lambda case: fact in case.facts


def _lacks(fact: str) -> Question:
    return lambda case: fact not in case.facts


def _in(state: str) -> Question:
    return lambda case: case.procedure.state == state


def _holds(condition: str) -> Question:
    return lambda case: conditions.CONDITIONS[condition](case.facts)


def _sent(operation: str) -> Question:
    return lambda case: case.fact("intent").get("operation") == operation


def _is_done(case: Case) -> bool:
    return case.procedure.state == case.definition.goal


def _waited_for_confirmation(case: Case) -> bool:
    return "request" in case.facts and any(state.until == "confirmation" for state in case.definition.states)


def _card_settles_it(case: Case) -> bool:
    line = case.last("trouble")
    asked = line is not None and str(line.details.get("needs_card")) == "True"
    return asked and case.procedure.trouble is not None and case.procedure.trouble.code == "in_doubt"


def _ends_soon(case: Case) -> bool:
    ends = status.ends_at(case.procedure)
    return not case.procedure.ended and ends is not None and case.now > ends - status.AT_RISK_BEFORE


def _replaces(case: Case, *, another: bool) -> bool:
    request = case.fact("request")
    unexpected = request.get("replaces_as_expected") is False
    return unexpected and bool(request.get("replaces")) is another


def _was_postponed(case: Case) -> bool:
    line = case.last("postponed")
    return line is not None and case.procedure.wake_at == datetime.fromisoformat(line.details["until"]) > case.now


QUESTIONS: dict[str, Question] = {
    "is_done": _is_done,
    "is_revoked": _in("revoked"),
    "is_cancelled": _in("cancelled"),
    "is_abandoned": _in("abandoned"),
    "is_refused": _in("refused"),
    "is_expired": _in("expired"),
    "not_ended": lambda case: not isinstance(case.state, Final),
    "waits": lambda case: isinstance(case.state, Waiting),
    "works": lambda case: isinstance(case.state, Working),
    "in_awaiting_handover": _in("awaiting_handover"),
    "is_late": lambda case: status.is_late(case.procedure, case.now),
    "was_announced": lambda case: announced(case.facts) is not None,
    "waited_for_confirmation": _waited_for_confirmation,
    "not_confirmed": _lacks("confirmation"),
    "validated_by_hand": _holds("validated_by_hand"),
    "address_lost": lambda case: _waited_for_confirmation(case) and conditions.address_lost(case.facts),
    "in_doubt": lambda case: "intent" in case.facts and not case.procedure.ended,
    "came_from_backup": lambda case: case.fact("intent").get("message_id") == "",
    "card_settles_it": _card_settles_it,
    **{f"sent_{operation}": _sent(operation) for operation in OPERATIONS},
    "nothing_sent": _holds("nothing_sent"),
    "request_sent": _has("request"),
    "revocation_sent": _has("revocation"),
    "key_made": _has("key"),
    "delivered": _has("certificate"),
    "not_delivered": _lacks("certificate"),
    "not_installed": _lacks("installed"),
    "not_registered": _lacks("etk"),
    "has_new_keystore": _has("new_keystore"),
    "old_file_in_use": lambda case: "old_keystore" in case.facts or bool(case.fact("request").get("replaces")),
    "present_in_use": lambda case: "record" in case.facts and "activation" not in case.facts,
    "ends_soon": _ends_soon,
    "unknown_as_provider": lambda case: case.fact("record").get("care_provider") is False,
    "replaces_nothing": lambda case: _replaces(case, another=False),
    "replaces_another": lambda case: _replaces(case, another=True),
    "issuer_unknown": lambda case: case.fact("certificate").get("issuer_known") is False,
    "was_postponed": _was_postponed,
}
"""What a rule may ask, by its name."""


def values_of(case: Case) -> Mapping[str, Any]:
    """What fills in the texts and the commands; what is not known tells so."""
    values: dict[str, Any] = {
        "id": case.procedure.id,
        "todo": Said(case.state.todo),
        "until": status.ends_at(case.procedure),
        "announced": announced(case.facts),
        "key": case.fact("key").get("public_key_identifier"),
        "operation": Said(OPERATIONS.get(operation, operation)) if (operation := _operation(case)) else None,
        "refusal": case.fact("refusal").get("message"),
        "refusal_code": case.fact("refusal").get("code"),
        "confirm_until": _moment(case.fact("to_confirm").get("until")),
        "password_chosen": _moment(case.fact("password").get("chosen_at")),
        "start": STARTS.get(case.definition.name),
    }
    if line := case.last("postponed"):
        values["postponed_by"] = line.details["by"]
        values["postponed_until"] = _moment(line.details["until"])
        values["postponed_because"] = line.details["reason"]
    return Known({name: value for name, value in values.items() if value is not None})


def _operation(case: Case) -> str | None:
    """What is in doubt: of what came back from a backup only the state is known."""
    operation: str | None = case.fact("intent").get("operation")
    return operation


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
