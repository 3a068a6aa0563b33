"""R24, passwords: a wrong one is told of the file it belongs to, damage is told from it, and none is ever echoed.

That a fault fired is proved by another reader: cryptography's own opens the file with the right password and refuses
the one that is typed; at a terminal also by the prompt, which waited for it.
"""

from __future__ import annotations

import functools
import unicodedata
import warnings
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from adapters.keystore.reading import read
from adapters.keystore.writing import write
from steps.ports.keystore import Keystore
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.desks import FEW, Desk, a_desk
from tests.reliability.driving import a_home
from tests.reliability.judging import leaks
from tests.reliability.processes import SECRETS
from tests.reliability.typing_at import Typist, at_a_terminal
from tests.world.world import NEW_PASSWORD, OLD_PASSWORD, World
from workflow.errors import EhcertError, KeystoreError

pytestmark = pytest.mark.soap

RIGHT = "géheim-1234"
DECOMPOSED = unicodedata.normalize("NFD", RIGHT)

WRONG = {
    "empty": "",
    "a space": " ",
    "a space at its end": f"{RIGHT} ",
    "a space before it": f" {RIGHT}",
    "a line end": f"{RIGHT}\n",
    "capitals": RIGHT.upper(),
    "a letter missing": RIGHT[:-1],
    "without the accent": "geheim-1234",
    "200 characters": "x" * 200,
    "the right one sixteen times": RIGHT * 16,
    "a NUL after it": f"{RIGHT}\x00",
    "a mark from right to left": f"{RIGHT}\u200f",
    "no text": "\udcff\udcfe",
    "signs beyond the first plane": "🔑" * 8,
    "a look-alike letter": "g\u00e9heim-123\u0664",
}
"""Typed for a file whose password is RIGHT."""

OTHERS = {"200 characters": "p" * 200, "a space at its end": "geheim-12 ", "one character": "x", "signs": "!<>\"'\\$`%"}
"""Passwords that a file may have."""


# --- files --------------------------------------------------------------------------------------------------------


@functools.cache
def _content() -> Keystore:
    world = World()
    try:
        return world.old_keystore
    finally:
        world.close()


def another_reader_opens(data: bytes, password: str) -> bool:
    """Whether cryptography's own reader opens a file."""
    if "\x00" in password:
        return False  # cryptography does not survive it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return load_pkcs12(data, password.encode("utf-8", "surrogateescape")).key is not None
        except (ValueError, TypeError):  # TypeError: bytes that are no text
            return False


def _read(data: bytes, password: str) -> tuple[Keystore | None, EhcertError | None]:
    try:
        return read(data, password, path=Path("/keystore/the file.p12")), None
    except KeystoreError as error:
        return None, error


def refused(typed: str) -> Verdict:
    """A wrong password: called so, with the file, and without the password."""
    data = write(_content(), RIGHT, rounds=FEW)
    fired = another_reader_opens(data, RIGHT) and not another_reader_opens(data, typed)
    _, error = _read(data, typed)
    return Verdict(fired, tuple(_wrongly_told(error, "keystore_password_wrong", typed)))


def damaged(place: float, typed: str) -> Verdict:
    """The right password for a damaged file is not called wrong."""
    data = bytearray(write(_content(), RIGHT, rounds=FEW))
    data[int(len(data) * place)] ^= 0x10
    fired = not another_reader_opens(bytes(data), RIGHT)
    _, error = _read(bytes(data), typed)
    return Verdict(fired, tuple(_wrongly_told(error, "keystore_damaged", typed)))


def accepted(stored: str, typed: str) -> Verdict:
    """Another form of the right password, or an odd one: it opens, with every key."""
    data = _sealed_with(stored)
    fired = another_reader_opens(data, stored) and (stored == typed or not another_reader_opens(data, typed))
    found, error = _read(data, typed)
    missing = [] if found is not None and len(found.keys) == 2 else [Problem(Harm.LOST, f"not opened: {error}")]
    return Verdict(fired, tuple(missing))


def _sealed_with(stored: str) -> bytes:
    """A file under exactly this form of a password; ours writes the composed one only."""
    from unittest import mock

    with mock.patch("adapters.keystore.writing.unicodedata.normalize", lambda _form, text: text):
        return write(_content(), stored, rounds=FEW)


def _wrongly_told(error: EhcertError | None, code: str, typed: str) -> list[Problem]:
    problems = []
    if error is None or error.code != code:
        problems.append(Problem(Harm.STUCK, f"told {error and error.code} rather than {code}"))
    elif "/keystore/the file.p12" not in str(error) or not error.hint:
        problems.append(Problem(Harm.STUCK, f"it does not name the file: {error}"))
    if len(typed.strip()) > 3 and typed in f"{error} {error and error.details}":
        problems.append(Problem(Harm.LEAKED, "the password stands in the error"))
    return problems


# --- procedures ---------------------------------------------------------------------------------------------------


def in_a_procedure(state: str, secret: str, typed: str, strike: Callable[[Desk], None] = lambda desk: None) -> Verdict:
    """Typed three times, then the right one: told of the right file, no lock-out, and the renewal ends well."""
    with a_desk() as desk:
        desk.halt_before(state)
        strike(desk)
        right, file = desk.world.person.secrets[secret], _file_of(desk, secret)
        assert isinstance(right, str)
        fired = another_reader_opens(file.read_bytes(), right) and not another_reader_opens(file.read_bytes(), typed)
        desk.world.person.secrets[secret] = typed
        before = file.read_bytes()
        errors = [desk.sit() for _ in range(3)]
        problems = [
            Problem(Harm.STUCK, f"told '{error}'")
            for error in errors
            if error is None or not error.code.endswith("keystore_password_wrong") or str(file) not in str(error)
        ]
        if file.read_bytes() != before:
            problems.append(Problem(Harm.LOST, "the file was changed"))
        if len(typed) > 3 and any(typed in f"{error} {error and error.details}" for error in errors):
            problems.append(Problem(Harm.LEAKED, "the password stands in the error"))
        desk.world.person.secrets[secret] = right
        ended = desk.finish()
        return Verdict(fired, tuple(problems + desk.judged(ended)))


def _file_of(desk: Desk, secret: str) -> Path:
    return desk.world.old_path if secret == "keystore_password" else desk.file


def _changed_outside(desk: Desk) -> None:
    """The person gave the new keystore another password with another program."""
    content = desk.keystores.open(desk.file, NEW_PASSWORD)
    desk.file.write_bytes(write(content, "changed-outside", rounds=FEW))
    desk.world.person.secrets["new_keystore_password"] = "changed-outside"


# --- at a terminal ------------------------------------------------------------------------------------------------

OLD_LABEL, NEW_LABEL = "Password of this keystore", "Password of the new keystore"


def at_the_start(typed: str) -> Verdict:
    """A wrong password for the present keystore, typed at a terminal; then the right one."""
    with a_home() as home:
        old = next(path for path in (home.sandbox / "keystore").iterdir() if path.is_file())
        answers = home.folder / "answers.yaml"
        answers.write_text(f"{answers.read_text()}keystore:\n  file: '{old}'\n")
        fired = another_reader_opens(old.read_bytes(), SECRETS["keystore_password"])
        fired = fired and not another_reader_opens(old.read_bytes(), typed)
        typist = at_a_terminal(home, "renew", "--answers", "answers.yaml")
        typist.wait_for("Which card?")
        typist.type("")
        fired = typist.wait_for(OLD_LABEL) and fired
        typist.type(typed)
        told = typist.wait_for("wrong password for") and typist.wait_for("Keystore [1]")
        typist.type("")  # the whole screen is asked again: the same file
        typist.wait_for(OLD_LABEL)
        typist.type(SECRETS["keystore_password"])
        going_on = typist.wait_for("PIN")
        typist.type("\x03")
        typist.finish()
        return Verdict(fired, tuple(_on_screen(typist, old, typed, told=told, going_on=going_on)))


def on_the_way(typed: str) -> Verdict:
    """A wrong password for the new keystore, typed at a terminal; then the command again with the right one."""
    with a_home() as home:
        home.renew()
        home.move_clock(timedelta(days=2))
        new = next((home.sandbox / "keystore" / "pending").iterdir())
        fired = not another_reader_opens(new.read_bytes(), typed)
        typist = at_a_terminal(home, "resume")
        fired = typist.wait_for(NEW_LABEL) and fired
        typist.type(typed)
        told = typist.wait_for("wrong password for")
        wrong_code = typist.finish() != 5
        again = at_a_terminal(home, "resume")
        again.wait_for(NEW_LABEL)
        again.type(SECRETS["new_keystore_password"])
        going_on = again.finish() == 0
        typist.screen += again.screen
        problems = _on_screen(typist, new, typed, told=told, going_on=going_on)
        if wrong_code:
            problems.append(Problem(Harm.STUCK, f"exit code {typist.code}"))
        return Verdict(fired, tuple(problems))


def _on_screen(typist: Typist, file: Path, typed: str, *, told: bool, going_on: bool) -> list[Problem]:
    problems = leaks({"typed": typed, **SECRETS}, {"the screen": typist.screen.encode()})
    problems = [problem for problem in problems if "pin" not in problem.detail]  # four digits: also in a time
    # The screen covers the national number in the file's name.
    if not told or file.name.partition(" ")[2] not in typist.screen:
        problems.append(Problem(Harm.STUCK, f"it does not name the file: {typist.screen[-300:]}"))
    if not going_on:
        problems.append(Problem(Harm.STUCK, f"the right password does not help: {typist.screen[-300:]}"))
    return problems


def cases() -> list[Case]:
    """Files, procedures and terminals."""
    files = [Case(f"wrong: {name}", partial(refused, typed)) for name, typed in WRONG.items()]
    files += [Case(f"damaged at {place}", partial(damaged, place, RIGHT)) for place in (0.1, 0.4, 0.7, 0.95)]
    forms = {"composed": RIGHT, "decomposed": DECOMPOSED}
    for name, stored in forms.items():
        for other, typed in forms.items():
            files.append(Case(f"stored {name}, typed {other}", partial(accepted, stored, typed)))
    files += [Case(f"stored: {name}", partial(accepted, stored, stored)) for name, stored in OTHERS.items()]
    old, new = "keystore_password", "new_keystore_password"
    procedures = [
        Case("the old file, wrong", partial(in_a_procedure, "looking_up", old, "not-the-one")),
        Case("the old file, the new one's", partial(in_a_procedure, "looking_up", old, NEW_PASSWORD)),
        Case("the new file, the old one's", partial(in_a_procedure, "installing", new, OLD_PASSWORD)),
        Case("the new file, a space at its end", partial(in_a_procedure, "installing", new, f"{NEW_PASSWORD} ")),
        Case("the finished file, wrong", partial(in_a_procedure, "activating_etk", new, "not-the-one")),
        Case(
            "the new file, changed outside",
            partial(in_a_procedure, "completing_etk", new, NEW_PASSWORD, _changed_outside),
        ),
        Case("the new file, empty", partial(in_a_procedure, "installing", new, "")),
    ]
    odd = {"wrong": "not-the-one", "a space at its end": f"{SECRETS[new]} ", "200 characters": "x" * 200, "é": "é" * 9}
    terminal = [Case(f"terminal, the new file: {name}", partial(on_the_way, typed)) for name, typed in odd.items()]
    terminal += [Case("terminal, the new file: the old one's", partial(on_the_way, SECRETS[old]))]
    terminal += [Case(f"terminal, the old file: {name}", partial(at_the_start, typed)) for name, typed in odd.items()]
    return [*files, *procedures, *terminal]


ROW = register(Row("R24", "wrong, odd and changed passwords", cases, share=0.8))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_a_password_is_told_of_its_file_and_never_shown(case: Case) -> None:
    assert_clean(case)
