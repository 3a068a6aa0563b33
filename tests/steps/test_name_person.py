"""Who a person without a Belgian card is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.world.bench import Bench
from tests.world.world import World
from workflow.errors import BadValueError, NotABisNumberError
from workflow.forms import PERSON


@pytest.fixture
def bench(make_world: Callable[..., World]) -> Bench:
    return Bench(make_world(definition="request_foreigner", valid_for=None), "awaiting_person", "request_foreigner")


def test_the_number_and_the_names_are_kept_without_spaces_too_many(bench: Bench) -> None:
    outcome = bench.run(bis="75431299932", surname=" van  der  Ausländer ", first_names=" Anna   Maria ")

    holder = {"ssin": "75431299932", "surname": "van der Ausländer", "first_names": "Anna Maria"}
    assert (outcome.trigger, outcome.learned) == ("named", {"holder": holder})


def test_who_has_one_name_only_gives_one_name_only(bench: Bench) -> None:
    assert bench.run(bis="75431299932", surname="Ausländer").learned["holder"]["first_names"] == ""


def test_without_a_surname_it_stops(bench: Bench) -> None:
    with pytest.raises(BadValueError):
        bench.run(bis="75431299932", surname="  ")


def test_the_number_of_somebody_with_a_card_is_refused_at_its_field(bench: Bench) -> None:
    field = PERSON.field("bis")
    assert field is not None

    with pytest.raises(NotABisNumberError) as raised:
        field.check("75.03.12-999.43")

    assert "75" not in str(raised.value)
    assert field.check("75.43.12-999.32") == "75431299932"


def test_nothing_is_known_before(bench: Bench) -> None:
    assert bench.offer().defaults == {}


def test_no_card_and_no_keystore_is_asked_for(bench: Bench) -> None:
    bench.world.cards.remove()

    bench.world.finish(to="awaiting_confirmation")

    questions = {"form person", "form contact", "form overview", "form password", "form consent"}
    assert set(bench.world.person.asked) <= questions | {"secret new_keystore_password"}
