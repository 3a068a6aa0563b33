"""The changing part of a software card: its reader, whether it is inserted, and the tries its PIN has left."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from adapters.system.files import replace as replace_file
from workflow.errors import CardUnusableError
from workflow.texts import mark

CARD_FILE = "card.json"
_LOCK_FILE = "card.lock"


@dataclass(frozen=True, slots=True)
class CardState:
    """What `card.json` says; `attempts_left` counts from 3 down to 0, blocked."""

    serial: str
    reader: str
    attempts_left: int
    inserted: bool

    def with_attempts_left(self, attempts_left: int) -> CardState:
        """The same card with another count."""
        return replace(self, attempts_left=attempts_left)


def read_state(folder: Path) -> CardState:
    """Read `card.json`. Raises `CardUnusableError` when it is damaged: an unknown count must not give new tries."""
    try:
        read = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        return CardState(str(read["serial"]), str(read["reader"]), int(read["attempts_left"]), read["inserted"] is True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CardUnusableError(reason=mark("the file card.json of the software card is damaged")) from error


def write_state(folder: Path, state: CardState) -> None:
    """Write `card.json` so that it survives a crash. Raises `FolderNotWritableError`: then no try was given."""
    replace_file(folder / CARD_FILE, json.dumps(asdict(state), indent=2).encode() + b"\n")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the card against other processes; the operating system frees it when the holder dies."""
    descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
