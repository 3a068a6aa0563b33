"""Distinguished names are read, made and compared by meaning."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.dn import Subject, attributes_of, parse, plain, rfc2253, subject_of

PERSON = Subject("SSIN", "75031299943", "ZOE ELISE EXEMPLE")
HOSPITAL = Subject("NIHII-HOSPITAL", "71999932", "HOPITAL EXEMPLE", "APP-1")


def test_the_text_of_a_person_is_the_known_one() -> None:
    assert PERSON.text() == (
        "CN=SSIN\\=75031299943,OU=eHealth-platform Belgium,OU=ZOE ELISE EXEMPLE,OU=SSIN\\=75031299943,"
        "O=Federal Government,C=BE"
    )


def test_the_text_of_an_organisation_is_the_known_one() -> None:
    assert HOSPITAL.text() == (
        "CN=NIHII-HOSPITAL\\=71999932\\, APP-1,OU=eHealth-platform Belgium,OU=HOPITAL EXEMPLE,"
        "OU=NIHII-HOSPITAL\\=71999932,OU=APP-1,O=Federal Government,C=BE"
    )


@pytest.mark.parametrize("subject", [PERSON, HOSPITAL, Subject("NIHII11", "19999915001", "X")])
@pytest.mark.parametrize("escaped", [True, False])
def test_a_text_reads_back(subject: Subject, escaped: bool) -> None:
    assert subject_of(parse(subject.text(escaped=escaped))) == subject


@pytest.mark.parametrize("subject", [PERSON, HOSPITAL])
def test_the_name_of_a_certificate_reads_back(subject: Subject) -> None:
    name = subject.x509_name()

    assert subject_of(attributes_of(name)) == subject
    assert rfc2253(name) == subject.text()


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30))
def test_any_name_reads_back(name: str) -> None:
    subject = Subject("SSIN", "75031299943", f"A{name}B")

    assert parse(subject.text()) == subject.attributes


@pytest.mark.parametrize("text", ["", "Zoé", "CN=A", "CN=SSIN=75031299943,OU=A,OU=B,OU=SSIN=75031299943"])
def test_other_texts_are_no_subjects(text: str) -> None:
    try:
        attributes = parse(text)
    except ValueError:
        return

    assert subject_of(attributes) is None


def test_hexadecimal_escapes_are_bytes_of_utf_8() -> None:
    assert parse(r"OU=Zo\C3\A9") == (("OU", "Zoé"),)


def test_names_lose_their_accents_and_keep_letters_that_do_not_decompose() -> None:
    assert plain("Zoé Élise Łukasz Øst") == "ZOE ELISE ŁUKASZ ØST"


def test_an_unknown_attribute_keeps_its_number() -> None:
    name = x509.Name([x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4"), "x")])

    assert attributes_of(name) == (("1.2.3.4", "x"),)
