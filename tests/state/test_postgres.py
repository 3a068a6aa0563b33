"""A whole renewal with PostgreSQL as the store."""

from __future__ import annotations

import pytest

from tests.state.samples import opened
from tests.world.watched import Died
from tests.world.world import World

pytestmark = pytest.mark.postgres


def test_a_renewal_comes_to_its_end(empty_postgres: str) -> None:
    world = World(open_store=lambda: opened(empty_postgres))

    procedure = world.finish()

    assert procedure.state == "done"
    assert set(world.accepted.values()) == {1}
    assert all(written.sound for written in world.journal(procedure.id))
    assert opened(empty_postgres).damaged() == []
    world.close()


@pytest.mark.parametrize("where", ["submitting.answered", "completing_etk.intent_written", "proving.after_moved"])
def test_a_renewal_that_died_goes_on(empty_postgres: str, where: str) -> None:
    world = World(open_store=lambda: opened(empty_postgres))
    world.crash_at(f"renew.{where}")
    with pytest.raises(Died):
        world.finish()

    procedure = world.finish()

    assert procedure.state == "done"
    assert {name: count for name, count in world.accepted.items() if count != 1} in ({}, {"startETKRegistration": 2})
    world.close()
