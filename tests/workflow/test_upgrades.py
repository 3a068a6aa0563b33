"""Procedures that slept through an upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.workflow.toy import TOY, Toy
from workflow.errors import DefinitionError
from workflow.procedure import Procedure
from workflow.upgrades import UPGRADES, brought_forward


@pytest.fixture(autouse=True)
def _no_upgrade_stays() -> Iterator[None]:
    before = dict(UPGRADES)
    yield
    UPGRADES.clear()
    UPGRADES.update(before)


@pytest.fixture
def toy() -> Toy:
    toy = Toy()
    toy.start()
    return toy


def test_a_procedure_of_today_is_left_as_it_is(toy: Toy) -> None:
    assert brought_forward(toy.stored, 1) is not None
    assert brought_forward(toy.stored, 1) == toy.stored


def test_it_is_brought_forward_one_version_at_a_time(toy: Toy) -> None:
    seen = []

    def upgrade(procedure: Procedure) -> Procedure:
        seen.append(procedure.definition_version)
        return replace(procedure, facts={**procedure.facts, f"of_{procedure.definition_version}": {}})

    UPGRADES[("toy", 1)] = UPGRADES[("toy", 2)] = upgrade

    upgraded = brought_forward(toy.stored, 3)

    assert seen == [1, 2]
    assert upgraded.definition_version == 3
    assert {"of_1", "of_2"} <= upgraded.facts.keys()


def test_a_missing_upgrade_is_a_fault_of_ours(toy: Toy) -> None:
    with pytest.raises(DefinitionError, match="no upgrade from toy version 1"):
        brought_forward(toy.stored, 2)


def test_a_stored_procedure_goes_on_under_the_new_definition(toy: Toy) -> None:
    waiting, *others = [state for state in TOY.states if state.name == "waiting"]
    renamed = replace(waiting, name="expecting", until="delivery")
    states = tuple(renamed if state is waiting else state for state in TOY.states)
    transitions = tuple(
        replace(t, source="expecting" if t.source == "waiting" else t.source) if t.trigger == "delivered" else t
        for t in TOY.transitions
    )
    transitions = tuple(replace(t, dest="expecting") if t.dest == "waiting" else t for t in transitions)
    toy.definitions = {"toy": replace(TOY, version=2, states=states, transitions=transitions)}
    UPGRADES[("toy", 1)] = lambda procedure: procedure

    toy.clock.move(minutes=1)
    report = toy.resume()

    assert others == []
    assert report.procedure.state == "expecting"
    assert toy.stored.definition_version == 2
    assert "corrected" in toy.kinds, "the journal tells that the state has another name now"
