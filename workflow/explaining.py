"""Why a procedure does not move: worked out from its facts, its journal and the rules, without asking anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow.conditions import nothing_sent
from workflow.definition import Definition, Turn
from workflow.expecting import Source, source_of
from workflow.explanations.causes import DOUBT, ENDED, STANDING, WAITING
from workflow.explanations.errors import meaning_of
from workflow.explanations.remarks import BANS, REMARKS
from workflow.explanations.rules import ABANDON, CANCEL, READ, Advice, Meaning, Rule
from workflow.narrating import Happening, error_said, errors_by_code, happenings
from workflow.procedure import Procedure, Trouble, WrittenLine
from workflow.questions import QUESTIONS, Case, values_of
from workflow.status import is_late, turn_of
from workflow.texts import Said, mark

_MOST_HAPPENINGS = 6
_UNKNOWN = Meaning(mark("This error is of a later version of ehcert, which can explain it."), (READ,))

_SAFEST_FIRST = (
    ("show", "history", "status", "doctor", "card", "keystore"),
    ("resume", "retry"),
    ("back",),
    ("cancel",),
    ("abandon",),
)
"""The commands by what they may do; one that is not here begins something new and comes last."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Until when a wait is no surprise, who says so, and whether it is over."""

    by: datetime
    source: Source
    late: bool


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last error: its words, and what it means."""

    trouble: Trouble
    said: Said
    means: Said


@dataclass(frozen=True, slots=True)
class Advised:
    """A command that can be given now, and what comes of it."""

    command: str
    why: Said


@dataclass(frozen=True, slots=True)
class Explanation:
    """`cause` is a stable name; `why` begins with the sentence of the cause. `do` has the safest command first."""

    cause: str
    why: tuple[Said, ...]
    path: tuple[Happening, ...]
    turn: Turn
    since: datetime
    expected: Expected | None
    stopped: Stopped | None
    do: tuple[Advised, ...]
    never: tuple[Said, ...]


def explain(definition: Definition, procedure: Procedure, journal: Sequence[WrittenLine], now: datetime) -> Explanation:
    """The explanation of a procedure in today's definition."""
    case = Case(definition, procedure, journal, now)
    values = values_of(case)
    rule = _cause(case)
    means = _meaning(procedure.trouble)
    stopped = _stopped(case, means, values)
    told = [rule, *(one for one in REMARKS if _holds(one, case))]
    banned = [one for one in BANS if _holds(one, case)]
    return Explanation(
        cause=rule.cause,
        why=tuple(Said(one.says, values) for one in told),
        path=tuple(happenings(journal)[-_MOST_HAPPENINGS:]),
        turn=turn_of(procedure, now),
        since=procedure.since,
        expected=_expected(case),
        stopped=stopped,
        do=tuple(_advised([*rule.do, *(means.do if means else ()), *_resorts(case)], values)),
        never=tuple(_once([*_bans(rule, means), *(one.says for one in banned)], values)),
    )


def _cause(case: Case) -> Rule:
    """The first rule that holds: the end, a doubt, an error, a wait, the turn of a person.

    After a message whose outcome is not known the doubt counts, unless its error is one for the helpdesk.
    """
    trouble = case.procedure.trouble
    in_doubt = "intent" in case.facts and turn_of(case.procedure, case.now) is not Turn.HELPDESK
    if trouble is not None and not case.procedure.ended and not in_doubt:
        meaning = _meaning(trouble) or _UNKNOWN
        return Rule(cause=f"trouble.{trouble.code}", says=meaning.says, do=meaning.do, never=meaning.never)
    return next(rule for rule in (*ENDED, *DOUBT, *WAITING, *STANDING) if _holds(rule, case))


def _holds(rule: Rule, case: Case) -> bool:
    return all(QUESTIONS[name](case) for name in rule.when)


def _meaning(trouble: Trouble | None) -> Meaning | None:
    if trouble is None:
        return None
    error = errors_by_code().get(trouble.code)
    return _UNKNOWN if error is None else meaning_of(error)


def _stopped(case: Case, means: Meaning | None, values: Mapping[str, Any]) -> Stopped | None:
    trouble = case.procedure.trouble
    if trouble is None or means is None:
        return None
    line = case.last("trouble")
    details = line.details if line is not None and line.details.get("code") == trouble.code else {"code": trouble.code}
    return Stopped(trouble, error_said(details), Said(means.says, values))


def _expected(case: Case) -> Expected | None:
    by = case.procedure.expected_by
    if by is None or case.procedure.ended:
        return None
    return Expected(by, source_of(case.state, case.facts), is_late(case.procedure, case.now))


def _resorts(case: Case) -> Iterator[Advice]:
    """What ends it: cancelling while nothing was sent; giving it up only where the helpdesk must act, or when late."""
    triggers = case.definition.triggers(case.procedure.state)
    if nothing_sent(case.facts):
        if "cancel" in triggers:
            yield CANCEL
    elif "abandon" in triggers and (
        turn_of(case.procedure, case.now) is Turn.HELPDESK or is_late(case.procedure, case.now)
    ):
        yield ABANDON


def _advised(advices: Iterable[Advice], values: Mapping[str, Any]) -> list[Advised]:
    known: dict[str, Advised] = {}
    for advice in advices:
        command = advice.command.format_map(values)
        known.setdefault(command, Advised(command, Said(advice.why, values)))
    return sorted(known.values(), key=lambda advised: _rank(advised.command))


def _rank(command: str) -> int:
    verb = command.split()[1]
    return next((rank for rank, verbs in enumerate(_SAFEST_FIRST) if verb in verbs), len(_SAFEST_FIRST))


def _bans(rule: Rule, means: Meaning | None) -> list[str]:
    return [*rule.never, *(means.never if means else ())]


def _once(texts: Iterable[str], values: Mapping[str, Any]) -> Iterator[Said]:
    return (Said(text, values) for text in dict.fromkeys(texts))
