"""A PIN counts for the purpose for which it was given, and for no other."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.definitions.renew import RENEW
from workflow.forms import KEYSTORE_PASSWORD, PIN
from workflow.secret import Secret
from workflow.sitting import Sitting

ALLOWED = (PIN, KEYSTORE_PASSWORD)


class _Asked:
    """A person who types what comes next."""

    def __init__(self, *typed: str) -> None:
        self._typed: Iterator[str] = iter(typed)
        self.questions: list[str] = []

    def secret(self, name: str, about: str) -> Secret:
        self.questions.append(about)
        return Secret(next(self._typed))


def test_the_pin_for_signing_in_does_not_sign_the_request():
    person = _Asked("1234", "4321")
    sitting = Sitting(person, {})  # type: ignore[arg-type]
    sitting.secret(ALLOWED, PIN, "to sign in")

    pin = sitting.secret(ALLOWED, PIN, "to sign the request")

    assert pin == "4321"
    assert person.questions == ["to sign in", "to sign the request"]


def test_the_pin_is_asked_once_for_one_purpose():
    person = _Asked("1234")
    sitting = Sitting(person, {})  # type: ignore[arg-type]

    pins = [sitting.secret(ALLOWED, PIN, "to sign in") for _ in range(2)]

    assert pins == ["1234", "1234"]


def test_a_wrong_pin_is_forgotten_for_every_purpose():
    person = _Asked("1234", "4321", "5678")
    sitting = Sitting(person, {})  # type: ignore[arg-type]
    sitting.secret(ALLOWED, PIN, "to sign in")
    sitting.secret(ALLOWED, PIN, "to sign the request")
    sitting.wrong_secret(PIN)

    assert sitting.secret(ALLOWED, PIN, "to sign in") == "5678"


def test_pins_are_dropped_when_no_later_state_needs_one():
    person = _Asked("1234", "5678")
    sitting = Sitting(person, {})  # type: ignore[arg-type]
    sitting.secret(ALLOWED, PIN, "to sign in")
    sitting.drop_unneeded(RENEW, "installing")

    assert sitting.secret(ALLOWED, PIN, "to sign in") == "5678"


def test_a_password_opens_its_file_whatever_it_is_asked_for():
    person = _Asked("old-password")
    sitting = Sitting(person, {})  # type: ignore[arg-type]

    passwords = [sitting.secret(ALLOWED, KEYSTORE_PASSWORD, about) for about in ("one", "two")]

    assert passwords == ["old-password", "old-password"]
