"""Finds what others can read, and links that somebody may have planted, in the folders of ehcert."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from adapters.system.files import reason_of
from workflow.errors import FolderNotWritableError

_OTHERS = 0o077


class Openness(Enum):
    """What is wrong with a file or folder."""

    LOOSE = "loose"
    LINK = "link"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Open:
    """A file or folder that is not private."""

    path: Path
    how: Openness


def open_places(place: Path) -> Iterator[Open]:
    """What is not private at a place and, when it is a folder, below it; links are not followed, nothing is changed.

    Says nothing where there are no modes (Windows): the rights of the user's own folder hold there.
    """
    if os.name != "posix":
        return
    try:
        status = place.lstat()
    except FileNotFoundError:
        return
    if (how := _openness(status)) is not None:
        yield Open(place, how)
    if stat.S_ISDIR(status.st_mode):
        try:
            below = sorted(place.iterdir())
        except OSError:
            yield Open(place, Openness.UNREADABLE)
            return
        for one in below:
            yield from open_places(one)


def _openness(status: os.stat_result) -> Openness | None:
    if stat.S_ISLNK(status.st_mode):
        return Openness.LINK
    if status.st_uid not in (os.getuid(), 0):
        return Openness.FOREIGN
    return Openness.LOOSE if status.st_mode & _OTHERS else None


def make_private(path: Path) -> None:
    """Take the rights of all others away; a link is left alone. Raises `FolderNotWritableError`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & ~_OTHERS)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FolderNotWritableError(path=path, reason=reason_of(error)) from error
