"""The keystore folders: never a key lost, never a file overwritten."""

from __future__ import annotations

import errno
import os
import stat
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.keystore.writing import write
from steps.placeholder import is_placeholder, placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore, Keystores
from tests.adapters.keystore.samples import FEW, NOW, PASSWORD, content
from workflow.errors import (
    DefinitionError,
    FolderNotWritableError,
    KeystoreChangedError,
    KeystoreDamagedError,
    KeystoreMissingError,
    KeystorePasswordError,
    NotAKeystoreError,
)

NAME = "SSIN=75031299943 20310304-091011.p12"


def folder_at(path: Path, *, pending: str = "pending", environment: str = "production") -> KeystoreFolder:
    folder = path / "keystore"
    made = KeystoreFolder(folder, folder / pending, environment, Encryption.AES, FEW)
    made.check()
    return made


@pytest.fixture
def folder(tmp_path: Path) -> KeystoreFolder:
    return folder_at(tmp_path)


@pytest.fixture(scope="session")
def requested(pool: list[rsa.RSAPrivateKey]) -> Keystore:
    """As it is after the request: one key under a placeholder."""
    return Keystore((KeyEntry("authentication", pool[0], (placeholder_certificate(pool[0], NOW),)),))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_it_is_the_port_of_the_steps(folder: KeystoreFolder) -> None:
    port: Keystores = folder

    assert port.files() == []


def test_missing_folders_are_made_for_their_owner_alone(folder: KeystoreFolder) -> None:
    for path in (folder.folder, folder.pending):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert names(path) == []


def test_a_link_in_the_place_of_our_own_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keystore").mkdir(mode=0o700)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "keystore" / "pending").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FolderNotWritableError, match="link"):
        folder_at(tmp_path)


def test_a_new_keystore_is_unfinished_and_opens(folder: KeystoreFolder, requested: Keystore) -> None:
    path = folder.create(NAME, requested, PASSWORD)

    assert path == folder.pending / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert content(folder.open(path, PASSWORD)) == content(requested)
    assert is_placeholder(folder.open(path, PASSWORD).keys[0].chain[0])
    assert names(folder.folder) == []


def test_a_new_keystore_never_takes_the_name_of_another(folder: KeystoreFolder, requested: Keystore) -> None:
    (folder.folder / NAME).write_bytes(b"finished")
    later = "SSIN=75031299943 20310304-091012.p12"

    paths = [folder.create(NAME, requested, PASSWORD) for _ in range(2)]

    assert [path.name for path in paths] == [later, "SSIN=75031299943 20310304-091013.p12"]
    assert (folder.folder / NAME).read_bytes() == b"finished"


def test_a_new_keystore_has_the_suffix_of_its_environment(tmp_path: Path, requested: Keystore) -> None:
    acceptance = folder_at(tmp_path, environment="acceptance")

    assert acceptance.create(NAME, requested, PASSWORD).name == "SSIN=75031299943 20310304-091011.acc.p12"


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "../x.p12", "a/b.p12", "a\\b.p12", "a\x00.p12"])
def test_a_name_that_is_a_path_is_refused(folder: KeystoreFolder, requested: Keystore, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        folder.create(name, requested, PASSWORD)
    with pytest.raises(ValueError, match="name"):
        folder.find(name)


def test_keystores_are_listed_newest_first_without_others(folder: KeystoreFolder) -> None:
    for name in ("SSIN=1 20300101-000000.p12", "SSIN=1 20310101-000000.p12", "renamed.p12"):
        (folder.folder / name).write_bytes(b"")
    os.utime(folder.folder / "renamed.p12", (0, datetime(2030, 6, 1).timestamp()))
    (folder.pending / "SSIN=1 20320101-000000.p12").write_bytes(b"")
    for name in ("a.acc.p12", "a.sandbox.p12", "a.etk", ".ehcert-0123.tmp", ".x.p12"):
        (folder.folder / name).write_bytes(b"")
    (folder.folder / "folder.p12").mkdir()
    os.mkfifo(folder.folder / "pipe.p12")

    found = folder.files()

    assert [(file.path.name, file.pending) for file in found] == [
        ("SSIN=1 20320101-000000.p12", True),
        ("SSIN=1 20310101-000000.p12", False),
        ("renamed.p12", False),
        ("SSIN=1 20300101-000000.p12", False),
    ]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert KeystoreFolder(tmp_path / "gone", tmp_path / "gone" / "pending", "production").files() == []


def test_a_name_is_described_wherever_the_file_is(folder: KeystoreFolder, tmp_path: Path) -> None:
    file = folder.describe(tmp_path / "NIHII-HOSPITAL=71999932,APP-1 20310304-091011.acc-p12")

    assert (file.identifier_type, file.identifier, file.application_id) == ("NIHII-HOSPITAL", "71999932", "APP-1")
    assert file.made_at == datetime(2031, 3, 4, 9, 10, 11)
    assert file.environment == "acceptance"
    assert not file.pending


def test_a_delivered_certificate_replaces_the_placeholder(
    folder: KeystoreFolder, requested: Keystore, finished: Keystore
) -> None:
    path = folder.create(NAME, requested, PASSWORD)

    folder.replace(path, finished, PASSWORD)

    assert content(folder.open(path, PASSWORD)) == content(finished)
    assert os.listdir(folder.pending) == [NAME]


def test_a_key_held_before_is_never_lost(folder: KeystoreFolder, requested: Keystore, finished: Keystore) -> None:
    path = folder.create(NAME, finished, PASSWORD)
    before = path.read_bytes()

    with pytest.raises(KeystoreChangedError, match="lost"):
        folder.replace(path, requested, PASSWORD)

    assert path.read_bytes() == before
    assert os.listdir(folder.pending) == [NAME]


@pytest.mark.parametrize("now_there", [b"", b"\x30\x03\x02\x01\x03", b"something else"])
def test_a_file_that_is_no_longer_ours_is_not_replaced(
    folder: KeystoreFolder, requested: Keystore, finished: Keystore, now_there: bytes
) -> None:
    path = folder.create(NAME, requested, PASSWORD)
    path.write_bytes(now_there)

    with pytest.raises(KeystoreChangedError):
        folder.replace(path, finished, PASSWORD)

    assert path.read_bytes() == now_there


def test_a_file_under_another_password_is_not_replaced(
    folder: KeystoreFolder, requested: Keystore, finished: Keystore
) -> None:
    path = folder.create(NAME, requested, PASSWORD)

    with pytest.raises(KeystoreChangedError):
        folder.replace(path, finished, "another-password")

    assert content(folder.open(path, PASSWORD)) == content(requested)


def test_a_missing_file_is_not_replaced(folder: KeystoreFolder, finished: Keystore) -> None:
    with pytest.raises(KeystoreMissingError):
        folder.replace(folder.pending / NAME, finished, PASSWORD)

    assert names(folder.pending) == []


def test_a_finished_keystore_moves_once(folder: KeystoreFolder, finished: Keystore) -> None:
    path = folder.create(NAME, finished, PASSWORD)

    moved = folder.finish(path)

    assert moved == folder.folder / NAME
    assert (names(folder.folder), names(folder.pending)) == ([NAME], [])
    assert folder.finish(path) == moved
    assert folder.finish(moved) == moved
    assert content(folder.open(moved, PASSWORD)) == content(finished)


def test_an_interrupted_move_is_completed(folder: KeystoreFolder, finished: Keystore) -> None:
    path = folder.create(NAME, finished, PASSWORD)
    os.link(path, folder.folder / NAME)

    assert folder.finish(path) == folder.folder / NAME
    assert (names(folder.folder), names(folder.pending)) == ([NAME], [])


def test_a_move_never_overwrites(folder: KeystoreFolder, finished: Keystore) -> None:
    path = folder.create(NAME, finished, PASSWORD)
    (folder.folder / NAME).write_bytes(b"another")

    with pytest.raises(KeystoreChangedError, match="another file"):
        folder.finish(path)

    assert path.exists()
    assert (folder.folder / NAME).read_bytes() == b"another"


def test_a_keystore_that_is_nowhere_cannot_be_finished(folder: KeystoreFolder) -> None:
    for parent in (folder.pending, folder.folder):
        with pytest.raises(KeystoreMissingError):
            folder.finish(parent / NAME)


def test_the_layout_of_the_wizard_has_one_folder(tmp_path: Path, finished: Keystore) -> None:
    folder = folder_at(tmp_path, pending=".")

    path = folder.create(NAME, finished, PASSWORD)

    assert path.parent.samefile(folder.folder)
    assert folder.finish(path) == path
    assert [file.pending for file in folder.files()] == [False]
    folder.discard(path)
    assert folder.files() == []


def test_only_unfinished_keystores_are_discarded(folder: KeystoreFolder, requested: Keystore) -> None:
    path = folder.create(NAME, requested, PASSWORD)
    other = folder.finish(folder.create(NAME, requested, PASSWORD))

    with pytest.raises(ValueError, match="unfinished"):
        folder.discard(other)
    folder.discard(path)
    folder.discard(path)

    assert (names(folder.folder), names(folder.pending)) == ([other.name], [])


def test_a_file_is_found_before_and_after_its_move(folder: KeystoreFolder, requested: Keystore) -> None:
    assert folder.find(NAME) is None

    path = folder.create(NAME, requested, PASSWORD)

    assert folder.find(NAME) == path
    moved = folder.finish(path)
    assert folder.find(NAME) == moved


def test_every_file_may_be_a_keystore_whatever_its_name(folder: KeystoreFolder, requested: Keystore) -> None:
    folder.check()
    finished = folder.finish(folder.create(NAME, requested, PASSWORD))
    renamed = folder.create(NAME, requested, PASSWORD)
    renamed = renamed.rename(folder.pending / "copy of it.bak")
    os.utime(finished, (0, 0))
    (folder.pending / ".hidden").touch()
    (folder.pending / "a\\b").touch()

    assert folder.candidates() == [renamed, finished]


def test_a_copy_has_the_same_fingerprint_and_another_file_has_not(folder: KeystoreFolder, requested: Keystore) -> None:
    one, other = (folder.create(NAME, requested, PASSWORD) for _ in range(2))
    copy = folder.pending / "copy"
    copy.write_bytes(one.read_bytes())

    assert folder.fingerprint(copy) == folder.fingerprint(one)
    assert folder.fingerprint(other) != folder.fingerprint(one)
    with pytest.raises(KeystoreMissingError):
        folder.fingerprint(folder.pending / "missing")


def test_a_name_that_is_too_long_is_nowhere(folder: KeystoreFolder) -> None:
    assert folder.find("x" * 300) is None


def test_what_cannot_be_opened_says_why_and_never_waits(folder: KeystoreFolder, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.p12")
    (tmp_path / "folder.p12").mkdir()
    (tmp_path / "large.p12").write_bytes(bytes(2_000_000))
    (tmp_path / "loop.p12").symlink_to(tmp_path / "loop.p12")
    start = time.monotonic()

    for name in ("pipe.p12", "folder.p12", "large.p12"):
        with pytest.raises(NotAKeystoreError, match=name):
            folder.open(tmp_path / name, PASSWORD)
    with pytest.raises(NotAKeystoreError):
        folder.open(Path("/dev/zero"), PASSWORD)
    for name in ("missing.p12", "loop.p12", "large.p12/below", "x" * 300, "nul\x00.p12"):
        with pytest.raises(KeystoreMissingError):
            folder.open(tmp_path / name, PASSWORD)
    assert time.monotonic() - start < 1


def test_a_file_that_fails_when_read_is_not_called_missing(folder: KeystoreFolder) -> None:
    unreadable = Path("/proc/self/mem")
    if not unreadable.exists():
        pytest.skip("needs /proc")

    with pytest.raises(KeystoreDamagedError):
        folder.open(unreadable, PASSWORD)


def test_a_wrong_password_names_the_file(folder: KeystoreFolder, requested: Keystore) -> None:
    path = folder.create(NAME, requested, PASSWORD)

    with pytest.raises(KeystorePasswordError, match="20310304-091011"):
        folder.open(path, "wrong-password")


def test_what_does_not_read_back_whole_gets_no_name(
    folder: KeystoreFolder, requested: Keystore, finished: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder.create(NAME, requested, PASSWORD)

    def forgetful(keystore: Keystore, *arguments: Any) -> bytes:
        return write(Keystore(keystore.keys[:1], keystore.certificates), *arguments)

    monkeypatch.setattr("adapters.keystore.folder.write", forgetful)
    with pytest.raises(DefinitionError, match="read back"):
        folder.replace(path, finished, PASSWORD)
    with pytest.raises(DefinitionError, match="read back"):
        folder.create(NAME, finished, PASSWORD)

    assert content(folder.open(path, PASSWORD)) == content(requested)
    assert os.listdir(folder.pending) == [NAME]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_failing_disk_leaves_the_old_keystore(
    folder: KeystoreFolder, requested: Keystore, finished: Keystore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = folder.create(NAME, requested, PASSWORD)

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FolderNotWritableError):
        folder.replace(path, finished, PASSWORD)
    with pytest.raises(FolderNotWritableError):
        folder.create(NAME, finished, PASSWORD)

    assert content(folder.open(path, PASSWORD)) == content(requested)
    assert os.listdir(folder.pending) == [NAME]
