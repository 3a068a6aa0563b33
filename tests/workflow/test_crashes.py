"""The program dies after any call to a port or to the store, and nothing is lost or done twice."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

import pytest

from steps.ports.keystore import Keystore
from tests.world.courses import COURSES, Course
from tests.world.keystores import MemoryKeystores
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import OLD_PASSWORD, World
from workflow.procedure import Procedure

STATES = {
    "revoke": "revoking",
    "generateCertificate": "submitting",
    "completeETKRegistration": "completing_etk",
    "activateETK": "activating_etk",
}
"""The state in which an operation is sent. A started registration of an ETK may be started once more (§13.1)."""

# How many parts the calls of a course are tried in, and which of them: those of the three long courses are mostly the
# calls of a renewal, so that each of them leaves out other ones.
PARTS = {
    "renew": (8, range(8)),
    "request": (6, (0, 3)),
    "request for an organisation": (6, (1, 4)),
    "revoke": (6, (2, 5)),
    "revoke only": (2, (0, 1)),
}
CHANGES = [(name, operation) for name in PARTS for operation in COURSES[name].accepted if operation in STATES]


@functools.cache
def undisturbed(course: str) -> World:
    """A course in which nothing happens, with its trail."""
    world = COURSES[course].world()
    world.finish()
    return world


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


def check_good_end(course: Course, world: World, procedure: Procedure, where: str) -> None:
    """Each change was accepted as often as it must be, and what is on disk is whole."""
    assert procedure.state == course.end, where
    assert changes(world.accepted) == changes(course.accepted), where
    assert world.authority.repeats() == [], where
    assert [one.state for one in world.all_procedures()] == [course.end], where
    if course.options.get("valid_for", True):
        assert world.old_keystore == world.keystores.open(world.old_path, OLD_PASSWORD), where
    keystore = world.new_keystore()
    if "generateCertificate" not in course.accepted:
        assert keystore is None, where
        return
    assert keystore is not None, where
    assert len(keystore.keys) == 2, where
    assert len(keystore.keys[0].chain) == 2, where


def changes(counts: Mapping[str, int]) -> dict[str, int]:
    """The changes that are never made twice."""
    return {operation: number for operation, number in counts.items() if operation in STATES}


def test_the_undisturbed_renewal_calls_every_port() -> None:
    world = undisturbed("renew")

    assert {call.split(".")[0] for call in world.trail.calls} == {
        "store", "keystores", "cards", "card", "authority", "keys",
    }  # fmt: skip
    assert len(world.trail.calls) > 70


@pytest.mark.parametrize("course", PARTS)
def test_an_undisturbed_course_comes_to_its_end(course: str) -> None:
    world = undisturbed(course)

    check_good_end(COURSES[course], world, world.all_procedures()[0], "undisturbed")


# In parts, so that two workers can share them.
@pytest.mark.parametrize(("course", "part"), [(name, part) for name, (_, parts) in PARTS.items() for part in parts])
def test_a_death_after_any_call_comes_to_the_same_end(course: str, part: int) -> None:
    calls, step = undisturbed(course).trail.calls, PARTS[course][0]
    died = []
    for number in range(1 + part, len(calls) + 1, step):
        world = COURSES[course].world()
        world.crash_at(number)

        where, procedure = survive(world)

        died.append(where)
        check_good_end(COURSES[course], world, procedure, f"after call {number}, {where}")
        world.close()
    assert died == calls[part::step], "the same calls are made until it dies"


@pytest.mark.parametrize("course", PARTS)
def test_a_death_at_any_boundary_comes_to_the_same_end(course: str) -> None:
    names = list(dict.fromkeys(undisturbed(course).trail.boundaries))
    assert len(names) > 15
    for name in names:
        if not any(part in name for part in ("intent", "answered", "submitting", "revoking", "question")):
            continue  # the others lie beside the calls of the test above
        world = COURSES[course].world()
        world.crash_at(name)

        _, procedure = survive(world)

        check_good_end(COURSES[course], world, procedure, name)
        world.close()


@pytest.mark.parametrize(("course", "operation"), CHANGES)
@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.REQUEST_LATE, Fault.NONSENSE])
def test_a_death_while_a_doubt_is_settled_comes_to_the_same_end(course: str, operation: str, fault: Fault) -> None:
    world = COURSES[course].world()
    world.wire.fail(fault, operation)
    world.crash_at(f"{COURSES[course].definition}.{STATES[operation]}.before_question")

    _, procedure = survive(world)
    world.wire.arrive()

    check_good_end(COURSES[course], world, procedure, f"{fault} of {operation}")
    world.close()


@pytest.mark.parametrize(("course", "operation"), CHANGES)
def test_a_message_that_arrives_late_is_never_followed_by_a_second_one(course: str, operation: str) -> None:
    world = COURSES[course].world()
    world.wire.fail(Fault.REQUEST_LATE, operation)
    world.crash_at(f"{COURSES[course].definition}.{STATES[operation]}.before_question")
    with pytest.raises(Died):
        world.finish()
    world.wire.arrive()

    procedure = world.finish()

    check_good_end(COURSES[course], world, procedure, operation)
    assert world.wire.count(operation) == 1
    world.close()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_the_program_may_die_twice(world: World) -> None:
    world.crash_at("renew.submitting.answered")
    with pytest.raises(Died):
        world.finish()
    world.crash_at("renew.completing_etk.intent_written")

    _, procedure = survive(world)

    check_good_end(COURSES["renew"], world, procedure, "twice")


def test_the_journal_of_a_renewal_that_died_tells_what_was_found_out(world: World) -> None:
    world.crash_at("renew.submitting.answered")

    _, procedure = survive(world)

    kinds = [written.line.kind for written in world.journal(procedure.id)]
    assert kinds.index("intent") < kinds.index("arrived")


@pytest.mark.parametrize("first", ["revoking.answered", "awaiting_contact.before", "submitting.intent_written"])
def test_a_revocation_may_die_twice_on_its_way_to_the_new_certificate(first: str) -> None:
    world = COURSES["revoke"].world()
    world.crash_at(f"revoke.{first}")
    with pytest.raises(Died):
        world.finish()
    world.crash_at("revoke.submitting.answered" if "submitting" not in first else "revoke.installing.before")

    _, procedure = survive(world)

    check_good_end(COURSES["revoke"], world, procedure, f"twice, first {first}")
    world.close()
