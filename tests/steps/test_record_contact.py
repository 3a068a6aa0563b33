"""The contact data, prefilled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sandbox.people import STRANGER
from tests.world.bench import Bench

GIVEN = {"email_private": "zoe@example.org", "phone_private": "0470 00 00 00"}


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("awaiting_contact")


def test_what_ehealth_has_on_record_is_offered(bench: Bench) -> None:
    offer = bench.offer()

    assert offer.defaults == {"email_private": "exemple@example.org", "phone_private": "+32 470 00 00 00"}
    assert offer.warnings == ()


def test_what_was_given_before_is_offered_instead(bench: Bench) -> None:
    bench.learn(bench.run(**GIVEN))
    del bench.facts["contact"]  # as going back does

    assert bench.offer().defaults == GIVEN


def test_who_is_not_known_as_a_care_provider_is_warned(bench_at: Callable[..., Bench]) -> None:
    [warning] = bench_at("awaiting_contact", person=STRANGER).offer().warnings

    assert "does not know you as a care provider" in warning


def test_the_answers_are_kept_and_what_was_left_out_is_nothing(bench: Bench) -> None:
    outcome = bench.run(**GIVEN, phone_general="02 000 00 00")

    assert outcome.trigger == "given"
    assert outcome.learned["contact"] == {**GIVEN, "email_general": None, "phone_general": "02 000 00 00"}
