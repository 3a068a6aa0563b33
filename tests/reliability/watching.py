"""Watches what a piece of code costs and touches: processor time, memory, files opened, connections made."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_IN_OPEN, _IN_ACCESS, _IN_NONBLOCK = 0x20, 0x1, 0x800
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


@dataclass
class Seen:
    """What happened in a watched block; `peak` is how far the memory rose, in bytes (0 where it cannot be told)."""

    seconds: float = 0.0
    peak: int = 0
    files: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)

    def problems(self, seconds: float, memory: int) -> Iterator[str]:
        """In words, what was not allowed."""
        if self.seconds > seconds:
            yield f"took {self.seconds:.1f} s"
        if self.peak > memory:
            yield f"took {self.peak // 1_000_000} MB"
        yield from (f"opened {name}" for name in self.files)
        yield from (f"connected to {address}" for address in self.connections)


class Traps:
    """A file that nobody may open and an address that nobody may connect to, with a watch on both.

    The file is watched by the kernel and the address is a real one, so that code in C is seen as well.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ehcert-traps-"))
        self.file = self.folder / "canary.txt"
        self.file.write_text(CANARY)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/canary.dtd"
        self._notify = _watched(self.file)

    def close(self) -> None:
        """Let go of the traps."""
        self._listener.close()
        if self._notify is not None:
            os.close(self._notify)
        self.file.unlink()
        self.folder.rmdir()

    @contextlib.contextmanager
    def watching(self) -> Iterator[Seen]:
        """Watch a block of code."""
        self._drain()
        seen = Seen()
        before, begun = _memory_now(), time.process_time()
        with _hearing(seen.connections):
            yield seen
        seen.seconds = time.process_time() - begun
        seen.peak = max(0, _memory_peak() - before)
        files, connections = self._drain()
        seen.files += files
        seen.connections += connections

    def _drain(self) -> tuple[list[str], list[str]]:
        """What the traps caught since the last look."""
        files, connections = [], []
        if self._notify is not None:
            while select.select([self._notify], [], [], 0)[0]:
                events = os.read(self._notify, 4096)
                files += [str(self.file)] * (len(events) // struct.calcsize("iIII"))
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, address = self._listener.accept()
                connection.close()
                connections.append(str(address))
        return files, connections


CANARY = "canary-4f1c-content-of-a-file-of-the-user"


def _watched(path: Path) -> int | None:
    """A kernel watch (inotify) on a file; None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.inotify_init1(_IN_NONBLOCK)
    if descriptor < 0 or library.inotify_add_watch(descriptor, os.fsencode(path), _IN_OPEN | _IN_ACCESS) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    return int(descriptor)


# --- memory -------------------------------------------------------------------------------------------------------


def _memory_now() -> int:
    """The memory in use; the kernel begins to look for a new peak."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _memory_peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0


# --- connections of Python code -----------------------------------------------------------------------------------

_ears: list[list[str]] = []
_hook_is_there: list[bool] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _ears and event in _NETWORK:
        for heard in _ears:
            heard.append(f"{event} {arguments[1:] if event == 'socket.connect' else arguments}")


@contextlib.contextmanager
def _hearing(heard: list[str]) -> Iterator[None]:
    """Hear of every connection that Python opens while the block runs."""
    if not _hook_is_there:
        sys.addaudithook(_hear)
        _hook_is_there.append(True)
    _ears.append(heard)
    try:
        yield
    finally:
        _ears.remove(heard)
