"""Who asks: read from the card."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sandbox.people import COLLEAGUE, PROVIDER, STRANGER
from tests.world.bench import Bench
from tests.world.world import shared_card
from workflow.errors import CardAbsentError, CardExpiredError, ReaderAbsentError, SeveralCardsError, WrongCardError

HOLDER = {"ssin": "75031299943", "first_names": "Zoé Élise", "surname": "Exemple"}


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("awaiting_card")


@pytest.fixture
def two_cards(bench: Bench) -> Bench:
    bench.world.cards.insert(shared_card(COLLEAGUE))
    return bench


def test_the_only_card_says_who_asks(bench: Bench) -> None:
    outcome = bench.run()

    assert outcome.trigger == "card_read"
    assert outcome.learned == {"holder": HOLDER}


def test_the_only_card_is_the_default_and_shown_without_its_number(bench: Bench) -> None:
    offer = bench.offer()

    serial = shared_card(PROVIDER).serial
    assert offer.defaults == {"card": serial}
    [choice] = offer.choices["card"]
    assert choice.value == serial
    assert choice.label == "Zoé Élise Exemple (75.03.12-***.**), Sandbox reader"


def test_a_card_with_elliptic_curves_is_read_as_well(bench_at: Callable[..., Bench]) -> None:
    assert bench_at("awaiting_card", card_kind="ec").run().learned == {"holder": HOLDER}


def test_with_two_cards_there_is_no_default(two_cards: Bench) -> None:
    offer = two_cards.offer()

    assert offer.defaults == {}
    assert len(offer.choices["card"]) == 2


def test_with_two_cards_somebody_must_choose(two_cards: Bench) -> None:
    with pytest.raises(SeveralCardsError) as raised:
        two_cards.run()

    assert "75031299943" not in str(raised.value)


def test_a_card_is_chosen_by_its_serial_number(two_cards: Bench) -> None:
    outcome = two_cards.run(card=shared_card(COLLEAGUE).serial)

    assert outcome.learned["holder"]["ssin"] == COLLEAGUE.ssin


def test_a_card_is_chosen_by_the_number_of_its_holder(two_cards: Bench) -> None:
    assert two_cards.run(ssin=PROVIDER.ssin).learned == {"holder": HOLDER}


def test_the_card_of_another_person_is_not_taken(bench: Bench) -> None:
    with pytest.raises(WrongCardError) as raised:
        bench.run(ssin=STRANGER.ssin)

    assert STRANGER.ssin not in str(raised.value)


def test_a_card_that_is_not_there_is_missing(bench: Bench) -> None:
    with pytest.raises(CardAbsentError):
        bench.run(card=shared_card(COLLEAGUE).serial)


@pytest.mark.parametrize("ask", [Bench.offer, Bench.run], ids=["offer", "run"])
def test_without_a_card_it_stops(bench: Bench, ask: Callable[[Bench], object]) -> None:
    bench.world.cards.remove()

    with pytest.raises(CardAbsentError):
        ask(bench)


def test_without_a_reader_it_stops(bench: Bench) -> None:
    bench.world.cards.readers = False

    with pytest.raises(ReaderAbsentError):
        bench.offer()


def test_a_card_that_has_ended_is_not_taken(bench: Bench) -> None:
    bench.world.clock.move(days=365 * 10)

    with pytest.raises(CardExpiredError):
        bench.run()
