"""The journal is the second copy of the facts: replayed, it gives the procedure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World
from workflow.definition import Turn
from workflow.definitions import DEFINITIONS
from workflow.errors import EhcertError
from workflow.procedure import Line, Procedure, ProcedureId
from workflow.replaying import changes_of, replayed, standing, whole

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EMPTY = Procedure(ProcedureId("aaaaaaaa"), "renew", 1, "sandbox", "checking", Turn.USER, {}, NOW, NOW)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def check_law(world: World) -> None:
    for procedure in world.all_procedures():
        lines = [written.line for written in world.journal(procedure.id)]
        again = replayed(procedure.id, lines)
        assert again is not None
        assert again.facts == procedure.facts
        stands = standing(DEFINITIONS["renew"], again, again.facts, world.clock.now())
        assert (stands.state, stands.ended, stands.environment) == (
            procedure.state,
            procedure.ended,
            procedure.environment,
        )
        assert (stands.created_at, stands.since) == (procedure.created_at, procedure.since)


def test_a_whole_renewal_replayed_gives_its_facts(world: World) -> None:
    world.renew()
    check_law(world)
    world.finish()

    check_law(world)


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.UNREACHABLE])
def test_a_doubt_and_what_settles_it_are_replayed(world: World, fault: Fault) -> None:
    world.wire.fail(fault, "generateCertificate")
    with pytest.raises(EhcertError):
        world.renew()

    check_law(world)
    world.finish()
    check_law(world)


def test_a_cancelled_renewal_is_replayed(world: World) -> None:
    world.crash_at("renew.submitting.before")
    with pytest.raises(Died):
        world.renew()

    world.cancel()

    check_law(world)


def test_changes_say_what_is_new_and_what_is_gone() -> None:
    before = replace(EMPTY, facts={"holder": 1, "record": 2})
    after = replace(EMPTY, facts={"holder": 1, "contact": 3}, definition_version=2)

    assert changes_of(before, after) == {"learned": {"contact": 3}, "forgotten": ["record"], "version": 2}
    assert changes_of(after, after) == {}


def test_a_line_that_stands_for_all_before_it_makes_the_lost_ones_unneeded() -> None:
    procedure = replace(EMPTY, facts={"holder": 1, "record": 2})
    lines = [Line(NOW, "lost", ""), Line(NOW + timedelta(1), "repaired", "looking_up", changes=whole(procedure))]

    again = replayed(EMPTY.id, lines)

    assert again is not None
    assert (again.facts, again.definition, again.definition_version) == ({"holder": 1, "record": 2}, "renew", 1)


def test_a_journal_without_its_beginning_gives_nothing() -> None:
    assert replayed(EMPTY.id, [Line(NOW, "moved", "checking", changes={"learned": {"holder": 1}})]) is None
    assert replayed(EMPTY.id, []) is None


def test_the_changes_of_a_line_are_not_shown_by_its_repr() -> None:
    line = Line(NOW, "moved", "checking", changes={"learned": {"holder": {"ssin": "75031299943"}}})

    assert "75031299943" not in repr(line)
