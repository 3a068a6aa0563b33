"""What others can read is found, and made private; links are named and not followed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from adapters.system.private import Openness, make_private, open_places
from workflow.errors import FolderNotWritableError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "locks").mkdir(parents=True, mode=0o700)
    (folder / "store").touch(mode=0o600)
    folder.chmod(0o700)
    return folder


def found(place: Path) -> dict[str, Openness]:
    return {one.path.name: one.how for one in open_places(place)}


def test_a_private_folder_has_nothing_to_tell(data: Path) -> None:
    assert found(data) == {}


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o666, 0o601])
def test_every_right_of_others_is_found(data: Path, mode: int) -> None:
    (data / "store").chmod(mode)

    assert found(data) == {"store": Openness.LOOSE}


def test_folders_count_too(data: Path) -> None:
    data.chmod(0o755)
    (data / "locks").chmod(0o711)

    assert found(data) == {"data": Openness.LOOSE, "locks": Openness.LOOSE}


def test_a_link_is_named_and_not_followed(data: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "loose").touch(mode=0o666)
    (data / "link").symlink_to(outside)

    assert found(data) == {"link": Openness.LINK}


def test_what_is_not_there_is_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path / "none") == {}


def test_making_private_takes_the_rights_of_others_only(data: Path) -> None:
    (data / "store").chmod(0o664)
    data.chmod(0o755)

    make_private(data / "store")
    make_private(data)

    assert stat.S_IMODE((data / "store").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_making_private_does_not_follow_a_link(data: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.touch()
    outside.chmod(0o644)
    (data / "link").symlink_to(outside)

    with pytest.raises(FolderNotWritableError):
        make_private(data / "link")

    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
