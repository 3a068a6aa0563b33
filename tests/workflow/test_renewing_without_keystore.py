"""The renewal without the old keystore: to its end, and refused by an eHealth that wants the old key."""

from __future__ import annotations

from adapters.sandbox.desk import Rules
from tests.world.wire import Fault
from tests.world.world import NEW_PASSWORD, World

NAME = "renew_without_keystore"


def test_it_goes_to_its_end_without_the_old_password() -> None:
    world = World(definition=NAME)
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


def test_the_overview_says_what_is_replaced() -> None:
    world = World(definition=NAME)

    world.start()

    shown = {line.label: line.value for line in world.person.offers["approval"].overview}
    assert shown["Replaces"] == "your present certificate"


def test_where_the_old_key_is_needed_it_ends_refused_and_nothing_is_lost() -> None:
    world = World(definition=NAME, rules=Rules(old_key_needed=True))

    report = world.start()

    assert report.procedure.state == "refused"
    assert report.procedure.facts["refusal"]["code"] == "SIM_OLD_KEY_NEEDED"
    assert world.accepted == {}
    world.definition = "renew"
    assert world.start().procedure.state == "awaiting_delivery"


def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice() -> None:
    world = World(definition=NAME)
    world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")

    procedure = world.finish()

    assert procedure.state == "done"
    assert world.accepted["generateCertificate"] == 1


def test_a_renewal_that_is_under_way_is_not_begun_a_second_time_without_the_keystore() -> None:
    world = World()
    world.start()

    from workflow.errors import ProcedureUnderWayError

    try:
        world.start(NAME)
    except ProcedureUnderWayError as error:
        assert error.details["id"] == world.procedure.id
    else:
        raise AssertionError("it was begun twice")
