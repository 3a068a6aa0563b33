"""The revocation is sent, or refused for good: a procedure in which eHealth says no does not ask for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.world.courses import COURSES
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """A world whose person signed nothing yet, and whose certificate ends soon."""
    world = COURSES["revoke"].world(valid_for=timedelta(days=4))
    world.crash_at("revoke.revoking.before")
    with pytest.raises(Died):
        world.finish()
    world.trail.die_at = None
    yield world
    world.close()


def test_a_certificate_that_ended_meanwhile_cannot_be_revoked_and_that_is_an_end(world: World) -> None:
    world.clock.move(days=5)

    report = world.resume()

    assert report.procedure.state == "refused"
    assert report.procedure.facts["refusal"]["code"] == "SIM_NOT_REVOCABLE"
    assert world.accepted == {}


def test_a_refusal_of_what_an_earlier_message_did_is_no_refusal(world: World) -> None:
    world.wire.fail(Fault.REQUEST_LATE, "revoke")
    with pytest.raises(Exception, match="did not answer"):
        world.resume()
    world.clock.move(minutes=6)
    world.wire.arrive()

    procedure = world.finish(to="awaiting_contact")

    assert procedure.state != "refused"
    assert world.accepted["revoke"] == 1
