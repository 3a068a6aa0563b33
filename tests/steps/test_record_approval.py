"""The overview, the contract, and the approval of both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from tests.world.bench import Bench, with_fact
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


# --- what is replaced, and for whom -----------------------------------------------------------------------------------


def shown(bench: Bench) -> dict[str, str]:
    """The lines of the overview."""
    return {line.label: line.value for line in bench.offer().overview}


def test_what_a_renewal_replaces_is_shown(bench: Bench) -> None:
    lines = shown(bench)

    assert lines["Replaces"] == bench.world.old_path.name
    assert lines["which stays valid until"] == bench.facts["record"]["valid_until"]
    assert "Certificates that the organisation has" not in lines


@pytest.mark.parametrize("course", ["request", "revoke"])
def test_a_first_certificate_replaces_none(bench_on: Callable[..., Bench], course: str) -> None:
    bench = bench_on(course, "awaiting_approval")

    lines = shown(bench)

    assert "Replaces" not in lines
    assert "which stays valid until" not in lines
    assert lines["For"] == "Zoé Élise Exemple (75.03.12-***.**)"
    assert bench.offer().warnings == ()


def test_a_renewal_without_the_old_keystore_replaces_the_present_certificate(bench_on: Callable[..., Bench]) -> None:
    assert shown(bench_on("renew without", "awaiting_approval"))["Replaces"] == "your present certificate"


def test_an_organisation_is_shown_with_its_application_and_its_number_of_certificates(
    bench_on: Callable[..., Bench],
) -> None:
    bench = bench_on("request for an organisation", "awaiting_approval")

    lines = shown(bench)

    assert lines["For"] == "Hôpital Exemple (NIHII-HOSPITAL 71999932), APP-1"
    assert lines["Certificates that the organisation has"] == "0"


@pytest.mark.parametrize(("live", "warned"), [(9, 0), (10, 1), (11, 1)])
def test_from_ten_certificates_on_an_organisation_is_warned(
    bench_on: Callable[..., Bench], live: int, warned: int
) -> None:
    bench = bench_on("request for an organisation", "awaiting_approval")
    with_fact(bench, "record", live=live)

    offer = bench.offer()

    assert len(offer.warnings) == warned
    assert shown(bench)["Certificates that the organisation has"] == str(live)
