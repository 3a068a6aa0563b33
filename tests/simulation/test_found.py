"""What the simulation found, each in its smallest form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulation.locks import LooseLocks
from tests.world.person import ScriptedPerson
from tests.world.watched import Died
from tests.world.wire import Fault, Sent
from tests.world.world import NEW_PASSWORD, World
from workflow.errors import BusyError, ClockOffError, EhealthNoAnswerError, RefusedError, StillInDoubtError
from workflow.ports import Cancelled, GoBack
from workflow.procedure import Line
from workflow.secret import Secret
from workflow.status import is_due

FORMER = {"serial": "12345", "certificate": "AAAA", "at": "2031-03-04T09:10:11+00:00"}
"""An encryption certificate with the serial number of an earlier challenge."""


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


@pytest.mark.parametrize("skew", [timedelta(hours=1), timedelta(days=-2)])
@pytest.mark.parametrize("state", ["looking_up", "starting_etk", "completing_etk", "activating_etk"])
def test_a_refusal_of_what_a_wrong_clock_dated_names_the_clock(world: World, state: str, skew: timedelta) -> None:
    died_at(world, f"renew.{state}.before")
    world.own_clock.skew = skew

    with pytest.raises(ClockOffError):
        world.resume()

    world.own_clock.skew = timedelta(0)
    assert world.finish().state == "done"
    assert {n for name, n in world.accepted.items() if name != "startETKRegistration"} == {1}


def test_a_wait_that_seems_to_begin_in_the_future_keeps_its_rhythm(world: World) -> None:
    world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")
    with pytest.raises(EhealthNoAnswerError):
        world.renew()
    world.own_clock.skew = timedelta(days=400)
    assert world.resume().procedure.state == "awaiting_delivery"  # found by a question that bears no moment
    world.own_clock.skew = timedelta(0)
    world.clock.move(minutes=1)

    world.resume()
    world.clock.move(hours=2)
    looked = world.resume().procedure

    assert looked.since < world.clock.now()
    assert looked.wake_at is not None
    assert looked.wake_at - world.clock.now() >= timedelta(minutes=15)
    assert looked.expected_by is not None
    assert looked.expected_by < world.clock.now() + timedelta(days=11)


def test_a_look_that_was_planned_by_a_wrong_clock_is_not_lost(world: World) -> None:
    world.renew()
    world.own_clock.skew = timedelta(days=400)
    planned = world.resume().procedure
    world.own_clock.skew = timedelta(0)
    world.clock.move(minutes=5)

    assert planned.wake_at is not None
    assert planned.wake_at > world.clock.now() + timedelta(days=399)
    assert is_due(planned, world.clock.now())


def test_a_look_is_due_at_its_moment_and_not_before(world: World) -> None:
    planned = world.renew().procedure

    assert planned.wake_at is not None
    assert not is_due(planned, planned.wake_at - timedelta(seconds=1))
    assert is_due(planned, planned.wake_at)
    assert not is_due(world.finish(), world.clock.now() + timedelta(days=1000))


def test_a_process_that_comes_late_never_removes_what_another_one_has_sent() -> None:
    """Where locks do not hold, as on some network drives, the revision in the store is the second guard."""
    world = World()
    world.locks = LooseLocks()
    first, second = world.person, ScriptedPerson(secrets=dict(world.person.secrets))

    def meanwhile() -> None:
        world.person = second
        assert world.resume().procedure.state == "awaiting_delivery"

    world.person = Slow(first, "pin", meanwhile)
    with pytest.raises(BusyError):
        world.renew()

    world.person = second
    assert world.finish().state == "done"
    assert set(world.accepted.values()) == {1}
    world.close()


def test_an_encryption_key_that_was_written_once_more_than_remembered_starts_again(world: World) -> None:
    died_at(world, "renew.completing_etk.before_moved")
    remembered = world.procedure
    world.crash_at("renew.completing_etk.before")
    with pytest.raises(Died):
        world.resume()
    older = replace(world.procedure, facts={**world.procedure.facts, "encryption_certificate": FORMER})
    world.open_store().save(older, [Line(world.clock.now(), "moved", remembered.state, "started")])

    assert world.finish().state == "done"


def test_a_doubt_is_measured_by_the_clock_of_ehealth(world: World) -> None:
    world.wire.fail(Fault.REQUEST_LATE, "generateCertificate")
    with pytest.raises(EhealthNoAnswerError):
        world.renew()
    world.own_clock.skew = timedelta(minutes=4)
    world.clock.move(minutes=2)

    with pytest.raises(StillInDoubtError):
        world.resume()

    world.wire.arrive()
    assert world.finish().state == "done"
    assert world.wire.count("generateCertificate") == 1


def test_a_clock_that_jumps_while_a_message_is_prepared_is_noticed_before_it_leaves(world: World) -> None:
    def jump() -> None:
        world.own_clock.skew = timedelta(days=400)

    died_at(world, "renew.submitting.before")
    world.person = Slow(world.person, "pin", jump)

    with pytest.raises(ClockOffError):
        world.resume()

    assert world.wire.count("generateCertificate") == 0


def test_a_doubt_that_was_dated_in_the_far_future_does_not_last_until_then(world: World) -> None:
    world.wire.fail(Fault.REQUEST_LOST, "completeETKRegistration")
    world.finish(to="awaiting_delivery")
    world.clock.move(days=2)
    with pytest.raises(EhealthNoAnswerError):
        world.resume()
    stored = world.procedure
    intent = {**stored.facts["intent"], "at": (world.clock.now() + timedelta(days=400)).isoformat()}
    world.open_store().save(replace(stored, facts={**stored.facts, "intent": intent}), [])

    assert world.finish().state == "done"


@pytest.mark.parametrize("wish", [GoBack(), Cancelled()])
def test_dying_while_a_key_is_cleared_away_leaves_no_key_fact_without_its_file(
    world: World, wish: GoBack | Cancelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    died_at(world, "renew.submitting.before")
    discard = world.keystores.discard

    def discard_and_die(path: Path) -> None:
        discard(path)
        raise Died("after keystores.discard")

    with monkeypatch.context() as patch:
        patch.setattr(world.keystores, "discard", discard_and_die)
        world.person.interrupts = {len(world.person.asked) + 2: wish}  # at the PIN
        with pytest.raises(Died):
            world.resume()
        world.person.interrupts = {}

    assert world.finish().state == ("cancelled" if isinstance(wish, Cancelled) else "done")


def overtaken_by(world: World, late: str, before: str) -> None:
    """The next `late` message is under way until the next message of `before` but one leaves: it arrives first."""
    seen: list[str] = []

    def fault(sent: Sent) -> Fault | None:
        seen.append(sent.operation)
        if sent.operation == late and seen.count(late) == 1:
            return Fault.REQUEST_LATE
        if sent.operation == before and (before != late or seen.count(late) == 2):
            world.wire.arrive()
        return None

    world.wire.fault = fault


def test_a_request_that_arrives_later_than_assumed_is_not_taken_for_refused(world: World) -> None:
    overtaken_by(world, "generateCertificate", "generateCertificate")
    with pytest.raises(EhealthNoAnswerError):
        world.renew()
    world.clock.move(minutes=10)

    found = world.resume().procedure

    assert found.state == "awaiting_delivery"
    assert world.finish().state == "done"
    assert world.accepted["generateCertificate"] == 1


def test_a_challenge_that_was_replaced_by_a_late_message_is_asked_anew(world: World) -> None:
    world.finish(to="awaiting_delivery")
    world.clock.move(days=2)
    overtaken_by(world, "startETKRegistration", "completeETKRegistration")
    with pytest.raises(EhealthNoAnswerError):
        world.resume()
    with pytest.raises(RefusedError):
        world.resume()
    world.clock.move(minutes=10)

    assert world.finish().state == "done"
    assert world.accepted["completeETKRegistration"] == 1


def test_an_encryption_key_that_is_registered_later_than_assumed_is_found(world: World) -> None:
    world.finish(to="awaiting_delivery")
    world.clock.move(days=2)
    overtaken_by(world, "completeETKRegistration", "startETKRegistration")
    with pytest.raises(EhealthNoAnswerError):
        world.resume()
    world.clock.move(minutes=10)

    assert world.finish().state == "done"
    assert world.accepted["completeETKRegistration"] == 1
