"""Which certificate is to be revoked: none is chosen beforehand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sandbox.people import HOSPITAL, MANAGER
from tests.world.bench import Bench
from workflow.errors import BadValueError


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    """A person with a certificate, and one of the hospital that he manages."""
    bench: Bench = bench_on("revoke", "looking_up", person=MANAGER)
    bench.world.sandbox.enrol(MANAGER, organization=HOSPITAL, application_id="APP-1")
    bench.learn(bench.run())
    bench.state = bench.world.definitions["revoke"].state("awaiting_certificate")  # type: ignore[assignment]
    bench.world.person.seen["awaiting_certificate"] = bench.world.person.seen["looking_up"]
    return bench


def test_every_certificate_is_listed_and_none_is_chosen_beforehand(bench: Bench) -> None:
    offer = bench.offer()

    own, hospital = bench.facts["record"]["certificates"]
    assert offer.defaults == {}
    first, second = offer.choices["certificate"]
    assert (first.value, second.value) == (own["public_key_identifier"], hospital["public_key_identifier"])
    for certificate, choice in ((own, first), (hospital, second)):
        assert certificate["serial"] in choice.label
        assert certificate["valid_from"][:10] in choice.label
        assert certificate["valid_until"][:10] in choice.label
        assert "VALID_ACTIVE" in choice.label
    assert MANAGER.ssin not in first.label
    assert "68.07.07-***.**" in first.label
    assert "NIHII-HOSPITAL 71999932), APP-1" in second.label


def test_even_the_only_certificate_is_not_chosen_beforehand(bench_on: Callable[..., Bench]) -> None:
    offer = bench_on("revoke", "awaiting_certificate").offer()

    assert len(offer.choices["certificate"]) == 1
    assert offer.defaults == {}


@pytest.mark.parametrize("named_by", ["public_key_identifier", "serial"])
def test_it_is_named_by_its_identifier_or_its_serial_number(bench: Bench, named_by: str) -> None:
    hospital = bench.facts["record"]["certificates"][1]

    outcome = bench.run(certificate=hospital[named_by].upper())

    assert outcome.trigger == "certificate_chosen"
    assert outcome.learned["chosen"] == hospital
    assert outcome.learned["owner"] == {
        "type": "NIHII-HOSPITAL",
        "identifier": "71999932",
        "name": "Hôpital Exemple",
        "application_id": "APP-1",
    }


@pytest.mark.parametrize("wanted", ["", "1", "00" * 20, "first"])
def test_what_is_not_in_the_list_cannot_be_chosen(bench: Bench, wanted: str) -> None:
    with pytest.raises(BadValueError):
        bench.run(certificate=wanted)


def test_what_has_no_serial_number_is_not_chosen_by_an_empty_answer(bench: Bench) -> None:
    for certificate in bench.facts["record"]["certificates"]:
        certificate["serial"] = None

    assert all("; ?; " in choice.label for choice in bench.offer().choices["certificate"])
    with pytest.raises(BadValueError):
        bench.run(certificate="")
