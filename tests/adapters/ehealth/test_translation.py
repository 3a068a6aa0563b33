"""Values to elements and back, where there is a rule worth a test of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ehealth.translation import escape_values_of_dn


@pytest.mark.parametrize(
    ("dn", "expected"),
    [
        ("CN=SSIN=75031299943,C=BE", "CN=SSIN\\=75031299943,C=BE"),
        ("CN=SSIN\\=75031299943,C=BE", "CN=SSIN\\=75031299943,C=BE"),
        (
            "CN=NIHII-HOSPITAL=71999932\\, APP-1,OU=NIHII-HOSPITAL=71999932,OU=APP-1",
            "CN=NIHII-HOSPITAL\\=71999932\\, APP-1,OU=NIHII-HOSPITAL\\=71999932,OU=APP-1",
        ),
        ("CN=a+OU=b=c", "CN=a+OU=b\\=c"),
        ('CN="SSIN=1, a",OU=b', 'CN="SSIN=1, a",OU=b'),
        ("CN=a\\\\=b", "CN=a\\\\\\=b"),
        ("CN=a==b", "CN=a\\=\\=b"),
        ("C=BE", "C=BE"),
        ("", ""),
    ],
)
def test_equal_signs_inside_values_are_escaped(dn, expected):
    assert escape_values_of_dn(dn) == expected


@given(st.text(alphabet='CN=,+;\\"a '))
def test_escaping_twice_is_escaping_once(dn):
    once = escape_values_of_dn(dn)

    assert escape_values_of_dn(once) == once


@given(st.text(alphabet='CN=,+;\\"aé '))
def test_escaping_only_adds_backslashes(dn):
    assert escape_values_of_dn(dn).replace("\\", "") == dn.replace("\\", "")
