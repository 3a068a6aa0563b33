"""Examines the files and folders of ehcert: private, no links, nothing left over."""

from __future__ import annotations

import functools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from adapters.cli.checkup.findings import Finding
from adapters.cli.wiring import Wiring
from adapters.keystore.folder import KeystoreFolder
from adapters.system import files
from adapters.system.private import Open, Openness, make_private, open_places

_CODES = {
    Openness.LOOSE: "file_readable_by_others",
    Openness.LINK: "file_is_link",
    Openness.FOREIGN: "file_of_other_user",
    Openness.UNREADABLE: "folder_unreadable",
}
_OLD_SECONDS = 3600


def examine_places(wiring: Wiring, keystores: list[KeystoreFolder]) -> Iterator[Finding]:
    """The data folder with all that is in it, the settings, the unfinished keystores, and the finished ones."""
    found = [*_private(wiring.folders.data), *_private(wiring.folders.settings_file)]
    for folder in keystores:
        if not _inside(folder.pending, wiring.folders.data) and folder.pending != folder.folder:
            found += _private(folder.pending)
        if not _inside(folder.folder, wiring.folders.data):
            found += _finished(folder)
    yield from found or [Finding("files_private")]
    for place in {wiring.folders.data, *(folder for one in keystores for folder in (one.folder, one.pending))}:
        yield from _left_over(place)


def _private(place: Path) -> list[Finding]:
    return [_finding(one) for one in open_places(place)]


def _finding(one: Open) -> Finding:
    repair = functools.partial(_tighten, one.path) if one.how is Openness.LOOSE else None
    return Finding(_CODES[one.how], {"path": one.path}, repair)


def _tighten(path: Path) -> bool:
    make_private(path)
    return True


def _finished(folder: KeystoreFolder) -> Iterator[Finding]:
    """Practice software reads these too, perhaps as another user: that is for its owner to decide."""
    for file in folder.files():
        if not file.pending:
            for one in open_places(file.path):
                yield Finding("keystore_readable_by_others", {"path": one.path})


def _left_over(folder: Path) -> Iterator[Finding]:
    """Temporary files and folders of commands that were killed."""
    for one in sorted(folder.glob(files.TEMPORARY + "*")) if folder.is_dir() else ():
        if time.time() - one.lstat().st_mtime > _OLD_SECONDS:
            yield Finding("left_over", {"path": one}, functools.partial(_remove, one))


def _remove(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        files.remove(path)
    return not path.exists()


def _inside(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder)
