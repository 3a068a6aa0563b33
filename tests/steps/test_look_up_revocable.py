"""Which certificates the person may revoke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox.people import COLLEAGUE, HOSPITAL, MANAGER
from tests.world.bench import Bench, altered
from tests.world.world import shared_card
from workflow.errors import CardAbsentError, ClockOffError, Exit, NothingToRevokeError, WrongCardError, WrongPinError
from workflow.forms import PIN


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("revoke", "looking_up")


def test_a_certificate_is_kept_with_all_that_tells_it_from_others(bench: Bench) -> None:
    outcome = bench.run()

    assert outcome.trigger == "revocable"
    [found] = outcome.learned["record"]["certificates"]
    certificate = bench.world.old_keystore.keys[0].chain[0]
    assert (found["type"], found["identifier"], found["application_id"]) == ("SSIN", "75031299943", None)
    assert found["name"] == "Zoé Élise Exemple"
    assert found["serial"] == str(certificate.serial_number)
    assert found["valid_from"] == certificate.not_valid_before_utc.isoformat()
    assert found["valid_until"] == certificate.not_valid_after_utc.isoformat()
    assert (found["status"], found["replaceable"]) == ("VALID_ACTIVE", True)
    assert found["contact"]["email_private"] == "exemple@example.org"
    assert bench.world.accepted == {}


def test_those_of_the_persons_organisations_are_found_as_well(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on("revoke", "looking_up", person=MANAGER)
    bench.world.sandbox.enrol(MANAGER, organization=HOSPITAL, application_id="APP-1")

    own, hospital = bench.run().learned["record"]["certificates"]

    assert own["type"] == "SSIN"
    assert (hospital["type"], hospital["name"], hospital["application_id"]) == (
        "NIHII-HOSPITAL", "Hôpital Exemple", "APP-1",
    )  # fmt: skip


def test_those_of_other_people_are_not(bench: Bench) -> None:
    bench.world.sandbox.enrol(COLLEAGUE)

    assert len(bench.run().learned["record"]["certificates"]) == 1


def test_what_ehealth_does_not_call_revocable_is_left_out(bench: Bench) -> None:
    bench.world.clock.move(days=61)

    with pytest.raises(NothingToRevokeError) as raised:
        bench.run()

    assert (raised.value.code, raised.value.exit) == ("nothing_to_revoke", Exit.USAGE)
    assert raised.value.pointless


def test_what_has_no_details_is_kept_without(bench: Bench) -> None:
    infos = bench.world.services.certificates_of_citizen
    bench.authority = altered(
        bench.world.services,
        certificates_of_citizen=lambda signer: tuple(replace(info, details=None) for info in infos(signer)),
    )

    [found] = bench.run().learned["record"]["certificates"]

    assert (found["serial"], found["valid_until"]) == (None, None)


def test_who_has_no_certificate_has_nothing_to_revoke(bench_on: Callable[..., Bench]) -> None:
    with pytest.raises(NothingToRevokeError):
        bench_on("revoke", "looking_up", valid_for=timedelta(days=-1)).run()


def test_a_wrong_pin_is_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[PIN] = ["0000", "1234"]
    with pytest.raises(WrongPinError):
        bench.run()

    assert bench.run().trigger == "revocable"


def test_the_card_of_another_person_is_not_used(bench: Bench) -> None:
    bench.world.cards.remove()
    with pytest.raises(CardAbsentError):
        bench.run()
    bench.world.cards.insert(shared_card(COLLEAGUE))

    with pytest.raises(WrongCardError):
        bench.run()


def test_with_a_wrong_clock_nothing_is_signed(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(hours=1)

    with pytest.raises(ClockOffError):
        bench.run()

    assert bench.world.person.asked == []
