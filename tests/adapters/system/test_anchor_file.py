"""The anchor's file: private, whole, one process at a time, never through a link."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from adapters.system.anchor_file import JsonAnchorFile
from workflow.errors import StoreUnusableError


@pytest.fixture
def file(tmp_path: Path) -> JsonAnchorFile:
    return JsonAnchorFile(tmp_path / "anchor.json")


def add_one(path: Path, times: int) -> None:
    file = JsonAnchorFile(path)
    for _ in range(times):
        file.update(lambda content: str(int(content or b"0") + 1).encode())


def test_nothing_is_there_at_first(file: JsonAnchorFile) -> None:
    assert file.read() is None


def test_what_was_put_is_read(file: JsonAnchorFile) -> None:
    file.update(lambda content: b"one")

    assert file.read() == b"one"
    assert JsonAnchorFile(file.path).read() == b"one"


def test_an_unchanged_file_is_the_same_object(file: JsonAnchorFile) -> None:
    file.update(lambda content: b"x" * 2000)

    assert file.read() is file.read()


def test_a_change_by_another_is_seen(file: JsonAnchorFile) -> None:
    file.update(lambda content: b"one")
    file.read()

    JsonAnchorFile(file.path).update(lambda content: b"two")

    assert file.read() == b"two"


def test_it_can_be_removed(file: JsonAnchorFile) -> None:
    file.update(lambda content: b"one")

    file.update(lambda content: None)

    assert file.read() is None


def test_it_and_its_lock_are_private_whatever_the_umask(file: JsonAnchorFile) -> None:
    before = os.umask(0)
    try:
        file.update(lambda content: b"one")
    finally:
        os.umask(before)

    assert {stat.S_IMODE(one.stat().st_mode) for one in file.path.parent.iterdir()} == {0o600}


def test_a_failed_change_leaves_the_old_content(file: JsonAnchorFile) -> None:
    file.update(lambda content: b"one")

    with pytest.raises(ZeroDivisionError):
        file.update(lambda content: bytes(1 // 0))

    assert file.read() == b"one"


def test_four_processes_lose_no_change(file: JsonAnchorFile) -> None:
    workers = [multiprocessing.Process(target=add_one, args=(file.path, 25)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert file.read() == b"100"


@pytest.mark.parametrize("name", ["anchor.json", "anchor.lock"])
def test_a_planted_link_is_not_followed(file: JsonAnchorFile, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / name).symlink_to(victim)

    with pytest.raises(StoreUnusableError, match="link"):
        file.update(lambda content: b"one")

    assert victim.read_bytes() == b"precious"


def test_a_folder_in_its_place_is_told(file: JsonAnchorFile) -> None:
    file.path.mkdir()

    with pytest.raises(StoreUnusableError):
        file.read()


def test_a_pipe_in_its_place_is_not_waited_for(file: JsonAnchorFile) -> None:
    os.mkfifo(file.path)

    with pytest.raises(StoreUnusableError, match="ordinary"):
        file.read()
