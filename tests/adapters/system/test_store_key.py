"""The key of the store: made once, private, and never replaced in silence."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from adapters.system.store_key import store_key
from workflow.errors import FolderNotWritableError, StoreUnusableError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.key"


def test_it_is_made_on_first_use_and_then_stays(file: Path) -> None:
    first = store_key(file)

    assert store_key(file) == first
    assert len(first) == 32


def test_nobody_else_can_read_it(file: Path) -> None:
    before = os.umask(0)
    try:
        store_key(file)
    finally:
        os.umask(before)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_two_stores_have_two_keys(tmp_path: Path) -> None:
    assert store_key(tmp_path / "a" / "store.key") != store_key(tmp_path / "b" / "store.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    store_key(file)
    file.chmod(mode)

    with pytest.raises(StoreUnusableError, match="others can read"):
        store_key(file)


@pytest.mark.parametrize("content", [b"", b"short", bytes(31), bytes(33)], ids=len)
def test_a_damaged_key_is_refused_and_left(file: Path, content: bytes) -> None:
    store_key(file)
    file.write_bytes(content)

    with pytest.raises(StoreUnusableError, match="is damaged"):
        store_key(file)

    assert file.read_bytes() == content


def test_a_missing_key_is_not_made_anew_when_something_was_stored(file: Path) -> None:
    with pytest.raises(StoreUnusableError, match="is missing"):
        store_key(file, make=False)

    assert not file.exists()


def test_a_planted_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir(mode=0o700)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(bytes(32))
    elsewhere.chmod(0o600)
    file.symlink_to(elsewhere)

    with pytest.raises(StoreUnusableError):
        store_key(file)


def test_a_folder_in_its_place_is_told(file: Path) -> None:
    file.mkdir(parents=True)

    with pytest.raises((StoreUnusableError, FolderNotWritableError)):
        store_key(file)


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(FolderNotWritableError):
        store_key(tmp_path / "data" / "store.key")
