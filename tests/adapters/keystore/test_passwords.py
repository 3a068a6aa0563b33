"""A keystore on disk gets another password: whole, private to the same people, never half."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.keystore import names, passwords
from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.keystore.reading import read
from adapters.keystore.writing import Rounds
from adapters.system import files as disk
from steps.ports.keystore import Keystore
from tests.world.world import World
from workflow.errors import DefinitionError, FolderNotWritableError, KeystoreChangedError, KeystoreDamagedError

OLD, NEW = "old-password", "new-password"
AT = datetime(2031, 10, 1, 10, 11, 12, tzinfo=UTC)
FEW = Rounds(2, 2)


@pytest.fixture(scope="module")
def content() -> Keystore:
    world = World()
    try:
        return world.old_keystore
    finally:
        world.close()


@pytest.fixture
def folder(tmp_path: Path) -> KeystoreFolder:
    made = KeystoreFolder(tmp_path / "keystore", tmp_path / "keystore" / "pending", "sandbox", rounds=FEW)
    made.check()
    return made


@pytest.fixture
def path(folder: KeystoreFolder, content: Keystore) -> Path:
    return folder.finish(folder.create("SSIN=75031299943 20310304-091011.sandbox.p12", content, OLD))


def change(path: Path) -> None:
    passwords.change(path, OLD, NEW, AT, Encryption.COMPATIBLE, FEW)


def names_in(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir() if one.is_file())


def test_the_copy_has_the_bytes_of_before_and_a_date(path: Path) -> None:
    before = path.read_bytes()

    change(path)

    local = AT.astimezone().strftime("%Y%m%d-%H%M%S")
    copy = path.with_name(f"{path.name}.{local}.old")
    assert copy.read_bytes() == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert names_in(path) == sorted([path.name, copy.name])


def test_software_that_opens_the_last_p12_of_a_person_does_not_take_the_copy(path: Path) -> None:
    change(path)

    assert [one.name for one in path.parent.glob("SSIN=75031299943*p12")] == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_who_could_read_the_file_still_can(path: Path) -> None:
    path.chmod(0o640)

    change(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "my keystore.p12"
    link.symlink_to(path)

    passwords.change(link, OLD, NEW, AT, Encryption.COMPATIBLE, FEW)

    assert link.is_symlink()
    assert len(read(path.read_bytes(), NEW).keys) == 2
    assert passwords.kept_copies(link) == passwords.kept_copies(path) != []


def test_an_interrupted_change_leaves_one_copy_when_it_is_made_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def dies(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(disk, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            change(path)
    assert path.read_bytes() == before

    passwords.change(path, OLD, NEW, AT.replace(hour=11), Encryption.COMPATIBLE, FEW)

    assert len(passwords.kept_copies(path)) == 1
    assert len(read(path.read_bytes(), NEW).keys) == 2


def test_another_program_that_writes_meanwhile_is_noticed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = passwords.prove

    def slow(written: Path, keystore: Keystore, password: str) -> None:
        real(written, keystore, password)
        path.write_bytes(b"written by another program")

    monkeypatch.setattr(passwords, "prove", slow)

    with pytest.raises(KeystoreChangedError):
        change(path)

    assert path.read_bytes() == b"written by another program"


def test_what_does_not_read_back_is_not_put_in_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    real = passwords.write

    def forgetful(keystore: Keystore, *others: object) -> bytes:
        return real(Keystore(keystore.keys[:1], keystore.certificates), *others)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "write", forgetful)

    with pytest.raises(DefinitionError):
        change(path)

    assert path.read_bytes() == before


def test_an_alias_that_got_lost_is_noticed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    real = passwords.write

    def renaming(keystore: Keystore, *others: object) -> bytes:
        renamed = tuple((f"{alias}-2", one) for alias, one in keystore.certificates)
        return real(Keystore(keystore.keys, renamed), *others)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "write", renaming)

    with pytest.raises(DefinitionError):
        change(path)

    assert path.read_bytes() == before


def test_another_file_of_the_name_of_the_copy_stays(path: Path) -> None:
    copy = path.with_name(names.copy_name(path.name, AT.astimezone()))
    copy.write_bytes(b"something else")
    before = path.read_bytes()

    with pytest.raises((KeystoreChangedError, KeystoreDamagedError)):
        change(path)

    assert (path.read_bytes(), copy.read_bytes()) == (before, b"something else")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(FolderNotWritableError):
            change(path)
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("a.p12.20311001-101112.old", "a.p12"),
        ("a.p12.20311001.old", None),
        ("a.p12", None),
        ("20311001-101112.old", None),
    ],
)
def test_a_copy_is_known_by_its_name(name: str, original: str | None) -> None:
    assert names.original_of_copy(name) == original
    assert names.is_kept_copy(name) == (original is not None)
