"""The number of an organisation, by eHealth's own rules for its kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from steps.name_organization import checked_number
from steps.ports.registration import OrganizationType
from tests.world.bench import Bench
from workflow.errors import Exit, MalformedOrganizationNumberError, UnknownOrganizationTypeError

COURSE = "request for an organisation"


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on(COURSE, "awaiting_organization")


def kind(name: str = "NIHII-HOSPITAL", pattern: str | None = None, *check_digits: str) -> OrganizationType:
    return OrganizationType(name, {}, pattern, check_digits)


def test_the_kinds_of_ehealth_are_offered_with_their_names_and_none_is_chosen_beforehand(bench: Bench) -> None:
    offer = bench.offer()

    labels = {choice.value: choice.label for choice in offer.choices["identifier_type"]}
    assert labels["NIHII-HOSPITAL"] == "NIHII-HOSPITAL (Hôpital / Ziekenhuis)"
    assert {"CBE", "EHP", "SITE", "NIHII-PHARMACY"} <= labels.keys()
    assert offer.defaults == {}


def test_a_good_number_names_the_owner(bench: Bench) -> None:
    outcome = bench.run(identifier_type="NIHII-HOSPITAL", number="7.19999-32", name="Hôpital Exemple")

    assert outcome.trigger == "organization_named"
    assert outcome.learned["organization"] == {"typed": True}
    assert outcome.learned["owner"] == {
        "type": "NIHII-HOSPITAL",
        "identifier": "71999932",
        "name": "Hôpital Exemple",
        "application_id": None,
    }
    assert bench.world.accepted == {}


@pytest.mark.parametrize("number", ["71999933", "7199993", "719999321", "7199993A", "٧١٩٩٩٩٣٢", "", "   "])
def test_a_mistyped_number_is_noticed_and_not_repeated(bench: Bench, number: str) -> None:
    with pytest.raises(MalformedOrganizationNumberError) as raised:
        bench.run(identifier_type="NIHII-HOSPITAL", number=number, name="Hôpital Exemple")

    assert (raised.value.code, raised.value.exit) == ("malformed_organization_number", Exit.USAGE)
    assert raised.value.details == {"type": "NIHII-HOSPITAL"}


def test_an_unknown_kind_is_said_with_the_known_ones(bench: Bench) -> None:
    with pytest.raises(UnknownOrganizationTypeError) as raised:
        bench.run(identifier_type="NIHII-CIRCUS", number="71999932", name="Cirque Exemple")

    assert (raised.value.code, raised.value.exit) == ("unknown_organization_type", Exit.USAGE)
    assert "NIHII-HOSPITAL" in raised.value.details["known"]


@pytest.mark.parametrize(
    ("name", "typed", "number"),
    [
        ("NIHII-HOSPITAL", "1234", "00001234"),
        ("NIHII", "1", "00000001"),
        ("CBE", "809394427", "0809394427"),
        ("EHP", "12", "0000000012"),
        ("CBE-TREAT_CENTER", "809394427", "0809394427"),
        ("CBE-CONSORTIUM", "809394427", "0809394427"),
        ("EHP-CTRL_ORGANISM", "12", "0000000012"),
        ("SITESMUR", "12", "0000000012"),
        ("SITEPIT", "12", "0000000012"),
        ("SITE", "12", "0012"),
        ("CBE", "0809.394.427", "0809394427"),
        ("NIHII-LABO", "8-19999-12", "81999912"),
        ("CBE", "0809 394/427", "0809394427"),
    ],
)
def test_a_number_is_padded_with_zeros_to_the_length_of_its_kind(name: str, typed: str, number: str) -> None:
    assert checked_number(kind(name), typed) == number


@pytest.mark.parametrize(
    ("algorithm", "good", "bad"),
    [
        ("CHECK-97-MOD-97", "71999932", "71999965"),
        ("CHECK-MOD-97", "71999965", "71999932"),
        ("CHECK-97-MOD-97", "00009797", "00009700"),
        ("CHECK-MOD-97", "00009700", "00009797"),
    ],
)
def test_the_check_digits_follow_the_algorithm_that_ehealth_names(algorithm: str, good: str, bad: str) -> None:
    rules = kind("NIHII-HOSPITAL", None, algorithm)

    assert checked_number(rules, good) == good
    with pytest.raises(MalformedOrganizationNumberError):
        checked_number(rules, bad)


def test_an_algorithm_that_is_not_known_is_no_check() -> None:
    assert checked_number(kind("NIHII-HOSPITAL", None, "CHECK-LUHN"), "71999900") == "71999900"


def test_all_algorithms_must_be_content() -> None:
    with pytest.raises(MalformedOrganizationNumberError):
        checked_number(kind("NIHII-HOSPITAL", None, "CHECK-97-MOD-97", "CHECK-MOD-97"), "71999932")


def test_the_number_must_match_the_whole_pattern() -> None:
    rules = kind("NIHII-HOSPITAL", "7[0-9]{7}")

    assert checked_number(rules, "71999932") == "71999932"
    for number in ("81999932", "719999320"):
        with pytest.raises(MalformedOrganizationNumberError):
            checked_number(rules, number)


@pytest.mark.parametrize("pattern", [r"\p{Digit}{8}", "[0-9&&[^8]]{8}", "(?<n>["])
def test_a_pattern_of_java_that_cannot_be_read_here_is_left_to_ehealth(pattern: str) -> None:
    assert checked_number(kind("NIHII-HOSPITAL", pattern), "71999932") == "71999932"


@pytest.mark.parametrize("typed", ["", " ", "-", "./"])
def test_nothing_typed_is_no_number_even_where_nothing_is_checked(typed: str) -> None:
    with pytest.raises(MalformedOrganizationNumberError):
        checked_number(kind("SITE"), typed)
