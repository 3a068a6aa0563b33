"""What every store promises: the one in memory, SQLite and PostgreSQL alike."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.state.samples import FACTS, OWNER, line, opened, procedure, rich, save_in, start_in
from tests.world.clock import START
from tests.world.memory import MemoryStore
from workflow.definition import Turn
from workflow.errors import BusyError, NoSuchProcedureError, ProcedureUnderWayError, WhichProcedureError
from workflow.procedure import Line, ProcedureId, Trouble

OTHER = "SSIN=80051599972"

Open = Callable[[], Any]


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store again and again, as one process after the other does."""
    if request.param == "memory":
        memory = MemoryStore()
        return lambda: memory
    url = _url(request, tmp_path)
    return lambda: opened(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that several can open."""
    return _url(request, tmp_path)


def _url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres"))
    return f"sqlite:///{tmp_path / 'data' / 'procedures.sqlite'}"


# --- keeping ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [procedure(), rich()], ids=["bare", "every field"])
def test_what_was_stored_is_loaded_as_it_was(open_store: Open, given: Any) -> None:
    stored = open_store().insert(given, [line("started")], OWNER)

    assert stored == replace(given, revision=1)
    assert open_store().load(given.id) == stored


def test_what_was_saved_is_loaded_as_it_was(open_store: Open) -> None:
    store = open_store()
    stored = store.insert(rich(), [line("started")], OWNER)
    changed = replace(
        stored,
        state="awaiting_delivery",
        turn=Turn.EHEALTH,
        facts={**FACTS, "request": {"at": START.isoformat()}},
        since=START + timedelta(days=1),
        looked_at=None,
        trouble=None,
    )

    saved = store.save(changed, [line()])

    assert saved == replace(changed, revision=2)
    assert open_store().load(stored.id) == saved


def test_facts_are_not_shared_with_whoever_stored_them(open_store: Open) -> None:
    facts: dict[str, Any] = {"holder": {"ssin": "75031299943"}, "key": {}}
    store = open_store()
    store.insert(procedure(facts=facts), [line("started")], OWNER)

    facts["holder"]["ssin"] = "changed"
    loaded = store.load(procedure().id)
    loaded.facts["key"]["changed"] = True

    assert store.load(procedure().id).facts == {"holder": {"ssin": "75031299943"}, "key": {}}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text("abc é", max_size=5), inside, max_size=3),
    max_leaves=8,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=_JSON, moment=st.datetimes(min_value=START.replace(tzinfo=None, year=1990)))
def test_any_fact_and_any_moment_comes_back(open_store: Open, value: Any, moment: Any) -> None:
    store = open_store()
    given_ = procedure(facts={"contact": value, "key": value}, since=moment.replace(tzinfo=START.tzinfo))
    store.forget(given_.id)

    store.insert(given_, [Line(START, "started", "submitting", details={"value": value})], OWNER)

    loaded = open_store().load(given_.id)
    assert (loaded.facts, loaded.since) == (given_.facts, given_.since)
    assert store.journal(given_.id)[0].line.details == {"value": value}


def test_an_unknown_procedure_is_not_found(open_store: Open) -> None:
    with pytest.raises(NoSuchProcedureError) as raised:
        open_store().load(ProcedureId("nonesuch"))

    assert raised.value.details["id"] == "nonesuch"


def test_a_forgotten_procedure_is_gone_with_its_journal(open_store: Open) -> None:
    store = open_store()
    store.insert(procedure(), [line("started")], OWNER)

    store.forget(procedure().id)

    assert open_store().procedures(ended=True) == []
    assert open_store().journal(procedure().id) == []
    with pytest.raises(NoSuchProcedureError):
        open_store().load(procedure().id)


def test_what_is_not_there_may_be_forgotten(open_store: Open) -> None:
    open_store().forget(ProcedureId("nonesuch"))


# --- the journal ------------------------------------------------------------------------------------------------------


def test_the_journal_keeps_every_line_in_order(open_store: Open) -> None:
    lines = [
        Line(START, "started", "checking"),
        Line(START + timedelta(seconds=1), "moved", "checking", "ready", {"to": "é", "learned": ["a", "b"]}),
        Line(START + timedelta(seconds=2), "intent", "submitting", details={"sha256": "ab"}),
    ]
    store = open_store()
    stored = store.insert(procedure(), lines[:2], OWNER)

    store.save(stored, lines[2:])

    written = open_store().journal(stored.id)
    assert [one.line for one in written] == lines
    assert [one.number for one in written] == [1, 2, 3]
    assert all(one.sound for one in written)


def test_what_changed_is_kept_with_its_line(open_store: Open) -> None:
    changes = {"learned": {"holder": {"ssin": "75031299943"}}, "forgotten": ["contract"]}
    store = open_store()

    store.insert(procedure(), [Line(START, "moved", "checking", changes=changes)], OWNER)

    assert open_store().journal(procedure().id)[0].line.changes == changes


def test_each_procedure_has_its_own_journal(open_store: Open) -> None:
    store = open_store()
    store.insert(procedure(1), [line("started", one=1)], OWNER)
    store.insert(procedure(2), [line("started", two=2)], OTHER)

    assert [w.line.details for w in store.journal(procedure(1).id)] == [{"one": 1}]
    assert [w.line.details for w in store.journal(procedure(2).id)] == [{"two": 2}]
    assert store.journal(ProcedureId("nonesuch")) == []


# --- one worker -------------------------------------------------------------------------------------------------------


def test_an_older_revision_is_not_saved(open_store: Open) -> None:
    first, second = open_store(), open_store()
    stored = first.insert(procedure(), [line("started")], OWNER)
    also = second.load(stored.id)
    newer = first.save(replace(stored, state="awaiting_delivery"), [line()])

    with pytest.raises(BusyError):
        second.save(replace(also, state="cancelled"), [line("ended")])

    assert open_store().load(stored.id) == newer
    assert [w.line.kind for w in open_store().journal(stored.id)] == ["started", "moved"]


def test_whoever_loads_again_may_save(open_store: Open) -> None:
    first, second = open_store(), open_store()
    stored = first.insert(procedure(), [line("started")], OWNER)
    second.save(second.load(stored.id), [line("looked")])

    saved = first.save(first.load(stored.id), [line("looked")])

    assert saved.revision == 3
    assert len(open_store().journal(stored.id)) == 3


def test_a_procedure_that_was_forgotten_meanwhile_is_not_saved(open_store: Open) -> None:
    first, second = open_store(), open_store()
    stored = first.insert(procedure(), [line("started")], OWNER)
    second.forget(stored.id)

    with pytest.raises(BusyError):
        first.save(stored, [line()])

    assert open_store().journal(stored.id) == []


# --- one procedure for each person ------------------------------------------------------------------------------------


def test_a_second_procedure_of_the_same_person_is_refused(open_store: Open) -> None:
    open_store().insert(procedure(1), [line("started")], OWNER)

    with pytest.raises(ProcedureUnderWayError) as raised:
        open_store().insert(procedure(2), [line("started")], OWNER)

    assert raised.value.details["id"] == procedure(1).id
    assert [one.id for one in open_store().procedures(ended=True)] == [procedure(1).id]


def test_another_person_and_another_environment_are_no_obstacle(open_store: Open) -> None:
    store = open_store()
    store.insert(procedure(1), [line("started")], OWNER)

    store.insert(procedure(2), [line("started")], OTHER)
    store.insert(procedure(3, environment="acceptance"), [line("started")], OWNER)

    assert len(store.procedures()) == 3


def test_a_second_procedure_is_allowed_when_the_first_has_ended(open_store: Open) -> None:
    store = open_store()
    stored = store.insert(procedure(1), [line("started")], OWNER)
    store.save(replace(stored, state="done", turn=Turn.NOBODY, ended=True), [line("moved")])

    open_store().insert(procedure(2), [line("started")], OWNER)

    assert [one.id for one in store.procedures()] == [procedure(2).id]


def test_a_second_procedure_is_allowed_when_the_first_was_forgotten(open_store: Open) -> None:
    open_store().insert(procedure(1), [line("started")], OWNER)
    open_store().forget(procedure(1).id)

    open_store().insert(procedure(2), [line("started")], OWNER)

    assert len(open_store().procedures()) == 1


def test_an_identifier_is_given_once(open_store: Open) -> None:
    open_store().insert(procedure(1), [line("started")], OWNER)

    with pytest.raises(ProcedureUnderWayError):
        open_store().insert(procedure(1), [line("started")], OTHER)


def at_once(work: Callable[..., None], url: str, arguments: tuple[int, int]) -> list[str]:
    """What two threads get that do the same at the same moment."""
    ready, answers = threading.Barrier(2), queue.Queue[str]()
    threads = [threading.Thread(target=work, args=(url, argument, ready, answers)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(answers.get(timeout=1) for _ in threads)


def test_of_two_who_start_at_once_one_is_refused(url: str) -> None:
    opened(url)

    answers = at_once(start_in, url, (1, 2))

    assert answers == ["procedure_under_way", "stored"]
    assert len(opened(url).procedures()) == 1


def test_of_two_who_save_at_once_one_is_refused(url: str) -> None:
    opened(url).insert(procedure(), [line("started")], OWNER)

    answers = at_once(save_in, url, (1, 2))

    assert answers == ["busy", "stored"]
    written = opened(url).journal(procedure().id)
    assert [one.line.kind for one in written] == ["started", "looked"]
    assert all(one.sound for one in written)


@pytest.mark.slow
def test_of_two_processes_that_start_at_once_one_is_refused(url: str) -> None:
    import multiprocessing

    opened(url)
    spawn = multiprocessing.get_context("spawn")
    ready, answers = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=start_in, args=(url, number, ready, answers)) for number in (1, 2)]
    for process in processes:
        process.start()
    given = sorted(answers.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(30)

    assert given == ["procedure_under_way", "stored"]
    assert len(opened(url).procedures()) == 1


# --- looking up -------------------------------------------------------------------------------------------------------


def test_a_procedure_is_found_by_the_beginning_of_its_identifier(open_store: Open) -> None:
    store = open_store()
    store.insert(procedure(1), [line("started")], OWNER)
    store.insert(procedure(2, id=ProcedureId("zzzzzzzz")), [line("started")], OTHER)

    assert store.find("z") == "zzzzzzzz"
    assert store.find("abcdefg1") == "abcdefg1"
    for unknown in ("", "y", "%", "_bcdefg1"):
        with pytest.raises(NoSuchProcedureError):
            store.find(unknown)


@pytest.mark.parametrize("typed", ["é", "a\udcff", "\u202ea"])
def test_what_cannot_be_an_identifier_is_not_found(open_store: Open, typed: str) -> None:
    with pytest.raises(NoSuchProcedureError):
        open_store().find(typed)


def test_a_path_that_is_no_utf8_comes_back(open_store: Open) -> None:
    store, path = open_store(), "/home/zo\udce9/old.p12"

    store.insert(procedure(facts={**FACTS, "old_keystore": {"path": path}}), [line(path=path)], OWNER)

    assert store.load(procedure().id).facts["old_keystore"] == {"path": path}
    assert store.journal(procedure().id)[0].line.details["path"] == path


def test_a_beginning_of_several_identifiers_names_them(open_store: Open) -> None:
    store = open_store()
    store.insert(procedure(1), [line("started")], OWNER)
    store.insert(procedure(2), [line("started")], OTHER)

    with pytest.raises(WhichProcedureError) as raised:
        store.find("abc")

    assert set(raised.value.details["ids"].split(", ")) == {"abcdefg1", "abcdefg2"}


def test_procedures_are_listed_by_the_age_of_their_state_with_the_ended_ones_last(open_store: Open) -> None:
    store = open_store()
    for number, (days, ended) in enumerate([(3, False), (1, False), (0, True), (2, False)], 1):
        given_ = procedure(number, since=START + timedelta(days=days), ended=ended)
        store.insert(given_, [line("started")], f"SSIN={number}")

    assert [one.id[-1] for one in store.procedures()] == ["2", "4", "1"]
    assert [one.id[-1] for one in store.procedures(ended=True)] == ["2", "4", "1", "3"]
    assert [one.id[-1] for one in store.procedures(ended=True, limit=2, offset=1)] == ["4", "1"]


def test_a_trouble_comes_back_with_its_count(open_store: Open) -> None:
    store = open_store()
    stored = store.insert(procedure(), [line("started")], OWNER)
    trouble = Trouble("pin_wrong", START + timedelta(microseconds=1), 2)

    store.save(replace(stored, trouble=trouble), [line("trouble")])

    assert open_store().load(stored.id).trouble == trouble
