"""The secrets of one sitting."""

from __future__ import annotations

import pytest

from tests.workflow.toy import TOY
from tests.world.person import ScriptedPerson
from workflow.definitions.renew import RENEW
from workflow.errors import DefinitionError, MissingSecretError
from workflow.forms import KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, PIN
from workflow.secret import Secret
from workflow.sitting import Sitting, secrets_needed_from


@pytest.fixture
def person() -> ScriptedPerson:
    return ScriptedPerson(secrets={PIN: "1234", KEYSTORE_PASSWORD: "old", NEW_KEYSTORE_PASSWORD: "new"})


@pytest.fixture
def sitting(person: ScriptedPerson) -> Sitting:
    return Sitting(person, {})


def test_a_secret_that_is_not_declared_is_not_asked(sitting: Sitting, person: ScriptedPerson) -> None:
    with pytest.raises(DefinitionError):
        sitting.secret((KEYSTORE_PASSWORD,), PIN, "card")

    assert person.asked == []


def test_a_password_is_asked_once(sitting: Sitting, person: ScriptedPerson) -> None:
    given = [sitting.secret((KEYSTORE_PASSWORD,), KEYSTORE_PASSWORD, "old.p12") for _ in range(2)]

    assert given == ["old", "old"]
    assert person.asked == [f"secret {KEYSTORE_PASSWORD}"]


def test_a_pin_is_asked_for_each_use(sitting: Sitting, person: ScriptedPerson) -> None:
    for about in ("to sign in", "to sign the request", "to sign in"):
        sitting.secret((PIN,), PIN, about)

    assert person.asked == ["secret pin", "secret pin"]


def test_a_secret_that_did_not_fit_is_asked_again(sitting: Sitting, person: ScriptedPerson) -> None:
    for name in (PIN, KEYSTORE_PASSWORD):
        sitting.secret((name,), name, "it")
        sitting.wrong_secret(name)
        sitting.secret((name,), name, "it")

    assert person.asked == ["secret pin"] * 2 + [f"secret {KEYSTORE_PASSWORD}"] * 2


def test_a_secret_that_nobody_gives_is_missing(sitting: Sitting, person: ScriptedPerson) -> None:
    person.secrets.clear()

    with pytest.raises(MissingSecretError):
        sitting.secret((PIN,), PIN, "card")


def test_the_secrets_of_a_form_are_no_answers(sitting: Sitting, person: ScriptedPerson) -> None:
    answers = sitting.keep_secrets({"file": "old.p12", KEYSTORE_PASSWORD: Secret("typed")})

    assert answers == {"file": "old.p12"}
    assert sitting.secret((KEYSTORE_PASSWORD,), KEYSTORE_PASSWORD, "old.p12") == "typed"
    assert person.asked == []


@pytest.mark.parametrize(
    ("state", "needed"),
    [
        ("checking", {KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, PIN}),
        ("looking_up", {KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, PIN}),
        ("awaiting_contact", {NEW_KEYSTORE_PASSWORD, PIN}),
        ("submitting", {NEW_KEYSTORE_PASSWORD, PIN}),
        ("awaiting_delivery", {NEW_KEYSTORE_PASSWORD, PIN}),
        ("installing", {NEW_KEYSTORE_PASSWORD}),
        ("awaiting_handover", {NEW_KEYSTORE_PASSWORD}),
        ("proving", {NEW_KEYSTORE_PASSWORD}),
        ("done", set()),
        ("cancelled", set()),
    ],
)
def test_which_secrets_a_renewal_still_needs(state: str, needed: set[str]) -> None:
    assert secrets_needed_from(RENEW, state) == needed


def test_a_state_that_only_another_sitting_reaches_needs_nothing_now() -> None:
    assert secrets_needed_from(TOY, "waiting") == frozenset()
    assert secrets_needed_from(TOY, "handing") == {NEW_KEYSTORE_PASSWORD}


def test_what_no_later_state_needs_is_forgotten(sitting: Sitting, person: ScriptedPerson) -> None:
    every = (PIN, KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD)
    for name in every:
        sitting.secret(every, name, "it")
    person.asked.clear()

    sitting.drop_unneeded(RENEW, "installing")
    for name in every:
        sitting.secret(every, name, "it")

    assert person.asked == ["secret pin", f"secret {KEYSTORE_PASSWORD}"]
