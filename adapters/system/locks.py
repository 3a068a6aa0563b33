"""One worker for each procedure: a lock of the operating system, which dies with the process that holds it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.system.files import private_folder, reason_of
from workflow.errors import BusyError, StoreUnusableError
from workflow.procedure import ProcedureId
from workflow.texts import mark

if sys.platform == "win32":
    import msvcrt

    _LOCKED_AT = 4096  # beyond what is written, for Windows keeps others from reading a locked part

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_AT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _wait_for(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_AT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _wait_for(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


_READINGS = 20
_BETWEEN_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class FileLocks:
    """A file for each procedure; what is written in it tells others who holds it, the lock itself is the system's."""

    folder: Path
    now: Callable[[], datetime]

    @contextlib.contextmanager
    def hold(self, procedure: ProcedureId) -> Iterator[None]:
        """See `workflow.ports.Locks.hold`."""
        private_folder(self.folder, inside=self.folder.parent)
        descriptor = _opened(self.folder / f"{procedure}.lock")
        try:
            self._take(descriptor, procedure)
            try:
                yield
            finally:
                with contextlib.suppress(OSError):  # so that nobody reads there who held it before
                    os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int, procedure: ProcedureId) -> None:
        try:
            _lock(descriptor)
        except OSError as error:
            raise BusyError(id=procedure, **_patiently(descriptor)) from error
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "since": self.now().isoformat()}).encode())


@contextlib.contextmanager
def waiting_lock(file: Path) -> Iterator[None]:
    """Hold a lock for some milliseconds, waiting for whoever holds it; it dies with its process.

    Raises `StoreUnusableError`.
    """
    descriptor = _opened(file)
    try:
        _wait_for(descriptor)
        yield
    finally:
        os.close(descriptor)


def _opened(file: Path) -> int:
    """A lock file, mode 0600 whatever the umask; a link that lies in its place is not followed."""
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        reason = mark("it is a link that ehcert did not make") if file.is_symlink() else reason_of(error)
        raise StoreUnusableError(path=file, reason=reason) from error


def _patiently(descriptor: int) -> dict[str, object]:
    """Who holds the lock; between its taking and what is written then there is a moment."""
    for _ in range(_READINGS):
        if (found := _holder(descriptor))["pid"] != "?":
            return found
        time.sleep(_BETWEEN_SECONDS)
    return found


def _holder(descriptor: int) -> dict[str, object]:
    """Who says to hold the lock; unknown when nothing of that is written."""
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        written = json.loads(os.read(descriptor, 1000))
        return {"pid": int(written["pid"]), "since": datetime.fromisoformat(written["since"])}
    except (ValueError, KeyError, TypeError):
        return {"pid": "?", "since": "?"}
