"""A person at a terminal renews, in English and in French: back, cancel, mistyped answers, a wrong PIN."""

from __future__ import annotations

import gettext
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pexpect
import pytest

from adapters.cli.words import DOMAIN, LOCALE_FOLDER
from tests.journeys.practice import NEW_PASSWORD, OLD_PASSWORD, PIN, SECRETS, Practice

WIDTH = 80
BACK, CANCEL = "<", "!"


class Typist:
    """Types in a pseudo-terminal and reads the screen; `words` finds a text in the language of the screen."""

    def __init__(self, practice: Practice, language: str, *arguments: str) -> None:
        self._translation = gettext.translation(DOMAIN, LOCALE_FOLDER, languages=[language], fallback=True)
        self._seen: list[str] = []
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "adapters.cli.app", *arguments],
            env=practice.variables(EHCERT_LANGUAGE=language, TERM="dumb"),
            cwd=str(practice.home),
            encoding="utf-8",
            timeout=120,
            dimensions=(40, WIDTH),
        )

    def words(self, text: str) -> str:
        """An English text as this person reads it."""
        return self._translation.gettext(text)

    def sees(self, text: str, **values: object) -> None:
        """Wait for a text, wherever its lines are broken."""
        told = self.words(text).format(**values)
        self.process.expect(r"\s+".join(re.escape(word) for word in told.split()))
        self._seen.append(str(self.process.before) + str(self.process.after))

    def types(self, text: str = "") -> None:
        """Type a line."""
        self.process.sendline(text)

    def answers(self, question: str, text: str = "") -> None:
        """Wait for a question, then type the answer."""
        self.sees(question)
        self.types(text)

    def command_line(self) -> bytes:
        """What everybody on this machine can read of the process."""
        return Path(f"/proc/{self.process.pid}/cmdline").read_bytes()

    def ends(self, code: int) -> str:
        """Wait for the end; returns everything that was on the screen."""
        self.process.expect(pexpect.EOF)
        self._seen.append(str(self.process.before))
        self.process.close()
        screen = "".join(self._seen)
        assert self.process.exitstatus == code, screen
        return screen


@contextmanager
def typing(practice: Practice, language: str, *arguments: str) -> Iterator[Typist]:
    typist = Typist(practice, language, *arguments)
    try:
        yield typist
    finally:
        typist.process.close(force=True)


def yes(language: str) -> str:
    return {"en": "yes", "fr": "oui"}[language]


def up_to_the_keystore(person: Typist, language: str) -> None:
    person.answers("Do you agree with these conditions?", yes(language))
    person.answers("Which card?")
    person.answers("Keystore")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_renewal_from_the_first_screen_to_the_last(practice: Practice, language: str) -> None:
    practice.furnish(with_etk=True)
    screens = []

    with typing(practice, language, "renew") as person:
        person.answers("Do you agree with these conditions?", "perhaps")
        person.sees("answer yes or no")
        up_to_the_keystore(person, language)
        person.answers("Password of this keystore", "mistyped")
        person.sees("if it is forgotten, try ehcert renew --without-old-keystore: that may be refused, nothing is lost")
        person.answers("Keystore")
        person.answers("Password of this keystore", OLD_PASSWORD)
        person.sees("to sign in")
        assert not any(secret.encode() in person.command_line() for secret in SECRETS.values())
        person.types("12")
        person.sees("type the PIN again")
        person.sees("to sign in")
        person.types(PIN)
        person.answers("Private e-mail address", "exemple@")
        person.sees("write it as name@example.org; eHealth sends its mails there")
        person.answers("Private e-mail address", "zoe@example.org")
        person.answers("Private phone number")
        person.answers("General e-mail address")
        person.answers("General phone number")
        person.sees("Overview and contract")
        person.sees("zoe@example.org")
        person.answers("Do you approve the contract?", BACK)
        person.answers("Private e-mail address", "exemple@example.org")
        for question in ("Private phone number", "General e-mail address", "General phone number"):
            person.answers(question)
        person.answers("Do you approve the contract?", yes(language))
        person.answers("New password", "short")
        person.sees("letters, digits and signs of an English keyboard; Java programs cannot open others")
        person.answers("New password", NEW_PASSWORD)
        person.answers("The same password again", "another-one")
        person.sees("the two new passwords are not the same")
        person.answers("New password", NEW_PASSWORD)
        person.answers("The same password again", NEW_PASSWORD)
        person.sees("to sign the request")
        person.types(PIN)
        person.sees("Your request was sent; eHealth has to deliver the certificate.")
        screens.append(person.ends(0))
    practice.far_side.move(timedelta(days=2))
    with typing(practice, language, "resume") as person:
        person.sees("Password of the new keystore {about}", about="SSIN=")
        person.types("mistyped-password")
        screens.append(person.ends(5))
    with typing(practice, language, "resume") as person:
        person.sees("Password of the new keystore {about}", about="SSIN=")
        person.types(NEW_PASSWORD)
        person.sees("The new keystore is ready and has to be loaded in your practice software.")
        screens.append(person.ends(0))
    with typing(practice, language, "resume") as person:
        person.answers("Is the new file loaded in your practice software?", yes(language))
        person.answers("INAMI number in the provider's record of your software", "123")
        person.sees("11 digits: profession, number, check digits, qualification; check for a mistyped digit")
        person.answers("INAMI number in the provider's record of your software", "19999915001")
        person.sees("Password of the new keystore {about}", about="SSIN=")
        person.types(NEW_PASSWORD)
        person.sees("Your certificate is renewed.")
        screens.append(person.ends(0))

    assert practice.leaks(screens, SECRETS) == []
    assert [state for _id, state, *_rest in practice.stored()] == ["done"]
    assert [operation for operation, _key in practice.far_side.accepted()[-4:]] == [
        "generateCertificate", "startETKRegistration", "completeETKRegistration", "activateETK",
    ]  # fmt: skip
    assert_fits(screens)


def assert_fits(screens: list[str]) -> None:
    """No line is broken by the terminal itself, but for what must stay in one piece: paths, and the prompt's echo."""
    for line in "".join(screens).replace("\r", "").split("\n"):
        assert len(line) <= WIDTH or "SSIN=" in line or "INAMI" in line, line


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_wrong_pin_ends_the_command_and_tells_the_tries(practice: Practice, language: str) -> None:
    practice.furnish()
    before = practice.everything()

    with typing(practice, language, "renew") as person:
        up_to_the_keystore(person, language)
        person.answers("Password of this keystore", OLD_PASSWORD)
        person.sees("to sign in")
        person.types("0000")
        person.sees("wrong PIN; tries left: {attempts_left}", attempts_left=2)
        person.ends(4)

    assert practice.everything() == before


def test_cancelling_leaves_nothing_behind(practice: Practice) -> None:
    practice.furnish()
    before = practice.keystores(), practice.far_side.accepted()

    with typing(practice, "en", "renew") as person:
        up_to_the_keystore(person, "en")
        person.answers("Password of this keystore", OLD_PASSWORD)
        person.sees("to sign in")
        person.types(PIN)
        person.answers("Private e-mail address", CANCEL)
        person.sees("You cancelled; nothing was sent and your present certificate is unchanged.")
        person.ends(0)

    assert (practice.keystores(), practice.far_side.accepted()) == before
    assert [state for _id, state, *_rest in practice.stored()] == ["cancelled"]


def test_cancelling_at_the_first_screen_stores_nothing(practice: Practice) -> None:
    practice.furnish()

    with typing(practice, "en", "renew") as person:
        person.answers("Do you agree with these conditions?", CANCEL)
        person.ends(0)

    assert practice.stored() == []


def test_interrupted_in_the_middle_it_goes_on_where_it_was(practice: Practice) -> None:
    practice.furnish()

    with typing(practice, "fr", "renew") as person:
        up_to_the_keystore(person, "fr")
        person.answers("Password of this keystore", OLD_PASSWORD)
        person.sees("to sign in")
        person.types(PIN)
        person.sees("Private e-mail address")
        person.process.sendintr()
        person.sees("stopped; nothing is lost. Go on with: ehcert resume {id}", id="")
        person.ends(130)
    with typing(practice, "fr", "resume") as person:
        person.sees("Private e-mail address")
        person.process.sendintr()
        person.ends(130)

    assert [state for _id, state, *_rest in practice.stored()] == ["awaiting_contact"]
