"""The consent to the conditions of use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from steps.conditions_of_use import CONDITIONS_OF_USE
from tests.world.bench import Bench
from workflow.errors import ConsentRefusedError


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("awaiting_consent")


def test_the_conditions_are_offered_in_four_languages(bench: Bench) -> None:
    assert set(bench.offer().documents) == {"en", "fr", "nl", "de"}
    assert len(set(bench.offer().documents.values())) == 4


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_it_keeps_which_text_was_agreed_with(bench: Bench, language: str) -> None:
    outcome = bench.run(agree=True, language=language)

    assert outcome.trigger == "agreed"
    assert outcome.learned["consent"] == {
        "at": bench.world.clock.now().isoformat(),
        "language": language,
        "text_sha256": hashlib.sha256(CONDITIONS_OF_USE[language].encode()).hexdigest(),
    }


def test_without_consent_it_stops(bench: Bench) -> None:
    with pytest.raises(ConsentRefusedError):
        bench.run(agree=False, language="fr")
