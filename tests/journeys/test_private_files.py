"""Files are private whatever the umask; a folder open to all is refused; a planted link is not followed."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.two_computers import another_computer, back_up, interrupted_at, restore
from tests.reliability.driving import a_home
from tests.reliability.processes import Home

pytestmark = [pytest.mark.slow, pytest.mark.soap]


@pytest.fixture(scope="module")
def far_side() -> Iterator[Home]:
    """A home with a renewal that waits for delivery, and the served sandbox."""
    with a_home() as made:
        interrupted_at(made, "renew.awaiting_delivery.before")
        yield made


@pytest.fixture
def home(far_side: Home, tmp_path: Path) -> Home:
    """A copy of it."""
    return Home(far_side.folder, tmp_path / "home")


def loose(*places: Path) -> list[str]:
    found = [path for place in places for path in (place, *place.rglob("*"))]
    return [str(path) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077]


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_backup_restore_and_repair_make_private_files_only(home: Home, tmp_path: Path, umask: int) -> None:
    other = another_computer(home, tmp_path / "other")
    (home.folder / "data" / "anchor.json").unlink()
    (tmp_path / "backups").mkdir(mode=0o700)
    before = os.umask(umask)
    try:
        codes = [
            home.run("doctor", "--repair", "--json").code,
            back_up(home, tmp_path / "backups" / "a.backup").code,
            restore(other, tmp_path / "backups" / "a.backup").code,
            other.run("status", "--json").code,
        ]
    finally:
        os.umask(before)

    assert codes == [0, 0, 0, 0]
    assert loose(home.folder / "data", other.folder / "data", tmp_path / "backups") == []


def test_a_data_folder_in_which_everybody_can_write_is_refused(home: Home) -> None:
    (home.folder / "data").chmod(0o777)

    ended = home.resume()

    assert (ended.code, ended.answer["error"]["code"]) == (13, "folder_not_writable")


@pytest.mark.parametrize("name", ["procedures.sqlite", "store.key", "anchor.json"])
def test_a_planted_link_is_refused_and_its_target_untouched(home: Home, tmp_path: Path, name: str) -> None:
    place, target = home.folder / "data" / name, tmp_path / "target"
    shutil.move(place, target)
    place.symlink_to(target)
    before = target.read_bytes()

    ended = home.resume()

    assert (ended.code, ended.answer["error"]["code"]) == (13, "store_unusable")
    assert target.read_bytes() == before
    assert place.is_symlink()


@pytest.mark.parametrize("name", ["procedures.sqlite-journal", "procedures.sqlite-wal", "anchor.lock"])
def test_a_link_planted_beside_the_store_is_not_written_through(home: Home, tmp_path: Path, name: str) -> None:
    (home.folder / "data" / name).unlink(missing_ok=True)
    (home.folder / "data" / name).symlink_to(tmp_path / "victim")

    home.resume()

    assert not (tmp_path / "victim").exists()


def test_a_planted_lock_is_not_followed(home: Home, tmp_path: Path) -> None:
    [lock] = (home.folder / "data" / "locks").glob("*.lock")
    lock.unlink()
    (tmp_path / "victim").write_text("precious")
    lock.symlink_to(tmp_path / "victim")

    ended = home.resume()

    assert (ended.code, ended.answer["error"]["code"]) == (13, "store_unusable")
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_planted_folder_of_locks_is_not_followed(home: Home, tmp_path: Path) -> None:
    shutil.rmtree(home.folder / "data" / "locks")
    (tmp_path / "elsewhere").mkdir()
    (home.folder / "data" / "locks").symlink_to(tmp_path / "elsewhere")

    ended = home.resume()

    assert ended.code == 13
    assert list((tmp_path / "elsewhere").iterdir()) == []
