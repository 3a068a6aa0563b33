"""What revoking means is shown, and confirmed with a typed word."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from tests.world.bench import Bench, with_fact
from workflow.errors import Exit, RevocationNotConfirmedError


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("revoke", "awaiting_revocation_approval")


def test_what_will_be_revoked_is_shown_with_the_text_of_ehealth(bench: Bench) -> None:
    offer = bench.offer()

    shown = {line.label: line.value for line in offer.overview}
    assert shown == {
        "Environment": "sandbox",
        "Certificate of": "Zoé Élise Exemple (75.03.12-***.**)",
        "Serial number": bench.facts["chosen"]["serial"],
        "valid until": bench.facts["chosen"]["valid_until"],
        "Reason": "the file is lost",
    }
    assert offer.documents == bench.facts["revocation_contract"]["texts"]
    assert offer.defaults == {}


def test_what_is_lost_is_told(bench: Bench) -> None:
    final, sealed, gap = bench.offer().warnings

    assert "final" in final
    assert "can only be opened with its file and password" in sealed
    assert "there is no certificate at all" in gap


def test_who_wants_no_new_certificate_is_told_that_none_is_requested(bench: Bench) -> None:
    with_fact(bench, "reason", request_again=False)

    assert "No new certificate is requested" in bench.offer().warnings[-1]


def test_a_certificate_without_details_is_shown_with_question_marks(bench: Bench) -> None:
    with_fact(bench, "chosen", serial=None, valid_until=None)

    shown = {line.label: line.value for line in bench.offer().overview}
    assert (shown["Serial number"], shown["valid until"]) == ("?", "?")


@pytest.mark.parametrize("typed", ["revoke", " Revoke ", "REVOKE"])
def test_the_typed_word_confirms_and_which_text_was_read_is_kept(bench: Bench, typed: str) -> None:
    for language, text in bench.facts["revocation_contract"]["texts"].items():
        outcome = bench.run(confirmation=typed, language=language)

        assert outcome.trigger == "revocation_approved"
        assert outcome.learned["revocation_approval"] == {
            "at": bench.world.clock.now().isoformat(),
            "language": language,
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }
    assert bench.world.accepted == {}


def test_without_a_language_the_confirmation_is_for_all_texts(bench: Bench) -> None:
    approval = bench.run(confirmation="revoke").learned["revocation_approval"]

    every = "".join(bench.facts["revocation_contract"]["texts"].values())
    assert approval["text_sha256"] == hashlib.sha256(every.encode()).hexdigest()


@pytest.mark.parametrize("typed", ["", "yes", "oui", "revoke it", "revoquer"])
def test_anything_else_revokes_nothing(bench: Bench, typed: str) -> None:
    with pytest.raises(RevocationNotConfirmedError) as raised:
        bench.run(confirmation=typed)

    assert (raised.value.code, raised.value.exit) == ("revocation_not_confirmed", Exit.USAGE)
