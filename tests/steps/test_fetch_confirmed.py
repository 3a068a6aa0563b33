"""What became of a request that a person must confirm on the web."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from steps.fetch_confirmed import KEPT_UNCONFIRMED
from tests.world.bench import Bench, altered
from tests.world.wire import Fault
from tests.world.world import World
from workflow.definition import STAY
from workflow.errors import RefusedError
from workflow.ports import Outcome

MINUTE = timedelta(minutes=1)


def waiting(world: World, state: str = "awaiting_confirmation") -> Bench:
    """A request that nobody has confirmed yet."""
    world.log_in = lambda procedure: None  # type: ignore[method-assign]
    bench = Bench(world, state, "request_foreigner")
    del world.__dict__["log_in"]
    return bench


@pytest.fixture
def bench(make_world: Callable[..., World]) -> Bench:
    return waiting(make_world(definition="request_foreigner", valid_for=None))


@pytest.fixture
def lost(make_world: Callable[..., World]) -> Bench:
    """A request whose answer, with the address, got lost."""
    world = make_world(definition="request_foreigner", valid_for=None)
    world.wire.fail(Fault.ANSWER_LOST, "submitCSRForForeigner")
    return waiting(world, "awaiting_address")


def end(bench: Bench) -> datetime:
    return datetime.fromisoformat(bench.facts["to_confirm"]["until"])


def move_to(bench: Bench, moment: datetime) -> None:
    bench.world.clock.move(moment - bench.world.clock.now())


def refusing(bench: Bench) -> None:
    """eHealth says that it does not know the key."""

    def refuse(key: str) -> None:
        raise RefusedError(refusal_code="SIM_UNKNOWN_PUBLIC_KEY", refusal="There is no such request.")

    bench.authority = altered(bench.world.services, certificate=refuse)


def test_before_anybody_confirms_there_is_nothing_new(bench: Bench) -> None:
    assert bench.run() == Outcome(STAY)


def test_until_the_end_a_refusal_is_nothing_new_either(bench: Bench) -> None:
    refusing(bench)
    move_to(bench, end(bench) - MINUTE)

    assert bench.run() == Outcome(STAY)


def test_a_confirmed_request_is_delivered(bench: Bench) -> None:
    bench.world.authority.confirm_foreigner(bench.facts["to_confirm"]["address"])
    bench.world.clock.move(days=2)

    outcome = bench.run()

    assert outcome.trigger == "delivered"
    assert {*outcome.learned} == {"confirmation", "certificate"}


def test_what_is_still_known_after_the_end_was_confirmed(bench: Bench) -> None:
    move_to(bench, end(bench) - MINUTE)
    bench.world.authority.confirm_foreigner(bench.facts["to_confirm"]["address"])
    move_to(bench, end(bench) + MINUTE)

    outcome = bench.run()

    assert outcome == Outcome("confirmed", {"confirmation": {"at": bench.world.clock.now().isoformat()}})


def test_what_nobody_confirmed_in_time_has_expired(bench: Bench) -> None:
    move_to(bench, end(bench) + MINUTE)

    outcome = bench.run()

    assert (outcome.trigger, outcome.learned["refusal"]["code"]) == ("not_confirmed", "SIM_VALIDATION_EXPIRED")


def test_a_clock_that_is_ahead_ends_nothing(bench: Bench) -> None:
    refusing(bench)
    bench.world.own_clock.skew = timedelta(days=30)

    assert bench.run() == Outcome(STAY)


def test_a_clock_that_is_late_keeps_waiting(bench: Bench) -> None:
    move_to(bench, end(bench) + MINUTE)
    bench.world.own_clock.skew = -timedelta(days=1)

    assert bench.run() == Outcome(STAY)


def test_neither_card_nor_password_is_asked_for(bench: Bench) -> None:
    bench.run()

    assert bench.world.person.asked == []
    assert bench.state.secrets == ()


def test_without_the_address_it_waits_as_long_as_ehealth_knows_the_request(lost: Bench) -> None:
    assert lost.run() == Outcome(STAY)
    lost.world.clock.move(days=5)

    assert lost.run() == Outcome(STAY)


def test_without_the_address_a_refusal_ends_it_only_after_a_month(lost: Bench) -> None:
    refusing(lost)
    before = lost.run()
    lost.world.clock.move(KEPT_UNCONFIRMED + MINUTE)

    after = lost.run()

    assert (before.trigger, after.trigger) == (STAY, "not_confirmed")


def test_without_the_address_the_support_team_can_still_help(lost: Bench) -> None:
    lost.world.log_in(lost.world.procedure)
    lost.world.clock.move(days=2)

    assert lost.run().trigger == "delivered"


def test_an_expired_request_can_be_made_again(make_world: Callable[..., World]) -> None:
    world = make_world(definition="request_foreigner", valid_for=None)
    address = world.start().procedure.facts["to_confirm"]["address"]
    world.clock.move(days=8)

    ended = world.resume().procedure
    again = world.start().procedure

    assert (ended.state, ended.ended) == ("expired", True)
    assert again.state == "awaiting_confirmation"
    assert again.facts["to_confirm"]["address"] != address
