"""Atomic files: whole or not at all, and never over another one."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.system import files
from workflow.errors import FolderNotWritableError


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow over 100 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows no hard links, as on many sticks."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)


def refuse(path: Path) -> None:
    raise ArithmeticError(path.name)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new"

    files.write_new(path, b"content")

    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_nlink == 1
    assert names(tmp_path) == ["new"]


def test_a_file_already_there_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"old")

    with pytest.raises(FileExistsError):
        files.write_new(path, b"new")

    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["there"]


def test_a_link_to_nowhere_is_never_followed(tmp_path: Path) -> None:
    path = tmp_path / "link"
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        files.write_new(path, b"new")

    assert names(tmp_path) == ["link"]


def test_without_hard_links_a_new_file_is_written_too(tmp_path: Path, no_hard_links: None) -> None:
    files.write_new(tmp_path / "new", b"content")

    assert (tmp_path / "new").read_bytes() == b"content"
    assert names(tmp_path) == ["new"]


def test_without_hard_links_a_file_already_there_is_never_replaced(tmp_path: Path, no_hard_links: None) -> None:
    (tmp_path / "there").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "there", b"new")

    assert (tmp_path / "there").read_bytes() == b"old"
    assert names(tmp_path) == ["there"]


def test_what_is_not_proved_gets_no_name(tmp_path: Path) -> None:
    with pytest.raises(ArithmeticError):
        files.write_new(tmp_path / "new", b"content", refuse)

    assert names(tmp_path) == []


def test_the_proof_sees_the_whole_private_file_under_a_hidden_name(tmp_path: Path) -> None:
    seen: list[tuple[str, bytes, int]] = []

    def look(path: Path) -> None:
        seen.append((path.name, path.read_bytes(), stat.S_IMODE(path.stat().st_mode)))

    files.write_new(tmp_path / "one", b"content", look)
    files.write_new(tmp_path / "two", b"content", look)

    assert [entry[1:] for entry in seen] == [(b"content", 0o600)] * 2
    assert all(entry[0].startswith(".") for entry in seen)
    assert seen[0][0] != seen[1][0]


def test_a_replaced_file_is_the_old_one_until_the_new_one_is_proved(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    with pytest.raises(ArithmeticError):
        files.replace(path, b"new", refuse)
    assert path.read_bytes() == b"old"

    files.replace(path, b"new", lambda _: None)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["file"]


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, full_disk: None) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    with pytest.raises(FolderNotWritableError, match="larger than allowed") as caught:
        files.replace(path, bytes(5000))
    with pytest.raises(FolderNotWritableError, match="larger than allowed"):
        files.write_new(tmp_path / "new", bytes(5000))

    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritableError, match="gone"):
        files.write_new(tmp_path / "gone" / "file", b"")


def test_a_name_that_is_too_long_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritableError, match="too long"):
        files.write_new(tmp_path / ("x" * 300), b"")

    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "full"), (errno.EROFS, "only be read"), (errno.EACCES, "right"), (errno.EIO, "fails")],
)
def test_what_the_system_says_is_told_in_our_words(number: int, reason: str) -> None:
    assert reason in files.reason_of(OSError(number, os.strerror(number)))


def test_a_file_is_moved_to_a_new_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")

    files.move_new(tmp_path / "a", tmp_path / "b")

    assert names(tmp_path) == ["b"]
    assert (tmp_path / "b").stat().st_nlink == 1


def test_a_file_is_moved_without_hard_links(tmp_path: Path, no_hard_links: None) -> None:
    (tmp_path / "a").write_bytes(b"content")

    files.move_new(tmp_path / "a", tmp_path / "b")

    assert names(tmp_path) == ["b"]
    assert (tmp_path / "b").read_bytes() == b"content"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_a_file_is_moved_to_another_file_system(tmp_path: Path) -> None:
    target = Path("/dev/shm") / f"ehcert-test-{os.getpid()}"
    (tmp_path / "a").write_bytes(b"content")

    try:
        files.move_new(tmp_path / "a", target)
        assert target.read_bytes() == b"content"
    finally:
        target.unlink(missing_ok=True)
    assert names(tmp_path) == []


def test_a_move_never_replaces(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)

    with pytest.raises(FileExistsError):
        files.move_new(tmp_path / "a", tmp_path / "b")

    assert [(tmp_path / name).read_text() for name in "ab"] == ["a", "b"]


def test_a_move_tells_a_missing_file_from_a_missing_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")

    with pytest.raises(FileNotFoundError):
        files.move_new(tmp_path / "missing", tmp_path / "b")
    with pytest.raises(FolderNotWritableError):
        files.move_new(tmp_path / "a", tmp_path / "gone" / "b")

    assert names(tmp_path) == ["a"]


def test_removing_a_missing_file_is_no_error(tmp_path: Path) -> None:
    files.remove(tmp_path / "missing")
    files.remove(tmp_path / "gone" / "missing")


def test_a_private_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    files.private_folder(tmp_path / "a" / "b")

    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    files.private_folder(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_folder_that_everybody_can_write_in_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(FolderNotWritableError, match="every user"):
        files.private_folder(tmp_path)


def test_a_link_inside_our_own_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "pending").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FolderNotWritableError, match="link"):
        files.private_folder(tmp_path / "ours" / "pending", inside=tmp_path / "ours")


def test_a_link_that_the_person_made_is_followed(tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir(mode=0o700)
    (tmp_path / "ours").symlink_to(tmp_path / "drive")

    files.private_folder(tmp_path / "ours")


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root, to give a link to another user")
def test_a_link_that_another_user_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir(mode=0o700)
    (tmp_path / "ours").symlink_to(tmp_path / "drive")
    os.lchown(tmp_path / "ours", 65534, 65534)

    with pytest.raises(FolderNotWritableError, match="another user"):
        files.private_folder(tmp_path / "ours")


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FolderNotWritableError, match="not a folder"):
            files.private_folder(path)


def test_whether_a_folder_can_be_written_to_is_found_out_by_writing(tmp_path: Path) -> None:
    files.check_writable(tmp_path)

    assert names(tmp_path) == []
    with pytest.raises(FolderNotWritableError):
        files.check_writable(tmp_path / "gone")
    with pytest.raises(FolderNotWritableError):
        files.check_writable(Path("/proc/self"))
