"""Atomic files: a file is there whole, proved and synced, or it is not there."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from workflow.errors import FolderNotWritableError
from workflow.texts import mark

Prove = Callable[[Path], None]
"""Opens the temporary file once more and raises when it is not what it should be."""

TEMPORARY = ".ehcert-"
"""How the names of temporary files and folders begin; they are gone when the command that made them ends."""
_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700

_REASONS = {
    errno.EACCES: mark("you have no right to write there"),
    errno.EPERM: mark("you have no right to write there"),
    errno.EROFS: mark("it can only be read"),
    errno.ENOSPC: mark("the disk is full"),
    errno.EDQUOT: mark("your share of the disk is full"),
    errno.EFBIG: mark("the file would be larger than allowed"),
    errno.EIO: mark("the disk or the network drive fails"),
    errno.ENOENT: mark("the folder is gone"),
    errno.ENOTDIR: mark("a part of this path is not a folder"),
    errno.ENAMETOOLONG: mark("the name is too long"),
    errno.ELOOP: mark("a link points to itself"),
}

# What a folder's fsync answers where folders cannot be synced (some network file systems).
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


def reason_of(error: OSError) -> str:
    """Why the system refused, as a text for people."""
    return _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__


def write_new(path: Path, data: bytes, prove: Prove | None = None) -> None:
    """Write a file that does not exist yet, mode 0600: temporary file, fsync, proof, then its name, fsync.

    Raises `FileExistsError` when something of this name is there: it is left as it is; `FolderNotWritableError`
    when the system refuses; and what `prove` raises. After an error nothing is left behind.
    """
    with _writing(path, FileExistsError), _temporary_file(path.parent, data, prove) as temporary:
        _name_new(temporary, path)
        sync_folder(path.parent)


def replace(path: Path, data: bytes, prove: Prove | None = None) -> None:
    """Write a file, mode 0600, over the one that may be there; the old one stays whole until the new one is proved.

    Raises `FolderNotWritableError` when the system refuses, and what `prove` raises: then the old file is untouched.
    """
    with _writing(path), _temporary_file(path.parent, data, prove) as temporary:
        os.replace(temporary, path)
        sync_folder(path.parent)


def move_new(source: Path, target: Path) -> None:
    """Move a file to a name that does not exist yet, also to another file system; it is never in neither place.

    Raises `FileExistsError` (both files are left as they are), `FileNotFoundError` when there is no source, and
    `FolderNotWritableError`.
    """
    source.lstat()
    with _writing(target, FileExistsError):
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:  # another file system, or one without hard links
            write_new(target, source.read_bytes())
        sync_folder(target.parent)
    remove(source)


def remove(path: Path) -> None:
    """Remove a file for good; a missing one is no error. Raises `FolderNotWritableError`."""
    with _writing(path):
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)


def private_folder(path: Path, *, inside: Path | None = None) -> None:
    """Make a folder and its missing parents, mode 0700; one that exists is left as it is.

    `inside` is a folder of ours that `path` lies in: on the way down from it no link is followed.
    Raises `FolderNotWritableError` when the system refuses, when everybody can write in the folder, and when a
    link leads there that somebody else could have planted.
    """
    with _writing(path):
        _refuse_planted_links(path, inside)
        if not path.is_dir():
            _make(path)
        if os.name == "posix" and path.stat().st_mode & stat.S_IWOTH:
            # The group may write: many systems give each person a group of their own.
            raise FolderNotWritableError(path=path, reason=mark("every user of this computer can write there"))


def check_writable(folder: Path) -> None:
    """Find out by writing and removing a file. Raises `FolderNotWritableError`."""
    with _writing(folder), _temporary_file(folder, b"ehcert", None):
        pass


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _writing(path: Path, *passing: type[OSError]) -> Iterator[None]:
    """Turn what the system refuses into our error, but for the answers in `passing`."""
    try:
        yield
    except passing:
        raise
    except OSError as error:
        raise FolderNotWritableError(path=path, reason=reason_of(error)) from error


@contextlib.contextmanager
def _temporary_file(folder: Path, data: bytes, prove: Prove | None) -> Iterator[Path]:
    """A proved and synced file beside the one to be; afterwards its temporary name is gone."""
    temporary = folder / f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if temporary.read_bytes() != data:
            raise FolderNotWritableError(path=folder, reason=mark("what was written there does not read back"))
        if prove is not None:
            prove(temporary)
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _name_new(temporary: Path, path: Path) -> None:
    """Give the file its name, never taking the name of another file."""
    if os.name == "nt":
        os.rename(temporary, path)  # Windows itself refuses to overwrite
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOENT, errno.ENAMETOOLONG):
            raise
        _reserve_and_rename(temporary, path)


def _reserve_and_rename(temporary: Path, path: Path) -> None:
    """For file systems without hard links: an empty file takes the name first, so that nobody else can."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE))
    try:
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _refuse_planted_links(path: Path, inside: Path | None) -> None:
    for step in (path, *path.parents):
        if step == inside:
            return
        if not step.is_symlink():
            continue
        if inside is not None and step.is_relative_to(inside):
            raise FolderNotWritableError(path=step, reason=mark("it is a link that ehcert did not make"))
        if os.name == "posix" and step.lstat().st_uid not in (0, os.getuid()):
            raise FolderNotWritableError(path=step, reason=mark("it is a link made by another user"))


def _make(path: Path) -> None:
    if not path.parent.is_dir():
        _make(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=_PRIVATE_FOLDER)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    sync_folder(path.parent)
