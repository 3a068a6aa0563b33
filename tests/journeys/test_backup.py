"""A renewal goes on on another computer, from a backup: to the same end, with nothing sent twice."""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.two_computers import (
    GIVEN,
    PASSPHRASE,
    accepted,
    another_computer,
    back_up,
    content_of,
    finish,
    interrupted_at,
    problems,
    restore,
)
from tests.reliability.driving import a_home
from tests.reliability.processes import Home

pytestmark = [pytest.mark.slow, pytest.mark.soap]


@pytest.fixture
def home() -> Iterator[Home]:
    with a_home() as made:
        yield made


@pytest.mark.parametrize(
    "boundary",
    [
        "renew.awaiting_contact.before",
        "renew.submitting.before",
        "renew.submitting.intent_written",
        "renew.completing_etk.answered",
        "renew.activating_etk.before",
    ],
)
def test_a_renewal_interrupted_anywhere_ends_on_another_computer(home: Home, tmp_path: Path, boundary: str) -> None:
    interrupted_at(home, boundary)
    other = another_computer(home, tmp_path / "other")

    backed_up = back_up(home, tmp_path / "a.backup")
    restored = restore(other, tmp_path / "a.backup")

    assert (backed_up.code, restored.code) == (0, 0), (backed_up, restored)
    assert finish(other, home)[-1] == "done"
    assert problems(home, other) == []
    assert other.run("doctor", "--json").answer["failures"] == 0


def test_what_was_sent_after_the_backup_is_found_and_not_sent_again(home: Home, tmp_path: Path) -> None:
    """The key is in the backup; the first computer sends the request and is lost."""
    interrupted_at(home, "renew.submitting.before")
    back_up(home, tmp_path / "a.backup")
    other = another_computer(home, tmp_path / "other")
    assert home.resume().state == "awaiting_delivery"

    restore(other, tmp_path / "a.backup")

    assert finish(other, home)[-1] == "done"
    assert accepted(home)["generateCertificate"] == 1
    assert problems(home, other) == []


def test_a_request_whose_key_is_not_in_the_backup_is_noticed_and_not_made_again(home: Home, tmp_path: Path) -> None:
    interrupted_at(home, "renew.awaiting_contact.before")
    back_up(home, tmp_path / "a.backup")
    other = another_computer(home, tmp_path / "other")
    home.resume()

    restore(other, tmp_path / "a.backup")

    assert finish(other, home) == ["request_under_way"]
    assert accepted(home)["generateCertificate"] == 1


def test_the_backup_is_one_private_file_and_is_never_overwritten(home: Home, tmp_path: Path) -> None:
    interrupted_at(home, "renew.awaiting_delivery.before")
    (tmp_path / "b").mkdir()

    first = back_up(home, tmp_path / "b" / "a.backup")
    content = (tmp_path / "b" / "a.backup").read_bytes()
    second = back_up(home, tmp_path / "b" / "a.backup")

    assert (first.answer["procedures"], first.answer["keystores"]) == (1, 1)
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["a.backup"]
    assert stat.S_IMODE((tmp_path / "b" / "a.backup").stat().st_mode) == 0o600
    assert (second.code, second.answer["error"]["code"]) == (2, "backup_exists")
    assert (tmp_path / "b" / "a.backup").read_bytes() == content


def test_what_cannot_be_restored_leaves_everything_as_it_was(home: Home, tmp_path: Path) -> None:
    interrupted_at(home, "renew.awaiting_delivery.before")
    file = tmp_path / "a.backup"
    back_up(home, file)
    good = file.read_bytes()
    (tmp_path / "damaged").write_bytes(good[:-100] + b"x" + good[-99:])
    (tmp_path / "newer").write_bytes(good.replace(b'"format": 1', b'"format": 2'))
    (tmp_path / "other").write_bytes(b"PK")
    empty = another_computer(home, tmp_path / "empty")

    for target in (empty, home):
        before = content_of(target.folder)
        for name, passphrase, code, exit_code in (
            ("a.backup", "another passphrase", "backup_passphrase_wrong", 5),
            ("damaged", PASSPHRASE, "backup_damaged", 13),
            ("newer", PASSPHRASE, "backup_newer", 13),
            ("other", PASSPHRASE, "not_a_backup", 13),
            ("none", PASSPHRASE, "backup_unreadable", 3),
        ):
            ended = restore(target, tmp_path / name, passphrase)
            if target is home:
                code, exit_code = "store_not_empty", 2
            assert (ended.answer["error"]["code"], ended.code) == (code, exit_code)
        assert content_of(target.folder) == before


def test_another_keystore_of_the_same_name_is_not_overwritten(home: Home, tmp_path: Path) -> None:
    interrupted_at(home, "renew.awaiting_delivery.before")
    back_up(home, tmp_path / "a.backup")
    other = another_computer(home, tmp_path / "other")
    [unfinished] = (home.sandbox / "keystore" / "pending").glob("*.p12")
    (other.sandbox / "keystore" / "pending" / unfinished.name).write_bytes(b"another")
    before = content_of(other.folder)

    ended = restore(other, tmp_path / "a.backup")

    assert ended.answer["error"]["code"] == "keystore_changed"
    assert content_of(other.folder) == before


def test_a_renamed_keystore_is_in_the_backup(home: Home, tmp_path: Path) -> None:
    interrupted_at(home, "renew.awaiting_delivery.before")
    [unfinished] = (home.sandbox / "keystore" / "pending").glob("*.p12")
    unfinished.rename(unfinished.with_name("my new certificate"))
    other = another_computer(home, tmp_path / "other")

    backed_up = back_up(home, tmp_path / "a.backup")
    restore(other, tmp_path / "a.backup")

    assert backed_up.answer["keystores"] == 1
    assert finish(other, home)[-1] == "done"


def test_a_restore_that_is_killed_is_done_again(home: Home, tmp_path: Path) -> None:
    interrupted_at(home, "renew.awaiting_delivery.before")
    back_up(home, tmp_path / "a.backup")
    for number, moment in enumerate((0.1, 0.4, 0.6, 0.8, 1.0)):
        other = another_computer(home, tmp_path / f"other{number}")
        pid = other.begin("restore", str(tmp_path / "a.backup"), "--json", variables=GIVEN)
        time.sleep(moment)
        os.kill(pid, signal.SIGKILL)
        other.wait(pid)

        again = restore(other, tmp_path / "a.backup")

        assert again.code == 0 or again.answer["error"]["code"] == "store_not_empty"
        listed = other.run("status", "--json").answer
        assert [one["state"] for one in listed["procedures"]] == ["awaiting_delivery"]
        assert listed["damaged"] == []
        assert other.run("doctor", "--json").answer["failures"] == 0


def test_while_somebody_works_nothing_is_restored(home: Home, tmp_path: Path) -> None:
    """The one who works has the present store key in memory: what it wrote could not be read afterwards."""
    from adapters.system.boundaries import HIT_VARIABLE

    interrupted_at(home, "renew.awaiting_delivery.before")
    back_up(home, tmp_path / "a.backup")
    other = another_computer(home, tmp_path / "other")
    hit = {HIT_VARIABLE: "renew.awaiting_consent.before=SIGSTOP"}
    worker = other.begin("renew", "--answers", "answers.yaml", "--json", variables=hit)
    assert other.stopped(worker)

    ended = restore(other, tmp_path / "a.backup")

    os.kill(worker, signal.SIGKILL)
    other.wait(worker)
    assert (ended.code, ended.answer["error"]["code"]) == (9, "busy")


def test_a_database_server_is_copied_with_its_own_tools(home: Home, tmp_path: Path) -> None:
    store = {"EHCERT_STORE": "postgresql+psycopg://nobody@localhost:1/none", **GIVEN}

    for command in ("backup", "restore"):
        ended = home.run(command, str(tmp_path / "a.backup"), "--json", variables=store)

        assert (ended.code, ended.answer["error"]["code"]) == (2, "backup_not_possible")
        assert "pg_dump" in ended.answer["error"]["hint"]


def test_a_short_passphrase_and_none_are_refused(home: Home, tmp_path: Path) -> None:
    interrupted_at(home, "renew.awaiting_delivery.before")
    short = {"EHCERT_SECRET_BACKUP_PASSPHRASE": "short"}

    refused = home.run("backup", str(tmp_path / "a.backup"), "--json", variables=short)
    missing = home.run("backup", str(tmp_path / "a.backup"), "--json")

    assert refused.answer["error"]["code"] == "passphrase_not_allowed"
    assert missing.answer["error"]["code"] == "secret_missing"
    assert not (tmp_path / "a.backup").exists()


def test_without_procedures_there_is_nothing_to_back_up_or_to_make(tmp_path: Path, home: Home) -> None:
    ended = back_up(home, tmp_path / "a.backup")

    assert (ended.code, ended.answer["error"]["code"]) == (3, "nothing_to_back_up")
    assert not (home.folder / "data" / "store.key").exists()
