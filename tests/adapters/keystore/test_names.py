"""File names of keystores, taken apart and made."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.keystore.names import SUFFIXES, FileName, later_names, parse

MOMENT = datetime(2031, 3, 4, 9, 10, 11)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SSIN=75031299943 20310304-091011.p12", ("SSIN", "75031299943", None, MOMENT, "production")),
        ("SSIN=75031299943 20310304-091011.P12", ("SSIN", "75031299943", None, MOMENT, "production")),
        ("SSIN=75031299943 20310304-091011.acc-p12", ("SSIN", "75031299943", None, MOMENT, "acceptance")),
        ("SSIN=75031299943 20310304-091011.acc.p12", ("SSIN", "75031299943", None, MOMENT, "acceptance")),
        ("SSIN=75031299943 20310304-091011.sandbox.p12", ("SSIN", "75031299943", None, MOMENT, "sandbox")),
        (
            "NIHII-HOSPITAL=71999932,APP-1 20310304-091011.p12",
            ("NIHII-HOSPITAL", "71999932", "APP-1", MOMENT, "production"),
        ),
        ("NIHII11=10000084001 20310304-091011.p12", ("NIHII11", "10000084001", None, MOMENT, "production")),
        ("SSIN=75031299943 20310304-091011 (1).p12", (None, None, None, None, "production")),
        ("SSIN=75031299943 20311304-091011.p12", (None, None, None, None, "production")),
        ("SSIN=75031299943 00010304-091011.p12", (None, None, None, None, "production")),
        ("ssin=75031299943.p12", (None, None, None, None, "production")),
        ("SSIN=٧٥٠٣١٢٩٩٩٤٣ 20310304-091011.p12", (None, None, None, None, "production")),
        ("SSIN=75031299943 20310304-091011.pfx", (None, None, None, None, None)),
        (".p12", (None, None, None, None, None)),
        ("", (None, None, None, None, None)),
    ],
)
def test_a_name_is_taken_apart(name: str, expected: tuple[object, ...]) -> None:
    assert parse(name) == FileName(*expected)  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300) | st.text("SIN=75031299943,- .p12ac\n\x00\udcff", max_size=60))
def test_no_name_is_too_strange(name: str) -> None:
    parse(name)
    parse(name + ".p12")
    assert len(list(islice(later_names(name, "sandbox"), 3))) == 3


@pytest.mark.parametrize("environment", SUFFIXES)
def test_a_name_gets_the_suffix_of_its_environment(environment: str) -> None:
    for suffix in ("", ".p12", ".acc.p12", ".acc-p12", ".sandbox.p12"):
        first = next(later_names(f"SSIN=75031299943 20310304-091011{suffix}", environment))

        assert first == f"SSIN=75031299943 20310304-091011{SUFFIXES[environment][0]}"


def test_the_next_names_are_a_second_later() -> None:
    found = list(islice(later_names("SSIN=75031299943 20311231-235959.p12", "production"), 3))

    assert found[1:] == ["SSIN=75031299943 20320101-000000.p12", "SSIN=75031299943 20320101-000001.p12"]


def test_the_next_names_without_a_moment_are_numbered() -> None:
    assert list(islice(later_names("mine.p12", "production"), 3)) == ["mine.p12", "mine 2.p12", "mine 3.p12"]
