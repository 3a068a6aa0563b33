"""For whom the certificate is: the person himself, an organisation of his, or another one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sandbox.people import MANAGER
from tests.world.bench import Bench
from workflow.errors import BadValueError

HOSPITAL = "NIHII-HOSPITAL=71999932"


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("request", "awaiting_kind", person=MANAGER)


def test_the_person_his_organisations_and_any_other_are_offered_and_none_is_chosen_beforehand(bench: Bench) -> None:
    offer = bench.offer()

    choices = offer.choices["certificate_for"]
    assert [choice.value for choice in choices] == ["person", HOSPITAL, "typed"]
    assert choices[1].label == "Hôpital Exemple (NIHII-HOSPITAL 71999932)"
    assert offer.defaults == {}


def test_who_manages_no_organisation_may_still_name_one(bench_on: Callable[..., Bench]) -> None:
    offer = bench_on("request", "awaiting_kind").offer()

    assert [choice.value for choice in offer.choices["certificate_for"]] == ["person", "typed"]


def test_a_personal_certificate_is_the_card_holders(bench: Bench) -> None:
    outcome = bench.run(certificate_for="person")

    owner = {"type": "SSIN", "identifier": MANAGER.ssin, "name": "Marc Gérant", "application_id": None}
    assert outcome.trigger == "kind_chosen"
    assert outcome.learned == {"kind": {"chosen": "person"}, "owner": owner}


def test_an_organisation_of_the_list_is_the_owner(bench: Bench) -> None:
    outcome = bench.run(certificate_for=HOSPITAL)

    assert outcome.trigger == "kind_chosen"
    assert outcome.learned["kind"] == {"chosen": HOSPITAL}
    assert outcome.learned["owner"] == {
        "type": "NIHII-HOSPITAL",
        "identifier": "71999932",
        "name": "Hôpital Exemple",
        "application_id": None,
    }


def test_for_another_organisation_the_owner_is_not_known_yet(bench: Bench) -> None:
    bench.learn(bench.run(certificate_for="person"))

    bench.learn(bench.run(certificate_for="typed"))

    assert bench.facts["kind"] == {"chosen": "typed"}
    assert "owner" not in bench.facts


@pytest.mark.parametrize("chosen", ["", "nobody", "NIHII-PHARMACY=99999971", "SSIN=75031299943"])
def test_what_was_not_offered_cannot_be_chosen(bench: Bench, chosen: str) -> None:
    with pytest.raises(BadValueError):
        bench.run(certificate_for=chosen)
