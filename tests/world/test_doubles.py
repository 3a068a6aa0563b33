"""The other doubles: locks, cards, the person, the trail and the wire do what the tests rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.sandbox.people import PROVIDER
from adapters.system.locks import FileLocks
from tests.world.cards import SandboxCards
from tests.world.clock import START, FakeClock
from tests.world.keys import KeyPool
from tests.world.memory import MemoryLocks
from tests.world.watched import Died, Trail, watched
from tests.world.wire import Fault
from tests.world.world import World, shared_card
from workflow.errors import (
    BusyError,
    CardRemovedError,
    EhealthFaultError,
    EhealthNoAnswerError,
    EhealthNonsenseError,
    EhealthUnreachableError,
    PinBlockedError,
    PinMalformedError,
    ReaderAbsentError,
    TemporaryError,
    WrongPinError,
)
from workflow.ports import Locks
from workflow.procedure import ProcedureId

ONE, OTHER = ProcedureId("abcdefg2"), ProcedureId("abcdefg3")


@pytest.fixture(params=["memory", "files"])
def locks(request: pytest.FixtureRequest, tmp_path: Path) -> Locks:
    return MemoryLocks() if request.param == "memory" else FileLocks(tmp_path / "locks", lambda: START)


def test_a_procedure_has_one_holder_at_a_time(locks: Locks) -> None:
    with ExitStack() as held:
        held.enter_context(locks.hold(ONE))

        with pytest.raises(BusyError), locks.hold(ONE):
            pass
        with locks.hold(OTHER):
            pass

    with locks.hold(ONE):
        pass


def test_a_holder_that_dies_holds_nothing(locks: Locks) -> None:
    with pytest.raises(Died), locks.hold(ONE):
        raise Died("in the middle")

    with locks.hold(ONE):
        pass


@pytest.fixture
def cards() -> SandboxCards:
    cards = SandboxCards(lambda: START)
    cards.insert(shared_card(PROVIDER))
    return cards


def sign(cards: SandboxCards, pin: str, *, signature: bool = False) -> bytes:
    card = cards.card()
    signer = card.signature(lambda: pin) if signature else card.authentication(lambda: pin)
    signed: bytes = signer.private_key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())  # type: ignore[call-arg,arg-type]
    signer.certificate.public_key().verify(  # type: ignore[union-attr,call-arg]
        signed,
        b"data",
        padding.PKCS1v15(),
        hashes.SHA256(),  # type: ignore[arg-type]
    )
    return signed


def test_a_card_signs_with_its_pin(cards: SandboxCards) -> None:
    assert sign(cards, "1234") != sign(cards, "1234", signature=True)


def test_a_card_counts_wrong_pins_and_forgives_after_a_right_one(cards: SandboxCards) -> None:
    for left in (2, 1):
        with pytest.raises(WrongPinError) as raised:
            sign(cards, "9999")
        assert raised.value.attempts_left == left

    sign(cards, "1234")

    assert cards.tries_left(shared_card(PROVIDER)) == 3


def test_a_card_blocks_after_three_wrong_pins(cards: SandboxCards) -> None:
    for error in (WrongPinError, WrongPinError, PinBlockedError):
        with pytest.raises(error):
            sign(cards, "9999")

    with pytest.raises(PinBlockedError):
        sign(cards, "1234")


def test_a_malformed_pin_costs_no_try(cards: SandboxCards) -> None:
    with pytest.raises(PinMalformedError):
        sign(cards, "12")

    assert cards.tries_left(shared_card(PROVIDER)) == 3


def test_a_card_that_was_taken_out_signs_nothing(cards: SandboxCards) -> None:
    card = cards.card()
    cards.remove()

    with pytest.raises(CardRemovedError):
        card.authentication(lambda: "1234")
    cards.readers = False
    with pytest.raises(ReaderAbsentError):
        cards.present()


def test_a_pool_gives_no_key_twice() -> None:
    pool = KeyPool()

    first, second = pool.make(), pool.make()

    assert first.private_numbers() != second.private_numbers()
    assert KeyPool().make() is first


def test_a_trail_counts_calls_and_dies_once() -> None:
    trail = Trail(die_after=2)
    clock = watched(FakeClock(), "clock", trail)
    clock.now()

    with pytest.raises(Died):
        clock.now()
    clock.now()

    assert trail.calls == ["clock.now"] * 3


def test_a_call_that_fails_is_counted_as_well() -> None:
    trail = Trail()
    cards = watched(SandboxCards(lambda: START, readers=False), "cards", trail)

    with pytest.raises(ReaderAbsentError):
        cards.check()

    assert trail.calls == ["cards.check"]


# --- the wire ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.mark.parametrize(
    ("fault", "error", "arrives"),
    [
        (Fault.UNREACHABLE, EhealthUnreachableError, False),
        (Fault.REQUEST_LOST, EhealthNoAnswerError, False),
        (Fault.REQUEST_LATE, EhealthNoAnswerError, False),
        (Fault.ANSWER_LOST, EhealthNoAnswerError, True),
        (Fault.NONSENSE, EhealthNonsenseError, True),
        (Fault.UNAVAILABLE, EhealthFaultError, False),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_fault_is_what_it_says(world: World, fault: Fault, error: type[TemporaryError], arrives: bool) -> None:
    world.wire.fail(fault, "generateCertificate")

    with pytest.raises(error):
        world.renew()

    assert world.accepted == ({"generateCertificate": 1} if arrives else {})
    world.wire.arrive()
    expected = arrives or fault is Fault.REQUEST_LATE
    assert world.accepted == ({"generateCertificate": 1} if expected else {})


def test_a_fault_meets_so_many_messages(world: World) -> None:
    world.wire.fail(Fault.UNREACHABLE, times=2)

    for _ in range(2):
        with pytest.raises(EhealthUnreachableError):
            world.services.service_time()

    assert world.services.service_time() == world.clock.now()
    assert [sent.operation for sent in world.wire.sent] == ["getGenericOrganizationTypes"] * 3


@pytest.mark.parametrize("ask", [World.renew, World.finish])
def test_worlds_do_not_know_each_other(world: World, ask: Callable[[World], object]) -> None:
    other = World()
    try:
        ask(other)
    finally:
        other.close()

    assert world.all_procedures() == []
    assert world.accepted == {}
    assert world.wire.sent == []


def test_two_worlds_of_one_seed_go_the_same_way() -> None:
    trails = []
    for _ in range(2):
        world = World(seed=7)
        world.finish()
        trails.append((world.trail.calls, [one.public_key_identifier for one in world.authority.accepted()]))
        world.close()

    assert trails[0] == trails[1]
