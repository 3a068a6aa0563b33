"""R14: what an earlier release left, in every state, opens in this one and runs to its end, or is refused whole.

The fault is the upgrade itself, proved by the older schema or definition on disk before, and, where the migration is
struck, by strace's report of the call. Golden homes are in `golden/`, one archive for each release.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from adapters.sandbox.certificates import State
from adapters.sandbox.home import Sandbox
from adapters.system.anchor_file import JsonAnchorFile
from state.database import HEAD, open_database
from state.store import DatabaseStore
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.driving import Journey, end_of
from tests.reliability.golden_homes import (
    Golden,
    bytes_of,
    golden_homes,
    opened,
    releases,
    rows_of,
    schema_left,
    schema_of,
    store_file,
)
from tests.reliability.measuring import MIGRATION, WRITES, calls_of
from tests.reliability.processes import Ended, Home
from tests.reliability.striking import Strike, count, run_struck
from workflow.definitions import DEFINITIONS
from workflow.errors import Exit
from workflow.procedure import Line, ProcedureId

pytestmark = [pytest.mark.slow, pytest.mark.soap]

LOOK = ("status", "--all", "--json")
"""The first command after an upgrade: it opens the store, and by that brings it forward."""

STRUCK = ("submitting, sent", "awaiting_delivery", "completing_etk, intended")
COMMANDS: tuple[tuple[str, ...], ...] = (
    LOOK,
    ("renew", "--answers", "answers.yaml", "--json"),
    ("resume", "--answers", "answers.yaml", "--json"),
    ("show", "{id}", "--json"),
    ("cancel", "{id}", "--json"),
    ("doctor", "--json"),
    ("doctor", "--repair", "--json"),
)


# --- every golden home runs to its end ----------------------------------------------------------------------------


def upgraded(golden: Golden) -> Verdict:
    with opened(golden) as home:
        before = _first_row(home)

        looked = home.run(*LOOK)
        problems = _shown(golden, looked) + _kept(home, before)
        if golden.ended:
            problems += home.judged(ended_well=golden.state == home.course.definition.goal)
            problems += _begins_again(home) if golden.state in ("cancelled", "refused") else []
        else:
            _approve(home)
            problems += end_of(home, Journey())
        problems += _doctor(home)
    return Verdict(True, tuple(problems))


def _first_row(home: Home) -> list[tuple[object, ...]]:
    return rows_of(home)[:1]


def _shown(golden: Golden, looked: Ended) -> list[Problem]:
    states = [procedure["state"] for procedure in looked.answer.get("procedures", [])]
    if looked.code != Exit.OK or states != [golden.state]:
        return [Problem(Harm.LOST, f"{golden.state} is shown as {states}: {looked.code} {looked.errors[-300:]}")]
    return []


def _kept(home: Home, before: list[tuple[object, ...]]) -> list[Problem]:
    """Looking brings the schema forward, and changes nothing else."""
    problems = [] if rows_of(home)[:1] == before else [Problem(Harm.LOST, "a look changed the procedure")]
    return problems if schema_of(home) == HEAD else [*problems, Problem(Harm.STUCK, f"schema {schema_of(home)}")]


def _approve(home: Home) -> None:
    """The people at eHealth look at the requests that wait for them."""
    sandbox = Sandbox.open(home.sandbox)
    for record in sandbox.authority.desk.certificates.all():
        if record.state is State.WAITING:
            sandbox.authority.approve(record.key)
    sandbox.close()


def _begins_again(home: Home) -> list[Problem]:
    """After an end without a certificate the person may begin again."""
    home.move_clock(timedelta(minutes=6))
    ended = home.run(*home.course.begin)
    return [] if ended.code == Exit.OK else [Problem(Harm.STUCK, f"it cannot begin again: {ended.answer}")]


def _doctor(home: Home) -> list[Problem]:
    ended = home.run("doctor", "--json")
    wrong = [one for one in ended.answer.get("findings", []) if one.get("level") == "failure"]
    return (
        [Problem(Harm.LOST, f"doctor finds {wrong or ended.errors[-300:]}")]
        if ended.code not in (0, 6) or wrong
        else []
    )


# --- the migration is struck ---------------------------------------------------------------------------------------


def migrating(golden: Golden, what: str, call: str, when: int) -> Verdict:
    """The command that brings the store forward dies, or its disk fails, at the n-th call that writes."""
    with opened(golden) as home:
        before, rows = schema_of(home), rows_of(home)

        ended, fired = run_struck(home, LOOK, Strike(what, call, when))

        problems = [] if rows_of(home) == rows else [Problem(Harm.LOST, "what was stored has changed")]
        if schema_of(home) not in (before, HEAD):
            problems.append(Problem(Harm.STUCK, f"left between {before} and {HEAD}"))
        problems += _refused_in_words(ended) if what.startswith("error") else []
        problems += end_of(home, Journey())
    died = ended.signal == signal.SIGKILL
    return Verdict(fired and (died or not what.startswith("signal")), tuple(problems))


def _refused_in_words(ended: Ended) -> list[Problem]:
    error = ended.answer.get("error", {})
    if ended.code == Exit.OK or (error.get("hint") and error.get("code") != "internal_error"):
        return []
    return [Problem(Harm.STUCK, f"not told in words: {ended.code} {error} {ended.errors[-300:]}")]


# --- what a newer release left -------------------------------------------------------------------------------------


def newer_schema(home: Home) -> str:
    """Another schema than the newest one that this release knows."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(store_file(home))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    return "store_newer"


def newer_definition(home: Home) -> str:
    """A procedure of a later version of its definition, sealed as that release would have."""
    data = home.folder / "data"
    store = DatabaseStore(
        open_database(f"sqlite:///{store_file(home)}"),
        (data / "store.key").read_bytes(),
        JsonAnchorFile(data / "anchor.json"),
    )
    procedure = store.load(ProcedureId(_id_of(home)))
    newer = replace(procedure, definition_version=DEFINITIONS[procedure.definition].version + 1)
    store.save(newer, [Line(procedure.since, "looked", procedure.state)])
    store.anchor()
    return "procedure_newer"


def refused_whole(golden: Golden, make_newer: Callable[[Home], str], command: tuple[str, ...]) -> Verdict:
    with opened(golden) as home:
        home.run(*LOOK)
        named = [word.format(id=_id_of(home)) for word in command]
        code = make_newer(home)
        before = bytes_of(home)

        ended = home.run(*named)

        after = bytes_of(home)
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        problems = [Problem(Harm.LOST, f"changed: {changed}")] if changed else []
        problems += _told_newer(ended, code, command)
    return Verdict(True, tuple(problems))


def _told_newer(ended: Ended, code: str, command: tuple[str, ...]) -> list[Problem]:
    """Refused with the hint to install the newest; where there is only a look, shown or refused, never a crash."""
    error = ended.answer.get("error", {})
    if error.get("code") == code and "newest" in error["hint"] and ended.code == Exit.STORE:
        return []
    looks = command[0] in ("status", "show", "doctor") or (
        command[0] == "renew" and error.get("code") == "procedure_under_way"
    )
    told = json.dumps(ended.answer)
    if looks and ended.answer and "internal_error" not in told and (command[0] != "doctor" or code in told):
        return []
    return [Problem(Harm.STUCK, f"not refused as {code}: {ended.code} {ended.answer} {ended.errors[-300:]}")]


def _id_of(home: Home) -> str:
    return str(rows_of(home)[0][0])


# --- the row -------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    homes = golden_homes()
    whole = [Case(str(golden), partial(upgraded, golden)) for golden in homes]
    struck = [
        Case(f"{golden}, {words} {call} {when}", partial(migrating, golden, what, call, when))
        for golden in homes
        if golden.name in STRUCK[:1] and schema_left(golden) != HEAD
        for words, what in (("killed", "signal=SIGKILL"), ("no space", "error=ENOSPC"), ("disk fails", "error=EIO"))
        for call, most in _calls(what)
        for when in range(1, most + 1)
    ]
    newer = [
        Case(
            f"{golden}, {make.__name__.replace('_', ' ')}, {' '.join(command)}",
            partial(refused_whole, golden, make, command),
        )
        for golden in homes
        if golden.release == releases()[-1] and golden.name in STRUCK[1:]
        for make in (newer_schema, newer_definition)
        for command in COMMANDS
    ]
    return [*whole, *struck, *newer]


def _calls(what: str) -> list[tuple[str, int]]:
    """The calls of the command that migrates; the last one writes its answer, which is no matter of the disk."""
    known = dict(calls_of(MIGRATION))
    if what.startswith("error"):
        known["write"] -= 1
    return [(call, known[call]) for call in WRITES if known.get(call)]


R14 = register(Row("R14", "what an earlier release left", cases, share=0.25))


@pytest.mark.parametrize("case", R14.chosen(), ids=str)
def test_what_an_earlier_release_left_goes_on_or_is_refused_whole(case: Case) -> None:
    assert_clean(case)


def test_the_matrix_reaches_to_the_last_call_of_a_migration() -> None:
    golden = next(golden for golden in golden_homes() if golden.name == STRUCK[0])
    with opened(golden) as home:
        measured = count(home, LOOK)

    assert measured == calls_of(MIGRATION), "measure again: python -m tests.reliability.measuring"
