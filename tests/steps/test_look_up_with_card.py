"""What eHealth knows of a person's certificates, asked with the card alone: whether one may be replaced now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.sandbox.people import COLLEAGUE
from steps.look_up_with_card import LookUpWithCard
from steps.ports.registration import CertificateInfo, CertificateStatus
from tests.world.bench import Bench, altered
from tests.world.world import World, shared_card
from workflow.errors import (
    CertificateExpiredError,
    CertificateRevokedError,
    ClockOffError,
    EhcertError,
    NothingToRenewError,
    RequestUnderWayError,
    TooEarlyError,
    WrongCardError,
    WrongPinError,
)
from workflow.forms import PIN

Change = Callable[[CertificateInfo], tuple[CertificateInfo, ...]]


@pytest.fixture
def bench(make_world: Callable[..., World]) -> Bench:
    return Bench(make_world(definition="renew_without_keystore"), "looking_up", "renew_without_keystore")


def knowing(bench: Bench, change: Change) -> None:
    """Let eHealth know something else than the one certificate that there is."""
    known = bench.world.services.certificates_of_citizen

    def asked(signer: Any) -> tuple[CertificateInfo, ...]:
        (info,) = known(signer)
        return change(info)

    bench.authority = altered(bench.world.services, certificates_of_citizen=asked)


def test_it_is_the_step_that_is_meant(bench: Bench) -> None:
    assert isinstance(bench.step, LookUpWithCard)


def test_what_may_be_replaced_is_found_with_the_card_alone(bench: Bench) -> None:
    record = bench.run().learned["record"]

    present = bench.world.old_keystore.keys[0].chain[0]
    assert record["valid_until"] == present.not_valid_after_utc.isoformat()
    assert record["care_provider"] is True
    assert record["contact"]["email_private"] == "exemple@example.org"
    assert bench.world.person.asked == ["secret pin"]
    assert bench.world.accepted == {}


def test_of_two_that_may_be_replaced_the_one_that_ends_last_is_taken(bench: Bench) -> None:
    def two(info: CertificateInfo) -> tuple[CertificateInfo, ...]:
        assert info.details is not None
        later = replace(info.details, valid_until=info.details.valid_until + timedelta(days=1))
        return replace(info, public_key_identifier="ab" * 20, details=later), info

    knowing(bench, two)

    assert bench.run().learned["record"]["public_key_identifier"] == "ab" * 20


def test_the_certificate_of_an_organisation_is_not_taken(bench: Bench) -> None:
    knowing(bench, lambda info: (replace(info, actor=replace(info.actor, identifier_type="NIHII-HOSPITAL")),))

    with pytest.raises(NothingToRenewError):
        bench.run()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"replaceable": False}, TooEarlyError),
        ({"status": CertificateStatus.EXPIRED, "replaceable": False}, CertificateExpiredError),
        ({"status": CertificateStatus.REVOKED, "replaceable": False}, CertificateRevokedError),
        ({"status": CertificateStatus.IN_PROGRESS, "details": None}, RequestUnderWayError),
        ({"status": CertificateStatus.REFUSED, "details": None}, NothingToRenewError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_why_nothing_may_be_replaced_is_said(changes: dict[str, Any], error: type[EhcertError], bench: Bench) -> None:
    knowing(bench, lambda info: (replace(info, **changes),))

    with pytest.raises(error) as raised:
        bench.run()

    assert raised.value.pointless


def test_a_request_under_way_counts_more_than_a_certificate_that_may_be_replaced(bench: Bench) -> None:
    knowing(bench, lambda info: (info, replace(info, status=CertificateStatus.IN_PROGRESS, details=None)))

    with pytest.raises(RequestUnderWayError):
        bench.run()


def test_what_is_over_does_not_hide_what_is_valid(bench: Bench) -> None:
    knowing(bench, lambda info: (replace(info, status=CertificateStatus.REVOKED, replaceable=False), info))

    assert bench.run().trigger == "renewable"


def test_who_has_no_certificate_has_nothing_to_renew(bench: Bench) -> None:
    knowing(bench, lambda info: ())

    with pytest.raises(NothingToRenewError):
        bench.run()


def test_before_its_time_it_says_from_when(make_world: Callable[..., World]) -> None:
    world = make_world(definition="renew_without_keystore", valid_for=timedelta(days=200))

    with pytest.raises(TooEarlyError) as raised:
        world.start()

    assert world.clock.now() < raised.value.details["replaceable_from"] < raised.value.details["until"]
    assert world.all_procedures() == []


def test_the_card_of_another_person_is_not_used(bench: Bench) -> None:
    bench.world.cards.remove()
    bench.world.cards.insert(shared_card(COLLEAGUE))

    with pytest.raises(WrongCardError):
        bench.run()

    assert bench.world.person.asked == []


def test_a_wrong_pin_is_never_tried_twice(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError):
        bench.run()

    assert bench.run().trigger == "renewable"
    assert bench.world.cards.tries_left(bench.world.card) == 3


def test_with_a_wrong_clock_nothing_is_signed(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(hours=1)

    with pytest.raises(ClockOffError):
        bench.run()

    assert bench.world.person.asked == []
