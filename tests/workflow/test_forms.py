"""Forms as data: what each field takes."""

from __future__ import annotations

import pytest

from workflow import forms
from workflow.errors import BadValueError, MalformedEmailError, WeakPasswordError
from workflow.forms import FORMS, Field, Kind

every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


@every_form
def test_a_form_explains_itself(form: forms.Form) -> None:
    assert form.title
    assert form.intro
    assert all(field.label for field in form.fields)
    assert len({field.name for field in form.fields}) == len(form.fields)


@every_form
def test_a_field_is_found_by_its_name(form: forms.Form) -> None:
    for field in form.fields:
        assert form.field(field.name) is field
    assert form.field("nonsense") is None


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_a_value_of_another_type_is_refused(kind: Kind) -> None:
    field = Field("field", kind, "A field")

    for value in (None, 1, 1.5, [], {}, b"zoe@example.org", "yes" if kind is Kind.YES else True):
        with pytest.raises(BadValueError):
            field.check(value)


def test_yes_and_no_are_taken_as_they_are() -> None:
    field = Field("agree", Kind.YES, "Do you agree?")

    assert field.check(True) is True
    assert field.check(False) is False


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (Kind.TEXT, " Zoé ", "Zoé"),
        (Kind.EMAIL, " zoe@example.org ", "zoe@example.org"),
        (Kind.PHONE, "+32  470 00 00 00", "+32 470 00 00 00"),
        (Kind.SSIN, "75.03.12-999.43", "75031299943"),
        (Kind.BIS, "75.43.12-999.32", "75431299932"),
        (Kind.INAMI, "1-99999-15-001", "19999915001"),
        (Kind.CHOICE, "first", "first"),
        (Kind.FILE, "/home/zoe/Mes clés/old.p12", "/home/zoe/Mes clés/old.p12"),
        (Kind.SECRET, " any thing, é ", " any thing, é "),
        (Kind.NEW_SECRET, "new-password", "new-password"),
    ],
    ids=lambda value: getattr(value, "value", None),
)
def test_a_value_is_kept_in_its_normal_form(kind: Kind, typed: str, kept: str) -> None:
    assert Field("field", kind, "A field").check(typed) == kept


def test_a_value_that_breaks_the_rule_of_its_field_is_refused_by_name() -> None:
    with pytest.raises(MalformedEmailError) as raised:
        Field("email_private", Kind.EMAIL, "E-mail").check("zoe")

    assert raised.value.details["field"] == "email_private"


def test_only_a_new_password_has_rules() -> None:
    assert Field("password", Kind.SECRET, "Old").check("é") == "é"
    with pytest.raises(WeakPasswordError):
        Field("password", Kind.NEW_SECRET, "New").check("é")


def test_what_may_only_live_in_memory_is_known() -> None:
    secret = {kind for kind in Kind if Field("field", kind, "A field").secret}

    assert secret == {Kind.SECRET, Kind.NEW_SECRET}
    assert {f.name for form in FORMS.values() for f in form.fields if f.secret} == {
        forms.KEYSTORE_PASSWORD,
        forms.NEW_KEYSTORE_PASSWORD,
    }
