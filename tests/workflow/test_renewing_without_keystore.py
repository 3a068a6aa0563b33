"""The renewal without the old keystore: to its end, and refused by an eHealth that wants the old key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.sandbox.desk import Rules
from tests.world.wire import Fault
from tests.world.world import NEW_PASSWORD, World
from workflow.errors import ProcedureUnderWayError

NAME = "renew_without_keystore"


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: Any) -> World:
        made.append(World(**options))
        return made[-1]

    yield make
    for world in made:
        world.close()


def test_it_goes_to_its_end_without_the_old_password(make_world: Callable[..., World]) -> None:
    world = make_world(definition=NAME)
    del world.person.secrets["keystore_password"]

    procedure = world.finish()

    assert (procedure.state, procedure.ended) == ("done", True)
    assert world.accepted == dict.fromkeys(
        ["generateCertificate", "startETKRegistration", "completeETKRegistration", "activateETK"], 1
    )
    assert procedure.facts["request"]["replaces_as_expected"]
    assert {file.path for file in world.keystores.files()} > {world.old_path}
    assert world.keystores.open(world.old_path, "old-password") == world.old_keystore
    assert world.new_keystore() is not None
    assert NEW_PASSWORD not in str(procedure.facts)


def test_the_overview_says_what_is_replaced(make_world: Callable[..., World]) -> None:
    world = make_world(definition=NAME)

    world.start()

    shown = {line.label: line.value for line in world.person.offers["approval"].overview}
    assert shown["Replaces"] == "your present certificate"


def test_where_the_old_key_is_needed_it_ends_refused_and_nothing_is_lost(make_world: Callable[..., World]) -> None:
    world = make_world(definition=NAME, rules=Rules(old_key_needed=True))

    report = world.start()

    assert report.procedure.state == "refused"
    assert report.procedure.facts["refusal"]["code"] == "SIM_OLD_KEY_NEEDED"
    assert world.accepted == {}
    world.definition = "renew"
    assert world.start().procedure.state == "awaiting_delivery"


def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(make_world: Callable[..., World]) -> None:
    world = make_world(definition=NAME)
    world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")

    procedure = world.finish()

    assert procedure.state == "done"
    assert world.accepted["generateCertificate"] == 1


def test_a_renewal_under_way_is_not_begun_again_without_the_keystore(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    world.start()

    with pytest.raises(ProcedureUnderWayError) as raised:
        world.start(NAME)

    assert raised.value.details["id"] == world.procedure.id
