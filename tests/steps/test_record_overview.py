"""The overview for a person without a card, and his approval."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from tests.world.bench import Bench, with_fact
from tests.world.world import World
from workflow.errors import OverviewNotApprovedError


@pytest.fixture
def bench(make_world: Callable[..., World]) -> Bench:
    return Bench(make_world(definition="request_foreigner", valid_for=None), "awaiting_approval", "request_foreigner")


def test_what_will_be_sent_is_shown_with_the_number_covered(bench: Bench) -> None:
    offer = bench.offer()

    shown = {line.label: line.value for line in offer.overview}
    assert shown["For"] == "Anna Ausländer (75.43.12-***.**)"
    assert shown["Name in the certificate"] == "AUSLANDER ANNA"
    assert shown["E-mail"] == "exemple@example.org"
    assert "75431299932" not in str(offer)
    assert offer.documents == {}


def test_of_what_was_approved_the_hash_is_kept(bench: Bench) -> None:
    dn = (
        "CN=SSIN\\=75431299932,OU=eHealth-platform Belgium,OU=AUSLANDER ANNA,OU=SSIN\\=75431299932,"
        "O=Federal Government,C=BE"
    )

    outcome = bench.run(approve=True)

    assert outcome.trigger == "approved"
    assert outcome.learned["approval"] == {
        "at": bench.world.clock.now().isoformat(),
        "text_sha256": hashlib.sha256(dn.encode()).hexdigest(),
    }


def test_who_has_one_name_only_is_shown_so(bench: Bench) -> None:
    with_fact(bench, "holder", first_names="")

    shown = {line.label: line.value for line in bench.offer().overview}

    assert shown["For"] == "Ausländer (75.43.12-***.**)"
    assert shown["Name in the certificate"] == "AUSLANDER"


def test_without_approval_it_stops(bench: Bench) -> None:
    with pytest.raises(OverviewNotApprovedError):
        bench.run(approve=False)
