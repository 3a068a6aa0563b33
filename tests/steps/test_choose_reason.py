"""Why a certificate is revoked, in the person's words and in eHealth's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.world.bench import Bench
from workflow.errors import BadValueError


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("revoke", "awaiting_reason", valid_for=timedelta(days=300))


def renewed(bench: Bench) -> tuple[str, str]:
    """A second certificate of this person, which ends later; the identifiers of the older and the newer one."""
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=1000))
    older, newer = (record.key for record in bench.world.authority.desk.certificates.all())
    return older, newer


def chosen(bench_on: Callable[..., Bench], newest: bool) -> Bench:
    """The reason for revoking one of two certificates: the newer one, or the one that it succeeded."""
    bench = bench_on("revoke", "looking_up")
    older, newer = renewed(bench)
    bench.world.person.answers["certificate"] = {"certificate": newer if newest else older}
    again = Bench(bench.world, "awaiting_reason", "revoke")
    assert len(again.facts["record"]["certificates"]) == 2
    return again


def test_the_reasons_are_listed_and_none_is_chosen_beforehand(bench: Bench) -> None:
    offer = bench.offer()

    assert [choice.value for choice in offer.choices["reason"]] == [
        "password_forgotten", "file_lost", "to_be_replaced", "stolen", "left", "stopped",
    ]  # fmt: skip
    assert offer.defaults == {}
    assert offer.warnings == ()


def test_where_renewing_is_possible_it_is_told_before(bench_on: Callable[..., Bench]) -> None:
    [warning] = bench_on("revoke", "awaiting_reason", valid_for=timedelta(days=60)).offer().warnings

    assert "leaves no gap" in warning
    assert "ehcert renew --without-old-keystore" in warning


@pytest.mark.parametrize(
    ("words", "code", "again"),
    [
        ("password_forgotten", "superseded", True),
        ("file_lost", "superseded", True),
        ("to_be_replaced", "superseded", True),
        ("stolen", "keyCompromise", True),
        ("left", "affiliationChanged", False),
        ("stopped", "cessationOfOperation", False),
    ],
)
def test_the_words_stand_for_a_reason_of_ehealth(bench: Bench, words: str, code: str, again: bool) -> None:
    outcome = bench.run(reason=words)

    assert outcome.trigger == "reason_chosen"
    assert outcome.learned == {"reason": {"words": words, "code": code, "request_again": again}}


@pytest.mark.parametrize("words", ["file_lost", "stopped"])
def test_who_wants_no_new_certificate_gets_none(bench: Bench, words: str) -> None:
    assert bench.run(reason=words, only=True).learned["reason"]["request_again"] is False


@pytest.mark.parametrize("words", ["", "superseded", "keyCompromise"])
def test_another_reason_is_none(bench: Bench, words: str) -> None:
    with pytest.raises(BadValueError):
        bench.run(reason=words)


def test_after_the_revocation_of_a_renewed_certificate_no_other_is_requested(bench_on: Callable[..., Bench]) -> None:
    bench = chosen(bench_on, newest=False)

    [warning] = bench.offer().warnings
    outcome = bench.run(reason="to_be_replaced")

    assert "has a successor" in warning
    assert outcome.learned["reason"]["request_again"] is False


def test_after_the_revocation_of_the_newer_of_two_another_is_requested(bench_on: Callable[..., Bench]) -> None:
    bench = chosen(bench_on, newest=True)

    outcome = bench.run(reason="file_lost")

    assert bench.offer().warnings == ()
    assert outcome.learned["reason"]["request_again"] is True


def test_the_successor_of_another_owner_is_none(bench: Bench) -> None:
    [own] = bench.facts["record"]["certificates"]
    for part in ("type", "identifier", "application_id"):
        other = {**own, part: "other", "valid_until": "2099-01-01T00:00:00+00:00"}
        bench.facts["record"] = {"certificates": [own, other]}

        assert bench.run(reason="file_lost").learned["reason"]["request_again"] is True
