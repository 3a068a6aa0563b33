"""The check at the beginning: reader, folders, network, clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.world.bench import Bench
from tests.world.keystores import MemoryKeystores
from tests.world.wire import Fault
from tests.world.world import World
from workflow.errors import ClockOffError, EhealthUnreachableError, FolderNotWritableError, ReaderAbsentError


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("checking")


def test_it_is_ready_when_everything_is_there(bench: Bench) -> None:
    outcome = bench.run()

    assert outcome.trigger == "ready"
    assert outcome.learned == {"requirements": {"checked_at": bench.world.clock.now().isoformat()}}


def test_a_card_is_not_needed_yet(bench: Bench) -> None:
    bench.world.cards.remove()

    assert bench.run().trigger == "ready"


def test_without_a_reader_it_stops(bench: Bench) -> None:
    bench.world.cards.readers = False

    with pytest.raises(ReaderAbsentError):
        bench.run()


def test_without_a_folder_to_write_in_it_stops(bench: Bench) -> None:
    keystores = bench.world.keystores
    assert isinstance(keystores, MemoryKeystores)
    keystores.full = True

    with pytest.raises(FolderNotWritableError):
        bench.run()


def test_without_a_network_it_stops(bench: Bench) -> None:
    bench.world.wire.fail(Fault.UNREACHABLE)

    with pytest.raises(EhealthUnreachableError):
        bench.run()


@pytest.mark.parametrize("minutes", [-6, 6, 90])
def test_with_a_wrong_clock_it_stops(bench: Bench, minutes: int) -> None:
    bench.world.own_clock.skew = timedelta(minutes=minutes)

    with pytest.raises(ClockOffError) as raised:
        bench.run()

    assert raised.value.details == {"minutes": minutes}


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_may_be_off_by_some_minutes(bench: Bench, minutes: int) -> None:
    bench.world.own_clock.skew = timedelta(minutes=minutes)

    assert bench.run().trigger == "ready"


def test_a_person_without_a_card_needs_no_reader(make_world: Callable[..., World]) -> None:
    bench = Bench(make_world(definition="request_foreigner", valid_for=None), "checking", "request_foreigner")
    bench.world.cards.readers = False

    assert bench.run().trigger == "ready"
