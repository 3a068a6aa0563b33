"""What the simulation found, each in its smallest form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.world.person import ScriptedPerson
from tests.world.watched import Died
from tests.world.world import NEW_PASSWORD, World
from workflow.errors import ClockOffError
from workflow.secret import Secret


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def died_at(world: World, boundary: str) -> None:
    """Begin a renewal that dies at a boundary."""
    world.crash_at(boundary)
    with pytest.raises(Died):
        world.finish()


class Slow(ScriptedPerson):
    """Takes some time to give a secret."""

    def __init__(self, like: ScriptedPerson, name: str, pass_time: Callable[[], None]) -> None:
        super().__init__(secrets=like.secrets)
        self._slow_at = name
        self._pass_time = pass_time

    def secret(self, name: str, about: str) -> Secret:
        if name == self._slow_at:
            self._pass_time()
        return super().secret(name, about)


@pytest.mark.parametrize("state", ["awaiting_keystore", "making_contract", "submitting"])
def test_a_clock_that_is_far_ahead_is_no_expired_certificate(world: World, state: str) -> None:
    died_at(world, f"renew.{state}.before")
    world.own_clock.skew = timedelta(days=400)

    with pytest.raises(ClockOffError):
        world.resume()

    assert world.procedure.state == state


def test_a_clock_that_is_far_ahead_does_not_make_a_delivered_certificate_wrong(world: World) -> None:
    world.renew()
    world.clock.move(days=2)
    world.own_clock.skew = timedelta(days=4000)

    with pytest.raises(ClockOffError):
        world.resume()


def test_a_pin_that_is_typed_after_a_long_search_signs_a_message_of_now(world: World) -> None:
    died_at(world, "renew.submitting.before")
    world.person = Slow(world.person, "pin", lambda: world.clock.move(minutes=15))

    found = world.resume().procedure

    assert found.state == "awaiting_delivery"
    assert world.person.asked.count("secret pin") == 1


def test_a_doubt_begins_when_the_message_leaves_not_when_the_pin_is_asked(world: World) -> None:
    died_at(world, "renew.submitting.before")
    world.person = Slow(world.person, "pin", lambda: world.clock.move(minutes=1))
    world.crash_at("renew.submitting.intent_written")
    with pytest.raises(Died):
        world.resume()

    assert world.procedure.facts["intent"]["at"] == world.clock.now().isoformat()


def test_a_new_password_is_never_typed_only_once(world: World) -> None:
    died_at(world, "renew.making_key.before")
    world.person.asked.clear()

    world.resume()

    assert "form password" in world.person.asked
    assert world.person.asked.index("form password") < world.person.asked.index("secret pin")


def test_a_keystore_that_was_written_is_opened_with_the_password_that_was_chosen_for_it(world: World) -> None:
    world.crash_at("renew.submitting.before_moved")
    with pytest.raises(Died):
        world.renew()
    world.person.asked.clear()

    world.resume()

    assert "form password" not in world.person.asked
    assert world.new_keystore() is not None
    assert world.person.secrets["new_keystore_password"] == NEW_PASSWORD
