"""The program dies after any call to a port or to the store, and nothing is lost or done twice."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from steps.ports.keystore import Keystore
from tests.world.keystores import MemoryKeystores
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World
from workflow.procedure import Procedure

CHANGES = ("generateCertificate", "completeETKRegistration", "activateETK")


@functools.cache
def undisturbed() -> World:
    """A renewal in which nothing happens, with its trail."""
    world = World()
    world.finish()
    return world


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def survive(world: World) -> tuple[str, Procedure]:
    """Die once, start again on what is durable, and come to an end; returns where it died."""
    with pytest.raises(Died) as died:
        world.finish()
    keys = all_keys(world)

    procedure = world.finish()

    assert keys <= all_keys(world), "a key that was on disk is gone"
    return str(died.value), procedure


def all_keys(world: World) -> set[int]:
    """Every private key on disk, by its modulus."""
    assert isinstance(world.keystores, MemoryKeystores)
    kept = [content for content, _ in world.keystores.content.values() if isinstance(content, Keystore)]
    return {entry.private_key.private_numbers().public_numbers.n for keystore in kept for entry in keystore.keys}


def check_good_end(world: World, procedure: Procedure, where: str) -> None:
    """One of each change was accepted, the keystore holds both keys, and the depot hands the new one out."""
    assert procedure.state == "done", where
    assert {name: world.accepted[name] for name in CHANGES} == dict.fromkeys(CHANGES, 1), where
    assert world.authority.repeats() == [], where
    keystore = world.new_keystore()
    assert keystore is not None, where
    assert len(keystore.keys) == 2, where
    assert len(keystore.keys[0].chain) == 2, where
    assert world.old_keystore == world.keystores.open(world.old_path, "old-password"), where
    assert [one.state for one in world.all_procedures()] == ["done"], where


def test_the_undisturbed_renewal_calls_every_port() -> None:
    calls = undisturbed().trail.calls

    assert {call.split(".")[0] for call in calls} == {"store", "keystores", "cards", "card", "authority", "keys"}
    assert len(calls) > 70
    check_good_end(undisturbed(), undisturbed().all_procedures()[0], "undisturbed")


# Eight tests, so that two workers can share them.
@pytest.mark.parametrize("part", range(8))
def test_a_death_after_any_call_comes_to_the_same_end(part: int) -> None:
    total = len(undisturbed().trail.calls)
    died = []
    for number in range(1 + part, total + 1, 8):
        world = World()
        world.crash_at(number)

        where, procedure = survive(world)

        died.append(where)
        check_good_end(world, procedure, f"after call {number}, {where}")
        world.close()
    assert died == undisturbed().trail.calls[part::8], "the same calls are made until it dies"


def test_a_death_at_any_boundary_comes_to_the_same_end() -> None:
    names = list(dict.fromkeys(undisturbed().trail.boundaries))
    assert len(names) > 50
    for name in names:
        if not any(part in name for part in ("intent", "answered", "submitting", "question")):
            continue  # the others lie beside the calls of the test above
        world = World()
        world.crash_at(name)

        _, procedure = survive(world)

        check_good_end(world, procedure, name)
        world.close()


@pytest.mark.parametrize("operation", CHANGES)
@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.REQUEST_LATE, Fault.NONSENSE])
def test_a_death_while_a_doubt_is_settled_comes_to_the_same_end(world: World, operation: str, fault: Fault) -> None:
    world.wire.fail(fault, operation)
    world.crash_at(f"renew.{states_of(operation)}.before_question")

    _, procedure = survive(world)
    world.wire.arrive()

    check_good_end(world, procedure, f"{fault} of {operation}")


@pytest.mark.parametrize("operation", CHANGES)
def test_a_message_that_arrives_late_is_never_followed_by_a_second_one(world: World, operation: str) -> None:
    world.wire.fail(Fault.REQUEST_LATE, operation)
    world.crash_at(f"renew.{states_of(operation)}.before_question")
    with pytest.raises(Died):
        world.finish()
    world.wire.arrive()

    procedure = world.finish()

    check_good_end(world, procedure, operation)
    assert world.wire.count(operation) == 1


def states_of(operation: str) -> str:
    """The state in which an operation is sent."""
    return dict(zip(CHANGES, ("submitting", "completing_etk", "activating_etk"), strict=True))[operation]


def test_the_program_may_die_twice(world: World) -> None:
    world.crash_at("renew.submitting.answered")
    with pytest.raises(Died):
        world.finish()
    world.crash_at("renew.completing_etk.intent_written")

    _, procedure = survive(world)

    check_good_end(world, procedure, "twice")


def test_the_journal_of_a_renewal_that_died_tells_what_was_found_out(world: World) -> None:
    world.crash_at("renew.submitting.answered")

    _, procedure = survive(world)

    kinds = [written.line.kind for written in world.journal(procedure.id)]
    assert kinds.index("intent") < kinds.index("arrived")
