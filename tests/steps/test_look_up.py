"""What eHealth knows: whether the certificate may be renewed now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox.people import COLLEAGUE, HOSPITAL, MANAGER, STRANGER
from steps.ports.registration import CertificateStatus
from tests.world.bench import Bench, altered, with_fact
from tests.world.keystores import MemoryKeystores
from tests.world.memory import MemoryStore
from tests.world.organizations import hospital_keystore
from tests.world.wire import Fault
from tests.world.world import OLD_PASSWORD, World, shared_card
from workflow.errors import (
    CardAbsentError,
    CertificateExpiredError,
    CertificateRevokedError,
    ClockOffError,
    EhealthNoAnswerError,
    Exit,
    KeystoreChangedError,
    KeystorePasswordError,
    NotAppointedError,
    PinBlockedError,
    RequestUnderWayError,
    TooEarlyError,
    WrongCardError,
    WrongPinError,
)
from workflow.forms import KEYSTORE_PASSWORD, PIN


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("looking_up")


def test_it_keeps_what_ehealth_has_on_record(bench: Bench) -> None:
    record = bench.run().learned["record"]

    assert record["public_key_identifier"] == bench.facts["old_keystore"]["public_key_identifier"]
    assert record["valid_until"] == bench.facts["old_keystore"]["valid_until"]
    assert record["care_provider"] is True
    assert record["contact"] == {
        "email_private": "exemple@example.org",
        "phone_private": "+32 470 00 00 00",
        "email_general": None,
        "phone_general": None,
    }


def test_only_questions_are_asked(bench: Bench) -> None:
    bench.run()

    assert bench.world.accepted == {}


def test_the_pin_signs_in_once_and_the_password_opens_once(bench: Bench) -> None:
    bench.run()

    assert sorted(bench.world.person.asked) == [f"secret {KEYSTORE_PASSWORD}", "secret pin"]


def test_a_card_with_elliptic_curves_signs_in_as_well(bench_at: Callable[..., Bench]) -> None:
    assert bench_at("looking_up", card_kind="ec").run().trigger == "renewable"


def test_who_is_no_care_provider_is_warned_later(bench_at: Callable[..., Bench]) -> None:
    assert bench_at("looking_up", person=STRANGER).run().learned["record"]["care_provider"] is False


def test_before_its_time_it_says_from_when(bench_at: Callable[..., Bench]) -> None:
    bench = bench_at("looking_up", valid_for=timedelta(days=200))

    with pytest.raises(TooEarlyError) as raised:
        bench.run()

    details = raised.value.details
    assert bench.world.clock.now() < details["replaceable_from"] < details["until"]


def test_an_ended_certificate_cannot_be_renewed(bench: Bench) -> None:
    bench.world.clock.move(days=61)

    with pytest.raises(CertificateExpiredError):
        bench.run()


def test_a_revoked_certificate_cannot_be_renewed(bench: Bench) -> None:
    certificates = bench.world.authority.desk.certificates
    record = certificates.by_key(bench.facts["old_keystore"]["public_key_identifier"])
    assert record is not None
    with bench.world.sandbox.store.transaction():
        certificates.put(replace(record, revoked_at=bench.world.clock.now()))

    with pytest.raises(CertificateRevokedError):
        bench.run()


def test_a_request_of_another_program_is_noticed(bench: Bench) -> None:
    world = bench.world
    other = MemoryStore()
    mine, world.open_store = world.open_store, lambda: other
    assert world.finish(to="awaiting_delivery").state == "awaiting_delivery"
    world.open_store = mine

    with pytest.raises(RequestUnderWayError) as raised:
        bench.run()

    assert raised.value.details["requested_at"] == world.clock.now()


def test_a_certificate_that_was_replaced_already_says_when_the_newer_one_can_be(bench: Bench) -> None:
    world = bench.world
    other = MemoryStore()
    mine, world.open_store = world.open_store, lambda: other
    world.finish()
    world.open_store = mine

    with pytest.raises(TooEarlyError) as raised:
        bench.run()

    assert raised.value.details["replaceable_from"] > world.clock.now() + timedelta(days=365)


def test_the_request_of_an_organisation_does_not_matter(bench: Bench) -> None:
    infos = bench.world.services.certificates_of_citizen

    def of_a_hospital(signer: object) -> object:
        first, *others = infos(signer)  # type: ignore[arg-type]
        actor = replace(first.actor, identifier_type="NIHII-HOSPITAL", identifier="71999932")
        return (first, replace(first, status=CertificateStatus.IN_PROGRESS, actor=actor), *others)

    bench.authority = altered(bench.world.services, certificates_of_citizen=of_a_hospital)

    assert bench.run().trigger == "renewable"


def test_a_wrong_password_is_said_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[KEYSTORE_PASSWORD] = ["wrong", OLD_PASSWORD]
    with pytest.raises(KeystorePasswordError):
        bench.run()

    assert bench.run().trigger == "renewable"


def test_a_wrong_pin_is_said_with_the_tries_that_are_left_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError) as raised:
        bench.run()
    assert raised.value.attempts_left == 2
    assert bench.world.cards.tries_left(bench.world.card) == 2

    assert bench.run().trigger == "renewable"
    assert bench.world.cards.tries_left(bench.world.card) == 3


def test_a_wrong_pin_is_never_tried_twice(bench: Bench) -> None:
    bench.world.cards.insert(bench.world.card, tries=1)
    bench.world.person.secrets[PIN] = "0000"

    with pytest.raises(PinBlockedError):
        bench.run()
    with pytest.raises(PinBlockedError):
        bench.run()


def test_the_card_of_another_person_is_not_used(bench: Bench) -> None:
    bench.world.cards.remove()
    bench.world.cards.insert(shared_card(COLLEAGUE))

    with pytest.raises(WrongCardError):
        bench.run()

    assert "secret pin" not in bench.world.person.asked


def test_the_right_card_is_found_among_several(bench: Bench) -> None:
    bench.world.cards.insert(shared_card(COLLEAGUE), pin="9999")

    assert bench.run().trigger == "renewable"


def test_without_a_card_it_stops(bench: Bench) -> None:
    bench.world.cards.remove()

    with pytest.raises(CardAbsentError):
        bench.run()


def test_a_keystore_that_lost_its_key_is_noticed(bench: Bench) -> None:
    keystores = bench.world.keystores
    assert isinstance(keystores, MemoryKeystores)
    content = bench.world.old_keystore
    keystores.content[bench.world.old_path] = (replace(content, keys=content.keys[1:]), OLD_PASSWORD)

    with pytest.raises(KeystoreChangedError):
        bench.run()


def test_with_a_wrong_clock_nothing_is_signed(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(hours=1)

    with pytest.raises(ClockOffError):
        bench.run()

    assert bench.world.person.asked == []


def test_without_an_answer_it_stops(bench: Bench) -> None:
    bench.world.wire.fault = lambda sent: Fault.REQUEST_LOST

    with pytest.raises(EhealthNoAnswerError):
        bench.run()


def test_the_record_counts_when_it_says_otherwise_than_the_file(bench: Bench) -> None:
    with_fact(bench, "old_keystore", valid_until="2031-01-01T00:00:00+00:00")

    record = bench.run().learned["record"]

    assert record["valid_until"] == bench.world.old_keystore.keys[0].chain[0].not_valid_after_utc.isoformat()


# --- of organisations -------------------------------------------------------------------------------------------------


@pytest.fixture
def hospital(make_world: Callable[..., World]) -> Bench:
    """The renewal of a hospital's certificate, by the person whom it appointed."""
    world = make_world(person=MANAGER)
    hospital_keystore(world)
    return Bench(world, "looking_up")


def test_the_record_of_an_organisation_names_it(hospital: Bench) -> None:
    outcome = hospital.run()

    assert outcome.trigger == "renewable"
    assert outcome.learned["owner"] == {
        "type": "NIHII-HOSPITAL",
        "identifier": "71999932",
        "name": "Hôpital Exemple",
        "application_id": "APP-1",
    }
    record = outcome.learned["record"]
    assert record["public_key_identifier"] == hospital.facts["old_keystore"]["public_key_identifier"]


def test_who_is_not_appointed_may_not_renew_for_an_organisation(make_world: Callable[..., World]) -> None:
    world = make_world(person=STRANGER)
    hospital_keystore(world)
    bench = Bench(world, "looking_up")

    with pytest.raises(NotAppointedError) as raised:
        bench.run()

    assert (raised.value.code, raised.value.exit, raised.value.pointless) == ("not_appointed", Exit.REFUSED, True)


def test_the_renewal_of_an_organisation_waits_for_its_time(make_world: Callable[..., World]) -> None:
    world = make_world(person=MANAGER)
    hospital_keystore(world, valid_for=timedelta(days=200))

    with pytest.raises(TooEarlyError):
        Bench(world, "looking_up").run()


def test_other_applications_and_the_persons_own_certificate_do_not_matter(hospital: Bench) -> None:
    world = hospital.world
    for application in (None, "APP-2"):
        world.sandbox.enrol(MANAGER, timedelta(days=1000), organization=HOSPITAL, application_id=application)

    assert hospital.run().trigger == "renewable"


def test_the_newer_certificate_of_the_same_application_is_noticed(hospital: Bench) -> None:
    world = hospital.world
    world.sandbox.enrol(MANAGER, timedelta(days=1000), organization=HOSPITAL, application_id="APP-1")

    with pytest.raises(TooEarlyError) as raised:
        hospital.run()

    assert raised.value.details["until"] == world.clock.now() + timedelta(days=1000)
