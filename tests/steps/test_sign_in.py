"""Signing in with the card: who the person is at eHealth, and for whom he may act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.sandbox.people import COLLEAGUE, MANAGER, PROVIDER, STRANGER, Person
from tests.world.bench import Bench
from tests.world.wire import Fault
from tests.world.world import shared_card
from workflow.errors import (
    CardAbsentError,
    ClockOffError,
    EhealthNoAnswerError,
    PinBlockedError,
    WrongCardError,
    WrongPinError,
)
from workflow.forms import PIN

HOSPITAL = {"type": "NIHII-HOSPITAL", "identifier": "71999932", "name": "Hôpital Exemple"}


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("request", "signing_in")


@pytest.mark.parametrize(
    ("person", "qualities"),
    [
        (PROVIDER, {"care_provider": True, "organizations": []}),
        (STRANGER, {"care_provider": False, "organizations": []}),
        (MANAGER, {"care_provider": False, "organizations": [HOSPITAL]}),
    ],
    ids=["a care provider", "a stranger", "who manages a hospital"],
)
def test_what_ehealth_knows_the_person_as_is_kept(
    bench_on: Callable[..., Bench], person: Person, qualities: object
) -> None:
    bench = bench_on("request", "signing_in", person=person)

    outcome = bench.run()

    assert outcome.trigger == "signed_in"
    assert outcome.learned == {"qualities": qualities}
    assert bench.world.accepted == {}


def test_the_pin_is_asked_once_to_sign_in(bench: Bench) -> None:
    bench.run()

    assert bench.world.person.asked == ["secret pin"]


def test_a_wrong_pin_is_said_with_the_tries_that_are_left_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError) as raised:
        bench.run()
    assert raised.value.attempts_left == 2

    assert bench.run().trigger == "signed_in"


def test_a_wrong_pin_is_never_tried_twice(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = "0000"
    for error in (WrongPinError, WrongPinError, PinBlockedError):
        with pytest.raises(error):
            bench.run()

    assert bench.world.person.asked == ["secret pin"] * 3


def test_the_card_of_another_person_is_not_used(bench: Bench) -> None:
    bench.world.cards.remove()
    with pytest.raises(CardAbsentError):
        bench.run()

    bench.world.cards.insert(shared_card(COLLEAGUE))
    with pytest.raises(WrongCardError):
        bench.run()

    assert bench.world.person.asked == []


def test_with_a_wrong_clock_nothing_is_signed(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(minutes=-10)

    with pytest.raises(ClockOffError):
        bench.run()

    assert bench.world.person.asked == []


def test_without_an_answer_it_stops_and_may_be_asked_again(bench: Bench) -> None:
    bench.world.wire.fail(Fault.ANSWER_LOST, "getActorQualities")
    with pytest.raises(EhealthNoAnswerError):
        bench.run()

    assert bench.run().trigger == "signed_in"
