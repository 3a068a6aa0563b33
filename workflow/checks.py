"""The rules that a typed value must keep: e-mail, phone, national number, INAMI number, new password."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

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

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+?[0-9][0-9 ]*")
_DAY = re.compile(
    r"(?P<year1>[0-9]{4})-(?P<month1>[0-9]{1,2})-(?P<day1>[0-9]{1,2})"
    r"|(?P<day2>[0-9]{1,2})[./-](?P<month2>[0-9]{1,2})[./-](?P<year2>[0-9]{4})"
)
_LONGEST_EMAIL = 320
_FEWEST_PHONE_DIGITS = 8  # assumption: shorter than any Belgian number

_INAMI_MODULI = (97, 89, 83, 79)
"""97 is the rule; the others exist for exhausted series (PROTOCOL §9.4)."""


def email(value: str, field: str) -> str:
    """An e-mail address as eHealth's own client accepts it (PROTOCOL §2.3); raises `MalformedEmailError`."""
    value = value.strip()
    if len(value) > _LONGEST_EMAIL or not _EMAIL.fullmatch(value) or ".." in value:
        raise MalformedEmailError(field=field, value=value)
    return value


def phone(value: str, field: str) -> str:
    """A phone number of digits and spaces, perhaps with a leading plus (PROTOCOL §2.3).

    Raises `MalformedPhoneError`.
    """
    value = " ".join(value.split())
    if not _PHONE.fullmatch(value) or sum(c.isdigit() for c in value) < _FEWEST_PHONE_DIGITS:
        raise MalformedPhoneError(field=field, value=value)
    return value


def ssin(value: str, field: str) -> str:
    """A national number or BIS number, 11 digits with their check (PROTOCOL §9.4); dots and dashes are dropped.

    Raises `MalformedSsinError`; the error never repeats the number.
    """
    digits = re.sub(r"[ .\-]", "", value)
    if not re.fullmatch(r"[0-9]{11}", digits) or not _ssin_check(digits) or not _ssin_date(digits):
        raise MalformedSsinError(field=field)
    return digits


def bis(value: str, field: str) -> str:
    """A BIS number, the national number of who is not in the National Register: its month is 20 or 40 higher.

    Raises `MalformedSsinError`, `NotABisNumberError` (PROTOCOL §9.4); neither repeats the number.
    """
    digits = ssin(value, field)
    if int(digits[2:4]) < 20:
        raise NotABisNumberError(field=field)
    return digits


def _ssin_check(digits: str) -> bool:
    body, check = digits[:9], int(digits[9:])
    return check in (97 - int(body) % 97, 97 - int("2" + body) % 97)


def _ssin_date(digits: str) -> bool:
    """Month 0-12, +20 or +40 in a BIS number; day 0-31: unknown parts are written 00 (PROTOCOL §9.4)."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    return int(digits[2:4]) <= 52 and month <= 12 and day <= 31


def inami(value: str, field: str) -> str:
    """The INAMI (RIZIV) number of a person, 11 digits with their check (PROTOCOL §9.4).

    Raises `MalformedInamiError`.
    """
    digits = re.sub(r"[ .\-/]", "", value)
    if not re.fullmatch(r"[1-9][0-9]{10}", digits):
        raise MalformedInamiError(field=field)
    body, check = int(digits[:6]), int(digits[6:8])
    if all(check != modulus - body % modulus for modulus in _INAMI_MODULI):
        raise MalformedInamiError(field=field)
    return digits


def inami_is_unusual(digits: str) -> bool:
    """Whether the check digits of an INAMI number follow only a rule for exhausted series: perhaps a mistyped digit."""
    return int(digits[6:8]) != 97 - int(digits[:6]) % 97


def day(value: str, field: str) -> str:
    """A day, as `2031-03-04` or `04/03/2031`; its normal form is the first. Raises `MalformedDateError`."""
    match = _DAY.fullmatch(value.strip())
    if match is None:
        raise MalformedDateError(field=field, value=value)
    parts = {name: int(number) for name, number in match.groupdict().items() if number}
    try:
        found = date(*(parts.get(f"{name}1") or parts[f"{name}2"] for name in ("year", "month", "day")))
    except (ValueError, KeyError) as error:
        raise MalformedDateError(field=field, value=value) from error
    return found.isoformat()


def new_password(value: str, field: str) -> str:
    """A password for a new keystore: printable ASCII, 8 characters or more.

    Java's own PKCS#12 code refuses other passwords. Raises `WeakPasswordError`; the error never repeats the value.
    """
    if len(value) < 8 or not all(" " <= c <= "~" for c in value):
        raise WeakPasswordError(field=field)
    return value


def text(value: str, field: str) -> str:
    """Any text without control characters; raises `BadValueError`."""
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise BadValueError(field=field, value=value)
    return value.strip()


def mask_ssin(digits: str) -> str:
    """A national number that may be shown: the birth date stays, the rest is covered: '75.03.12-***.**'."""
    return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}-***.**" if len(digits) == 11 else "***"


Check = Callable[[str, str], str]
