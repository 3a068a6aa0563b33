"""A keystore gets another password through the command line, whole or interrupted."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pexpect
import pytest

from adapters.keystore.reading import read
from tests.journeys.practice import NEW_PASSWORD, OLD_PASSWORD, SECRETS, Ended, Practice

BOTH = {"keystore_password": OLD_PASSWORD, "new_keystore_password": NEW_PASSWORD}


def change(practice: Practice, path: Path, secrets: dict[str, str] = BOTH, *more: str, **variables: str) -> Ended:
    return practice.ehcert("password", str(path), "--json", *more, secrets=secrets, **variables)


def keys_in(path: Path, password: str) -> list[tuple[str, object]]:
    return [(entry.alias, entry.private_key.private_numbers()) for entry in read(path.read_bytes(), password).keys]


@pytest.fixture
def path(practice: Practice) -> Path:
    """A finished keystore; no card is needed."""
    return practice.put_keystore(practice.enrol(with_etk=True))


def test_in_one_go(practice: Practice, path: Path) -> None:
    keys, before = keys_in(path, OLD_PASSWORD), path.read_bytes()

    told = change(practice, path)

    assert told.code == 0, told.out
    assert told.body["schema"] == "ehcert.password/1"
    assert told.body["procedure"]["state"] == "done"
    assert told.body["keystore"] == str(path)
    assert Path(told.body["copy"]).read_bytes() == before
    assert keys_in(path, NEW_PASSWORD) == keys
    assert len(keys) == 2


def test_stopped_after_every_state(practice: Practice, path: Path) -> None:
    keys = keys_in(path, OLD_PASSWORD)

    opened = change(practice, path, {"keystore_password": OLD_PASSWORD})
    identifier = practice.stored()[0][0]
    chosen = practice.ehcert("resume", "--json", secrets=BOTH, EHCERT_HIT_AT="password.changing_password.before")
    standing = practice.stored()[0][1]
    ended = practice.ehcert("resume", "--json", secrets=BOTH)

    assert (opened.code, opened.error["code"]) == (2, "secret_missing")
    assert chosen.code == -9
    assert standing == "changing_password"
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert ended.body["procedure"]["id"] == identifier
    assert keys_in(path, NEW_PASSWORD) == keys
    assert len(list(path.parent.glob("*.old"))) == 1


def test_killed_after_the_file_was_written(practice: Practice, path: Path) -> None:
    killed = change(practice, path, EHCERT_HIT_AT="password.done.before_moved")
    written = path.read_bytes()

    ended = practice.ehcert("resume", "--json", secrets={"new_keystore_password": NEW_PASSWORD})

    assert killed.code == -9
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert path.read_bytes() == written


def test_people_are_told_what_remains_to_be_done(practice: Practice, path: Path) -> None:
    told = practice.ehcert("password", str(path), secrets=BOTH)

    assert told.code == 0
    assert "Tell every program that has stored the old password" in told.out
    assert ".old" in told.out


def test_at_a_terminal_a_mistyped_old_password_is_asked_again(practice: Practice, path: Path) -> None:
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "adapters.cli.app", "password", str(path)],
        env=practice.variables(TERM="dumb"),
        cwd=str(practice.home),
        encoding="utf-8",
        timeout=60,
    )
    terminal.expect("Present password: ")
    terminal.sendline("mistyped")
    terminal.expect("wrong password for")
    terminal.expect("Present password: ")
    terminal.sendline(OLD_PASSWORD)
    for _ in range(2):
        terminal.expect("New password: |The same password again: ")
        terminal.sendline(NEW_PASSWORD)
    terminal.expect("has its new password")
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 0
    assert len(keys_in(path, NEW_PASSWORD)) == 2


def test_at_a_terminal_a_wrong_file_is_told_before_a_password_is_asked_for(practice: Practice, path: Path) -> None:
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "adapters.cli.app", "password", f"{path}.not"],
        env=practice.variables(TERM="dumb"),
        cwd=str(practice.home),
        encoding="utf-8",
        timeout=60,
    )
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 5
    assert "there is no keystore at" in str(terminal.before)
    assert "password:" not in str(terminal.before)


def test_while_its_renewal_is_under_way(practice: Practice) -> None:
    practice.furnish()
    third = "Derde-geheim:24680"
    practice.renew("--json")
    [pending] = (practice.keystore_folder / "pending").glob("*.p12")

    told = change(practice, pending, {"keystore_password": NEW_PASSWORD, "new_keystore_password": third})
    practice.far_side.move(timedelta(days=2))
    [renewal] = [name for name, state, *_rest in practice.stored() if state == "awaiting_delivery"]
    with_old = practice.resume(renewal)
    with_new = practice.resume(renewal, password=third)

    assert told.code == 0, told.out
    assert (with_old.code, with_old.error["code"]) == (5, "keystore_password_wrong")
    assert (with_new.code, with_new.body["procedure"]["state"]) == (0, "done")


@pytest.mark.parametrize(
    ("secrets", "exit_code", "code"),
    [
        ({**BOTH, "keystore_password": "wrong"}, 5, "old_password_wrong"),
        ({**BOTH, "new_keystore_password": "court"}, 2, "password_not_allowed"),
        ({**BOTH, "new_keystore_password": "mot-de-passé"}, 2, "password_not_allowed"),
        ({**BOTH, "new_keystore_password": OLD_PASSWORD}, 2, "password_unchanged"),
        ({}, 2, "secret_missing"),
    ],
)
def test_a_password_that_will_not_do(
    practice: Practice, path: Path, secrets: dict[str, str], exit_code: int, code: str
) -> None:
    files = practice.keystores()

    told = change(practice, path, secrets)

    assert (told.code, told.error["code"]) == (exit_code, code)
    assert practice.keystores() == files
    assert practice.person.ssin not in told.out + told.err


def test_a_forgotten_password_has_a_way_out(practice: Practice, path: Path) -> None:
    told = change(practice, path, {**BOTH, "keystore_password": "wrong"})

    assert told.error["next"] == ["ehcert renew --without-old-keystore", "ehcert revoke"]


def test_a_file_that_will_not_do(practice: Practice, path: Path) -> None:
    damaged = practice.home / "damaged.sandbox.p12"
    damaged.write_bytes(path.read_bytes()[:-100])
    letter = practice.home / "letter.p12"
    letter.write_text("Dear practice, " * 50)
    other = practice.home / f"{path.name.removesuffix('.sandbox.p12')}.acc.p12"
    other.write_bytes(path.read_bytes())
    before = practice.everything()
    wrong = {
        damaged: (5, "keystore_damaged"),
        letter: (5, "not_a_keystore"),
        other: (5, "keystore_of_other_environment"),
        practice.home / "nowhere.p12": (5, "keystore_missing"),
        practice.home: (5, "not_a_keystore"),
    }

    for file, expected in wrong.items():
        told = change(practice, file)
        assert (told.code, told.error["code"]) == expected, told.out

    assert practice.everything() == before


def test_the_environment_must_be_the_one_of_the_file(practice: Practice, path: Path) -> None:
    told = change(practice, path, BOTH, "--environment", "production")

    assert (told.code, told.error["code"]) == (5, "keystore_of_other_environment")
    assert "--environment sandbox" in told.error["hint"]


def test_no_secret_is_left_anywhere(practice: Practice, path: Path) -> None:
    told = [change(practice, path), practice.ehcert("status", "--all"), practice.ehcert("status", "--all", "--json")]
    shown = practice.ehcert("show", practice.stored()[0][0], "--json")

    texts = [text for one in told for text in (one.out, one.err)] + [shown.out]
    assert practice.leaks([text.replace(str(path), "") for text in texts], {**SECRETS}) == []
