"""The overview, the contract, and the approval of both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from tests.world.bench import Bench
from workflow.errors import ContractNotApprovedError


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("awaiting_approval")


def test_the_contract_of_ehealth_is_shown_with_an_overview(bench: Bench) -> None:
    offer = bench.offer()

    assert offer.documents == bench.facts["contract"]["texts"]
    shown = {line.label: line.value for line in offer.overview}
    assert shown["For"] == "Zoé Élise Exemple (75.03.12-***.**)"
    assert shown["E-mail"] == "exemple@example.org"
    assert shown["Environment"] == "sandbox"


def test_which_text_was_approved_is_kept(bench: Bench) -> None:
    for language, text in bench.facts["contract"]["texts"].items():
        outcome = bench.run(approve=True, language=language)

        assert outcome.trigger == "approved"
        assert outcome.learned["approval"] == {
            "at": bench.world.clock.now().isoformat(),
            "language": language,
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }


def test_without_a_language_the_approval_is_for_all_texts(bench: Bench) -> None:
    approval = bench.run(approve=True).learned["approval"]

    every = "".join(bench.facts["contract"]["texts"].values())
    assert approval["text_sha256"] == hashlib.sha256(every.encode()).hexdigest()


def test_without_approval_it_stops(bench: Bench) -> None:
    with pytest.raises(ContractNotApprovedError):
        bench.run(approve=False)
