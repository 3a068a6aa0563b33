"""What is there already decides whether a first certificate may be requested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox.people import HOSPITAL, MANAGER, STRANGER
from steps.ports.registration import CertificateStatus
from tests.world.bench import Bench, altered
from tests.world.memory import MemoryStore
from workflow.errors import (
    CardAbsentError,
    CertificateStillValidError,
    Exit,
    RenewInsteadError,
    RequestUnderWayError,
    WrongPinError,
)
from workflow.forms import PIN

ORGANISATION = "request for an organisation"


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("request", "looking_up")


@pytest.fixture
def hospital(bench_on: Callable[..., Bench]) -> Bench:
    """The request for the application APP-1 of a hospital."""
    return bench_on(ORGANISATION, "looking_up")


def revoke_all(bench: Bench) -> None:
    """All certificates on record are revoked."""
    certificates = bench.world.authority.desk.certificates
    with bench.world.sandbox.store.transaction():
        for record in certificates.all():
            certificates.put(replace(record, revoked_at=bench.world.clock.now()))


def test_who_has_no_certificate_may_request_one(bench: Bench) -> None:
    outcome = bench.run()

    assert outcome.trigger == "free"
    assert outcome.learned == {"record": {"care_provider": True, "contact": None, "live": 0}}
    assert bench.world.accepted == {}


def test_who_is_no_care_provider_is_remembered_and_warned_later(bench_on: Callable[..., Bench]) -> None:
    assert bench_on("request", "looking_up", person=STRANGER).run().learned["record"]["care_provider"] is False

    [warning] = bench_on("request", "awaiting_contact", person=STRANGER).offer().warnings
    assert "does not know you as a care provider" in warning


def test_who_manages_an_organisation_needs_not_be_a_care_provider(bench_on: Callable[..., Bench]) -> None:
    assert bench_on(ORGANISATION, "awaiting_contact").offer().warnings == ()


def test_an_ended_certificate_does_not_matter_and_its_contact_data_are_offered(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=-1))

    outcome = bench.run()

    assert outcome.trigger == "free"
    assert outcome.learned["record"]["contact"]["email_private"] == "exemple@example.org"


def test_a_revoked_certificate_does_not_matter(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=300))
    revoke_all(bench)

    assert bench.run().trigger == "free"


def test_a_request_under_way_is_not_doubled(bench: Bench) -> None:
    world = bench.world
    other = MemoryStore()
    mine, world.open_store = world.open_store, lambda: other
    assert world.finish(to="awaiting_delivery").state == "awaiting_delivery"
    world.open_store = mine

    with pytest.raises(RequestUnderWayError) as raised:
        bench.run()

    assert raised.value.details["requested_at"] == world.clock.now()
    assert (raised.value.exit, raised.value.pointless) == (Exit.USAGE, True)
    assert "ehcert adopt FILE" in raised.value.next


def test_a_valid_certificate_outside_its_window_says_from_when_it_can_be_renewed(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=300))

    with pytest.raises(CertificateStillValidError) as raised:
        bench.run()

    details = raised.value.details
    assert raised.value.exit is Exit.TIME
    assert bench.world.clock.now() < details["replaceable_from"] < details["until"]
    assert "ehcert revoke" in raised.value.next


def test_a_certificate_in_its_window_is_to_be_renewed(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=60))

    with pytest.raises(RenewInsteadError) as raised:
        bench.run()

    assert raised.value.exit is Exit.USAGE
    assert raised.value.details["until"] == bench.world.clock.now() + timedelta(days=60)
    assert "ehcert renew" in raised.value.next


def test_a_newer_certificate_counts_beside_one_in_its_window(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=60))
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=1000))

    with pytest.raises(CertificateStillValidError) as raised:
        bench.run()

    assert raised.value.details["until"] == bench.world.clock.now() + timedelta(days=1000)


def test_a_valid_certificate_without_details_is_said_all_the_same(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=60))
    infos = bench.world.services.certificates_of_citizen
    bench.authority = altered(
        bench.world.services,
        certificates_of_citizen=lambda signer: tuple(replace(info, details=None) for info in infos(signer)),
    )

    with pytest.raises(RenewInsteadError) as raised:
        bench.run()

    assert raised.value.details["until"] is None


def test_certificates_of_an_organisation_do_not_matter_to_a_person(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on("request", "looking_up", person=MANAGER)
    bench.world.sandbox.enrol(MANAGER, timedelta(days=300), organization=HOSPITAL)

    assert bench.run().learned["record"]["live"] == 0


def test_other_applications_of_an_organisation_are_counted_and_do_not_stand_in_the_way(hospital: Bench) -> None:
    for application in (None, "APP-2", "APP-3"):
        hospital.world.sandbox.enrol(MANAGER, timedelta(days=300), organization=HOSPITAL, application_id=application)
    hospital.world.sandbox.enrol(MANAGER, timedelta(days=-1), organization=HOSPITAL, application_id="APP-4")

    record = hospital.run().learned["record"]

    assert record["live"] == 3


def test_a_certificate_of_the_same_application_stands_in_the_way(hospital: Bench) -> None:
    hospital.world.sandbox.enrol(MANAGER, timedelta(days=300), organization=HOSPITAL, application_id="APP-1")

    with pytest.raises(CertificateStillValidError):
        hospital.run()


def test_a_wrong_pin_is_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError):
        bench.run()

    assert bench.run().trigger == "free"


def test_without_the_card_it_stops(bench: Bench) -> None:
    bench.world.cards.remove()

    with pytest.raises(CardAbsentError):
        bench.run()


def test_a_refused_request_does_not_matter(bench: Bench) -> None:
    bench.world.sandbox.enrol(bench.world.holder, timedelta(days=300))
    infos = bench.world.services.certificates_of_citizen
    refused = CertificateStatus.REFUSED
    bench.authority = altered(
        bench.world.services,
        certificates_of_citizen=lambda signer: tuple(replace(info, status=refused) for info in infos(signer)),
    )

    assert bench.run().trigger == "free"
