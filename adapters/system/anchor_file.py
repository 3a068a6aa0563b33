"""The file that says what this computer last wrote in its store: see `state.anchor`."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from adapters.system import files
from adapters.system.locks import waiting_lock
from workflow.errors import StoreUnusableError
from workflow.texts import mark

_LARGEST = 64 * 1024 * 1024
_Signature = tuple[int, int, int]


@dataclass(slots=True)
class JsonAnchorFile:
    """Implements `state.anchor.AnchorFile`; other processes are kept out by a lock beside it while it is changed."""

    path: Path
    _seen: tuple[_Signature, bytes] | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """Its path, for people."""
        return str(self.path)

    def read(self) -> bytes | None:
        """See `state.anchor.AnchorFile.read`; a link is not followed."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            self._seen = None
            return None
        except OSError as error:
            reason = mark("it is a link that ehcert did not make") if self.path.is_symlink() else files.reason_of(error)
            raise StoreUnusableError(path=self.path, reason=reason) from error
        try:
            return self._content(descriptor)
        finally:
            os.close(descriptor)

    def update(self, change: Callable[[bytes | None], bytes | None]) -> None:
        """See `state.anchor.AnchorFile.update`."""
        with waiting_lock(self.path.with_suffix(".lock")):
            content = change(self.read())
            if content is None:
                files.remove(self.path)
            else:
                files.replace(self.path, content)

    def _content(self, descriptor: int) -> bytes:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StoreUnusableError(path=self.path, reason=mark("it is no ordinary file"))
        signature = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._seen is None or self._seen[0] != signature:
            self._seen = (signature, _all_of(descriptor, min(status.st_size, _LARGEST)))
        return self._seen[1]


def _all_of(descriptor: int, size: int) -> bytes:
    content = bytearray()
    while part := os.read(descriptor, size - len(content)):
        content += part
    return bytes(content)
