"""Distinguished names of eHealth."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from steps.names import Subject, foreigner_dn, foreigner_name, parse_dn, subject_of

PERSON = "CN=SSIN\\=75031299943,OU=eHealth-platform Belgium,OU=ZOE ELISE EXEMPLE,OU=SSIN\\=75031299943,O=Federal,C=BE"


def texts(name: x509.Name) -> list[tuple[str, str]]:
    return [(attribute.rfc4514_attribute_name, str(attribute.value)) for attribute in name]


def test_a_name_is_read_most_specific_first_and_kept_the_other_way_round() -> None:
    assert texts(parse_dn(PERSON)) == [
        ("C", "BE"),
        ("O", "Federal"),
        ("OU", "SSIN=75031299943"),
        ("OU", "ZOE ELISE EXEMPLE"),
        ("OU", "eHealth-platform Belgium"),
        ("CN", "SSIN=75031299943"),
    ]


def test_an_equals_sign_may_be_escaped_or_not() -> None:
    assert parse_dn(PERSON) == parse_dn(PERSON.replace("\\=", "="))


def test_blanks_around_the_parts_do_not_matter() -> None:
    assert parse_dn(" CN=a , O=b ,C=BE ") == parse_dn("CN=a,O=b,C=BE")


def test_an_escaped_comma_belongs_to_the_value() -> None:
    name = parse_dn("CN=NIHII-HOSPITAL=71999932\\, MYAPP,C=BE")

    assert texts(name)[-1] == ("CN", "NIHII-HOSPITAL=71999932, MYAPP")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ZOE EXEMPLE", _ASN1Type.PrintableString),
        ("SSIN=75031299943", _ASN1Type.PrintableString),
        ("Hopital (St. Jean): a/b+c?", _ASN1Type.PrintableString),
        ("Zoé", _ASN1Type.UTF8String),
        ("a@b", _ASN1Type.UTF8String),
        ("a_b", _ASN1Type.UTF8String),
        ("a&b", _ASN1Type.UTF8String),
    ],
)
def test_a_value_is_printable_where_its_characters_allow_and_utf_8_otherwise(value: str, kind: _ASN1Type) -> None:
    [attribute] = list(parse_dn(f"CN={value}"))

    assert attribute.value == value
    assert attribute._type is kind


@pytest.mark.parametrize(
    "text",
    ["", ",", "CN", "CN=", "=a", "XX=a", "CN=a,,C=BE", "CN=a;C=BE,", "CN=a,emailAddress=b", "C=Belgium", "\\"],
)
def test_what_cannot_be_read_for_sure_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_dn(text)


@given(st.text())
@example("CN=" + "a" * 100)
@example("CN=\x00")
@example("CN=\ud800")
@example("C=É")
def test_a_hostile_text_gives_a_name_or_a_value_error(text: str) -> None:
    for hostile in (text, f"CN={text}", f"CN=a,C={text}"):
        try:
            name = parse_dn(hostile)
        except ValueError:
            continue
        subject_of(name)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=16))  # at most 64 bytes
def test_what_is_written_escaped_is_read_back(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace(",", "\\,")

    assert texts(parse_dn(f"CN={escaped},C=BE"))[-1] == ("CN", value)


# --- whose name it is -------------------------------------------------------------------------------------------------


def test_the_name_of_a_person_says_whose_it_is() -> None:
    assert subject_of(parse_dn(PERSON)) == Subject("SSIN", "75031299943", None)


@pytest.mark.parametrize("between", [", ", ","])
def test_an_application_is_part_of_the_name(between: str) -> None:
    dn = f"CN=NIHII-HOSPITAL=71999932{between}MYAPP,OU=NIHII-HOSPITAL=71999932,C=BE".replace(
        f"{between}MYAPP", f"\\{between}MYAPP"
    )

    assert subject_of(parse_dn(dn)) == Subject("NIHII-HOSPITAL", "71999932", "MYAPP")


def test_the_order_of_the_parts_does_not_matter() -> None:
    name = parse_dn(PERSON)

    for order in (list(name), list(name)[::-1], sorted(name, key=str)):
        assert subject_of(x509.Name(order)) == Subject("SSIN", "75031299943", None)


def test_the_type_of_the_strings_does_not_matter() -> None:
    utf8 = x509.Name([x509.NameAttribute(a.oid, a.value) for a in parse_dn(PERSON)])

    assert subject_of(utf8) == subject_of(parse_dn(PERSON))


@pytest.mark.parametrize(
    "dn",
    [
        "CN=Zoe Exemple,C=BE",
        "CN=SSIN=75031299943,C=BE",
        "OU=SSIN=75031299943,C=BE",
        "CN=Zoe Exemple,OU=SSIN=75031299943,C=BE",
        "CN=SSIN=80051599972,OU=SSIN=75031299943,C=BE",
        "CN=SSIN=75031299943,CN=SSIN=75031299943,OU=SSIN=75031299943",
        "CN=ssin=75031299943,OU=ssin=75031299943",
        "CN=SSIN=7503129994x,OU=SSIN=7503129994x",
    ],
)
def test_another_name_belongs_to_nobody_at_ehealth(dn: str) -> None:
    assert subject_of(parse_dn(dn)) is None


def test_an_empty_name_belongs_to_nobody() -> None:
    assert subject_of(x509.Name([])) is None
    assert subject_of(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "BE")])) is None


# --- a person without a card --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("surname", "first_names", "name"),
    [
        ("Ausländer", "Anna Zoé", "AUSLANDER ANNA ZOE"),
        ("van der Straße", "Jörg", "VAN DER STRASSE JORG"),
        ("Ørsted", "Łucja", "ØRSTED ŁUCJA"),
        ("Nguyễn", "", "NGUYEN"),
        ("O'Hara-Ünal", "Seán", "O'HARA-UNAL SEAN"),
    ],
)
def test_the_name_of_a_foreigner_has_the_surname_first_in_capitals_without_accents(
    surname: str, first_names: str, name: str
) -> None:
    assert foreigner_name(surname, first_names) == name


def test_the_name_of_a_foreigner_is_built_like_that_of_anybody() -> None:
    dn = foreigner_dn("75431299932", "Ausländer", "Anna")

    assert texts(parse_dn(dn)) == [
        ("C", "BE"),
        ("O", "Federal Government"),
        ("OU", "SSIN=75431299932"),
        ("OU", "AUSLANDER ANNA"),
        ("OU", "eHealth-platform Belgium"),
        ("CN", "SSIN=75431299932"),
    ]
    assert subject_of(parse_dn(dn)) == Subject("SSIN", "75431299932", None)


@given(st.text(st.characters(codec="utf-8", categories=["L", "P", "S"]), min_size=1), st.text(max_size=20))
@example("Muster, jun.", "A\\B=C")
def test_no_letter_of_a_foreigners_name_changes_the_other_parts(surname: str, first_names: str) -> None:
    surname, first_names = " ".join(surname.split()), " ".join(first_names.split())

    parts = texts(parse_dn(foreigner_dn("75431299932", surname, first_names)))

    assert parts[3] == ("OU", foreigner_name(surname, first_names).strip())
    assert [part for number, part in enumerate(parts) if number != 3] == [
        part for number, part in enumerate(texts(parse_dn(foreigner_dn("75431299932", "A", "B")))) if number != 3
    ]
