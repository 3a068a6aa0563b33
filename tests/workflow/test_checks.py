"""The rules of typed values."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow import checks
from workflow.errors import (
    BadValueError,
    MalformedDateError,
    MalformedEmailError,
    MalformedInamiError,
    MalformedPhoneError,
    MalformedSsinError,
    NotABisNumberError,
    WeakPasswordError,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("zoe@example.org", "zoe@example.org"),
        ("  zoe@example.org\n", "zoe@example.org"),
        ("zoe.elise+ehealth@mail.example.org", "zoe.elise+ehealth@mail.example.org"),
        ("z@e-e.be", "z@e-e.be"),
        ("o'zoe_1@example.museum", "o'zoe_1@example.museum"),
        ("a" * 308 + "@example.org", "a" * 308 + "@example.org"),
    ],
)
def test_an_e_mail_address_is_taken(typed: str, kept: str) -> None:
    assert checks.email(typed, "email_private") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "zoe",
        "zoe@example",
        "zoe@@example.org",
        "zoe@example..org",
        "zo..e@example.org",
        "zoé@example.org",
        "zoe@exämple.org",
        "zoe @example.org",
        "zoe@example.o",
        "zoe@example.org;jan@example.org",
        "zoe@example.org\nBcc: jan@example.org",
        "a" * 310 + "@example.org",
    ],
)
def test_what_is_no_e_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(MalformedEmailError):
        checks.email(typed, "email_private")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+32 470 00 00 00", "+32 470 00 00 00"),
        ("0470000000", "0470000000"),
        (" 02  000 00\t00 ", "02 000 00 00"),
        ("02000000", "02000000"),
    ],
)
def test_a_phone_number_is_taken(typed: str, kept: str) -> None:
    assert checks.phone(typed, "phone_private") == kept


@pytest.mark.parametrize("typed", ["", "+", "0470/00.00.00", "0470-000000", "++32470000000", "32+470000000", "0200000"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(MalformedPhoneError):
        checks.phone(typed, "phone_private")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("75031299943", "75031299943"),
        ("75.03.12-999.43", "75031299943"),
        ("75 03 12 999 43", "75031299943"),
        ("02031299991", "02031299991"),  # born in 2002: the check is over '2' and the nine digits
        ("00000199967", "00000199967"),  # the month is not known, born in 2000
        ("75230199928", "75230199928"),  # BIS number, sex not known
        ("75430199971", "75430199971"),  # BIS number
        ("75400099980", "75400099980"),  # BIS number, month and day not known
    ],
)
def test_a_national_number_is_taken(typed: str, kept: str) -> None:
    assert checks.ssin(typed, "ssin") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "75031299944",  # check digits
        "75031399943",
        "7503129994",
        "750312999433",
        "7503129994x",
        "٧٥٠٣١٢٩٩٩٤٣",  # digits, but not ASCII
        "75130199955",  # month 13
        "75033299925",  # day 32
        "75600199993",  # month 60
        "75530199944",  # month 53: 13 in a BIS number
    ],
)
def test_what_is_no_national_number_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(MalformedSsinError) as raised:
        checks.ssin(typed, "ssin")

    assert not typed or typed not in f"{raised.value} {raised.value.details}"


@given(body=st.integers(0, 999), year=st.integers(0, 99), wrong=st.integers(1, 96))
def test_one_wrong_check_is_noticed_in_either_century(body: int, year: int, wrong: int) -> None:
    digits = f"{year:02}0112{body:03}"
    for century in ("", "2"):
        check = 97 - int(century + digits) % 97
        other = (check + wrong - 1) % 97 + 1

        assert checks.ssin(f"{digits}{check:02}", "ssin") == f"{digits}{check:02}"
        if other not in (97 - int(digits) % 97, 97 - int("2" + digits) % 97):
            with pytest.raises(MalformedSsinError):
                checks.ssin(f"{digits}{other:02}", "ssin")


@pytest.mark.parametrize("modulus", [97, 89, 83, 79])
def test_an_inami_number_is_taken_with_each_modulus(modulus: int) -> None:
    body = 199999
    number = f"{body}{modulus - body % modulus:02}001"

    assert checks.inami(number, "inami") == number
    assert checks.inami(f"{number[0]}-{number[1:6]}-{number[6:8]}-{number[8:]}", "inami") == number


def test_an_inami_number_as_it_is_printed_is_taken() -> None:
    assert checks.inami("1/99999/15/001", "inami") == "19999915001"


@pytest.mark.parametrize("typed", ["", "19999916001", "1999991500", "199999150011", "09999915001", "1999991500x"])
def test_what_is_no_inami_number_is_refused(typed: str) -> None:
    with pytest.raises(MalformedInamiError):
        checks.inami(typed, "inami")


@pytest.mark.parametrize("typed", ["12345678", "correct horse", "~!@#$%^&*()_+{}|", "a" * 200, " " * 8])
def test_a_new_password_of_printable_ascii_is_taken_as_it_is(typed: str) -> None:
    assert checks.new_password(typed, "new") == typed


@pytest.mark.parametrize("typed", ["", "1234567", "motdepassé", "pass\tword", "password\n", "пароль12", "pass\x7fword"])
def test_another_new_password_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(WeakPasswordError) as raised:
        checks.new_password(typed, "new")

    assert not typed or typed not in f"{raised.value} {raised.value.details}"


@given(st.text())
def test_no_text_makes_a_check_fail_otherwise_than_with_its_error(typed: str) -> None:
    for check in (checks.email, checks.phone, checks.ssin, checks.inami, checks.new_password, checks.text):
        with contextlib.suppress(BadValueError):
            assert check(typed, "field") or check is checks.text


def test_a_text_without_control_characters_is_taken() -> None:
    assert checks.text(" Zoé Élise ", "name") == "Zoé Élise"
    for bad in ("a\nb", "a\x1b[31mb", "a\x00", "\x7f"):
        with pytest.raises(BadValueError):
            checks.text(bad, "name")


def test_a_national_number_is_masked_but_for_the_date_of_birth() -> None:
    assert checks.mask_ssin("75031299943") == "75.03.12-***.**"
    assert checks.mask_ssin("7503") == "***"


@pytest.mark.parametrize("digits", ["75431299932", "75231299986"])
def test_a_bis_number_has_a_month_that_is_20_or_40_higher(digits: str) -> None:
    assert checks.bis(digits, "bis") == digits


def test_a_national_number_of_somebody_with_a_card_is_no_bis_number() -> None:
    with pytest.raises(NotABisNumberError) as raised:
        checks.bis("75031299943", "bis")

    assert "75031299943" not in str(raised.value)


def test_a_mistyped_bis_number_is_no_national_number_at_all() -> None:
    with pytest.raises(MalformedSsinError):
        checks.bis("75431299933", "bis")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2031-03-04", "2031-03-04"),
        (" 2031-3-4 ", "2031-03-04"),
        ("04/03/2031", "2031-03-04"),
        ("4.3.2031", "2031-03-04"),
        ("4-3-2031", "2031-03-04"),
        ("29/02/2032", "2032-02-29"),
    ],
)
def test_a_day_is_taken(typed: str, kept: str) -> None:
    assert checks.day(typed, "since") == kept


@pytest.mark.parametrize(
    "typed", ["", "29/02/2031", "2031-13-01", "31-12", "03/04/31", "today", "2031-03-04T09:10", "0-0-0"]
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(MalformedDateError):
        checks.day(typed, "since")


@pytest.mark.parametrize(("digits", "unusual"), [("19999915000", False), ("19999973000", True)])
def test_check_digits_of_an_exhausted_series_are_unusual(digits: str, unusual: bool) -> None:
    assert checks.inami(digits, "inami") == digits
    assert checks.inami_is_unusual(digits) is unusual
