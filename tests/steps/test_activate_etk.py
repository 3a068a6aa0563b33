"""The word of the person, and the activation of the encryption key, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from steps.late_arrival import LATE_ARRIVAL
from tests.world.bench import Bench
from tests.world.keystores import MemoryKeystores
from tests.world.wire import Fault
from workflow.errors import EhealthNoAnswerError, EhealthUnreachableError, NotLoadedYetError, RefusedError
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("activating_etk")


def lost(bench: Bench, fault: Fault) -> None:
    bench.world.wire.fail(fault, "activateETK")
    with pytest.raises(EhealthNoAnswerError):
        bench.send()


def test_the_file_to_be_loaded_is_named(bench_at: Callable[..., Bench]) -> None:
    bench = bench_at("awaiting_handover")
    assert isinstance(bench.world.keystores, MemoryKeystores)

    shown = {line.label: line.value for line in bench.offer().overview}

    assert shown["New file"] == str(bench.world.keystores.folder / bench.facts["new_keystore"]["name"])
    assert shown["valid until"] == bench.facts["installed"]["valid_until"]


def test_the_word_of_the_person_is_taken(bench_at: Callable[..., Bench]) -> None:
    bench = bench_at("awaiting_handover")

    outcome = bench.run(loaded=True)

    assert outcome == Outcome("handed_over", {"handover": {"at": bench.world.clock.now().isoformat()}})


def test_before_it_is_loaded_nothing_is_activated(bench_at: Callable[..., Bench]) -> None:
    bench = bench_at("awaiting_handover")

    with pytest.raises(NotLoadedYetError) as raised:
        bench.run(loaded=False)

    assert raised.value.details["path"] == bench.facts["new_keystore"]["path"]


def test_the_encryption_key_is_activated(bench: Bench) -> None:
    outcome = bench.send()

    assert outcome == Outcome("activated", {"activation": {"at": bench.world.clock.now().isoformat()}})
    assert bench.world.accepted["activateETK"] == 1


def test_nothing_is_sent_while_it_is_prepared(bench: Bench) -> None:
    assert isinstance(bench.prepare(), Prepared)
    assert "activateETK" not in bench.world.accepted


def test_what_is_active_already_needs_no_message(bench: Bench) -> None:
    bench.send()

    outcome = bench.prepare()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "activated"
    assert bench.world.accepted["activateETK"] == 1


def test_a_refusal_is_said(bench: Bench) -> None:
    prepared = bench.prepare()
    bench.world.clock.move(hours=1)

    with pytest.raises(RefusedError):
        bench.step.send(bench.work(), prepared)


def test_without_a_network_nothing_left(bench: Bench) -> None:
    bench.world.wire.fail(Fault.UNREACHABLE, "activateETK")

    with pytest.raises(EhealthUnreachableError):
        bench.send()


def test_what_arrived_without_an_answer_is_found_by_asking(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "activated"


def test_what_is_not_known_yet_may_still_arrive(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL - timedelta(seconds=1))

    assert isinstance(bench.find_out(), InDoubt)


def test_what_did_not_arrive_may_be_sent_anew(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL)

    assert bench.find_out() == NotArrived()
