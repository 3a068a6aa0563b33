"""What the facts of procedures prove about files, without a password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from steps.known_keystores import Known, known_keystores
from tests.world.world import World
from workflow.procedure import Procedure, ProcedureId


@pytest.fixture
def at_handover(make_world: Callable[..., World]) -> tuple[World, Procedure]:
    world = make_world()
    return world, world.finish("awaiting_handover")


def test_a_finished_keystore_is_known_by_its_bytes(at_handover: tuple[World, Procedure]) -> None:
    world, procedure = at_handover
    path = world.keystores.find(procedure.facts["new_keystore"]["name"])
    assert path is not None

    known = known_keystores([procedure])

    assert known == {
        world.keystores.fingerprint(path): Known(
            procedure.id,
            "SSIN",
            world.holder.ssin,
            None,
            procedure.facts["key"]["public_key_identifier"],
            world.clock.now().fromisoformat(procedure.facts["certificate"]["valid_until"]),
            finished=True,
        )
    }


def test_an_unfinished_one_is_known_as_such(make_world: Callable[..., World]) -> None:
    [known] = known_keystores([make_world().renew().procedure]).values()

    assert (known.finished, known.valid_until) == (False, None)


def test_after_a_change_of_password_the_new_bytes_are_known(at_handover: tuple[World, Procedure]) -> None:
    _world, procedure = at_handover
    [before] = known_keystores([procedure])
    changes = [
        replace(
            procedure,
            id=ProcedureId(f"abcdefg{number}"),
            definition="password",
            facts={"keystore": {"sha256": old}, "changed": {"sha256": new}},
            created_at=procedure.created_at + timedelta(days=number),
        )
        for number, (old, new) in enumerate([(before, "first"), ("first", "second"), ("unknown", "third")], 1)
    ]

    known = known_keystores([*reversed(changes), procedure])

    assert known.keys() == {before, "first", "second"}
    assert known["second"] == known[before]
