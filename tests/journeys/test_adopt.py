"""A keystore that the Java wizard left half-way is taken over through the command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.keystore.reading import read
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore
from tests.journeys.practice import HANDOVER, NEW_PASSWORD, OLD_PASSWORD, Ended, Practice
from tests.world.keys import pooled_key

SECRETS = {"keystore_password": NEW_PASSWORD}
Open = Callable[[], Practice]


@pytest.fixture
def computers(open_practice: Open) -> tuple[Practice, Practice]:
    """The computer where the wizard ran, and the one where `ehcert` is used; the same person."""
    first, second = open_practice(), open_practice()
    second.person = first.person
    first.furnish(with_etk=True)
    return first, second


def left_on(practice: Practice, boundary: str, to: Path) -> Path:
    """What is on disk when a renewal dies at a boundary, carried to another place on a stick."""
    practice.renew("--json", EHCERT_HIT_AT=boundary)
    if not _unfinished(practice):
        raise AssertionError("there is nothing to carry")
    for _ in range(3):
        practice.far_side.move(timedelta(days=2))
        ended = practice.ehcert(
            "resume", "--json", secrets={"new_keystore_password": NEW_PASSWORD}, EHCERT_HIT_AT=boundary
        )
        if ended.code == -9 or ended.body.get("procedure", {}).get("state") == "awaiting_handover":
            break
    newest = max(practice.keystore_folder.rglob("SSIN=*.p12"), key=lambda path: path.name)
    to.mkdir(exist_ok=True)
    return Path(shutil.copy(newest, to / newest.name))


def _unfinished(practice: Practice) -> list[Path]:
    return list((practice.keystore_folder / "pending").glob("*.p12"))


def adopt(practice: Practice, path: Path, *more: str, secrets: dict[str, str] = SECRETS, **variables: str) -> Ended:
    return practice.ehcert("adopt", str(path), "--json", *more, secrets=secrets, **variables)


@pytest.mark.parametrize("boundary", ["renew.awaiting_delivery.before", "renew.awaiting_handover.before"])
def test_it_comes_to_its_end_with_a_stop_after_every_state(
    computers: tuple[Practice, Practice], tmp_path: Path, boundary: str
) -> None:
    first, practice = computers
    path = left_on(first, boundary, tmp_path / "stick")
    before, sent = path.read_bytes(), len(first.far_side.accepted())

    states = [str(adopt(practice, path, EHCERT_HIT_AT="adopt.looking_up.before").code)]
    (practice.home / "handover.yaml").write_text(HANDOVER)
    for name in ("installing", "starting_etk", "completing_etk", "activating_etk", "proving", "done"):
        practice.far_side.move(timedelta(days=2))
        ended = practice.ehcert(
            "resume", "--json", "--answers", "handover.yaml", secrets=SECRETS, EHCERT_HIT_AT=f"adopt.{name}.before"
        )
        states.append(practice.stored()[0][1])
        if ended.code == 0 and ended.body["procedure"]["state"] == "done":
            break
    while practice.stored()[0][1] != "done":
        ended = practice.ehcert("resume", "--json", "--answers", "handover.yaml", secrets=SECRETS)
        assert ended.code == 0, ended.out

    assert states[0] == "-9"
    assert len(practice.stored()) == 1
    assert path.read_bytes() == before
    [new] = practice.keystore_folder.glob("*.p12")
    assert len(read(new.read_bytes(), NEW_PASSWORD).keys) == 2
    operations = [operation for operation, _key in first.far_side.accepted()[sent:]]
    assert operations.count("generateCertificate") == 0
    assert operations.count("completeETKRegistration") <= 1
    assert operations.count("activateETK") == 1


def test_in_one_go_when_it_was_delivered(computers: tuple[Practice, Practice], tmp_path: Path) -> None:
    first, practice = computers
    path = left_on(first, "renew.starting_etk.before", tmp_path / "stick")

    told = adopt(practice, path)
    ended = practice.ehcert("resume", "--json", "--answers", "handover.yaml", secrets=SECRETS)

    assert (told.code, told.body["schema"]) == (0, "ehcert.adopt/1")
    assert told.body["procedure"]["state"] == "awaiting_handover"
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")


def test_what_is_refused(practice: Practice, tmp_path: Path) -> None:
    finished = practice.put_keystore(practice.enrol(with_etk=True))
    key = pooled_key(0)
    now = practice.far_side.sandbox.clock.now()
    unsent = Keystore((KeyEntry("authentication", key, (placeholder_certificate(key, now),)),))
    never_sent = practice.put_keystore(unsent, finished=False)
    damaged = tmp_path / "damaged.sandbox.p12"
    damaged.write_bytes(finished.read_bytes()[:-50])
    letter = tmp_path / "letter.p12"
    letter.write_text("Dear practice, " * 40)
    other = tmp_path / finished.name.replace(".sandbox.p12", ".acc.p12")
    shutil.copy(finished, other)
    nameless = tmp_path / "half.p12"
    shutil.copy(never_sent, nameless)
    before = practice.everything()
    expected = {
        (finished, OLD_PASSWORD): (5, "keystore_finished"),
        (finished, "wrong"): (5, "keystore_password_wrong"),
        (never_sent, OLD_PASSWORD): (3, "request_unknown"),
        (damaged, OLD_PASSWORD): (5, "keystore_damaged"),
        (letter, OLD_PASSWORD): (5, "not_a_keystore"),
        (nameless, OLD_PASSWORD): (5, "keystore_nameless"),
        (tmp_path / "nowhere.p12", OLD_PASSWORD): (5, "keystore_missing"),
    }

    for (path, password), end in expected.items():
        told = adopt(practice, path, secrets={"keystore_password": password})
        assert (told.code, told.error["code"]) == end, told.out
        assert practice.person.ssin not in told.out + told.err
    elsewhere = adopt(practice, other, "--environment", "sandbox", secrets={"keystore_password": OLD_PASSWORD})

    assert (elsewhere.code, elsewhere.error["code"]) == (5, "keystore_of_other_environment")
    assert practice.everything() == before


def test_one_that_a_procedure_follows_is_refused_naming_it(practice: Practice) -> None:
    practice.furnish()
    practice.renew("--json")
    [path] = _unfinished(practice)

    told = adopt(practice, path)

    assert (told.code, told.error["code"]) == (2, "procedure_under_way")
    assert practice.stored()[0][0] in told.error["message"]
    assert len(practice.stored()) == 1
