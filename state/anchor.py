"""The anchor: what this computer last wrote of each journal, kept outside the database.

It shows what the database cannot show by itself: that it is older than it was. It lags behind, never ahead: it is
written after the commits of a command, and before each call that changes something at eHealth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Protocol

from state.keys import StoreKeys
from workflow.errors import AnchorDamagedError

SCHEMA = "ehcert.anchor/1"


class AnchorFile(Protocol):
    """Where the anchor lies. Raises `FolderNotWritableError`, `StoreUnusableError`."""

    @property
    def place(self) -> str:
        """Its path, for people."""
        ...

    def read(self) -> bytes | None:
        """What is there; None when nothing is. The same object as long as the file is the same."""
        ...

    def update(self, change: Callable[[bytes | None], bytes | None]) -> None:
        """Put what `change` makes of the present content in its place, durably, one process at a time.

        None removes it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a journal had come: its number of lines and the last link; whose it is while it has not ended."""

    lines: int
    head: str
    identity: str | None


class Anchor:
    """The marks of all procedures that were written on this computer, sealed with the store key."""

    def __init__(self, keys: StoreKeys, file: AnchorFile | None) -> None:
        self._keys = keys
        self._file = file
        self._read: tuple[bytes | None, dict[str, Mark]] = (None, {})

    def marks(self) -> Mapping[str, Mark]:
        """All marks. Raises `AnchorDamagedError`."""
        content = self._file.read() if self._file else None
        if content is not self._read[0]:
            self._read = (content, self._parsed(content))
        return self._read[1]

    def missing(self) -> bool:
        """Whether there should be an anchor and is none."""
        return self._file is not None and self._file.read() is None

    def write(self, marks: Mapping[str, Mark], dropped: Iterable[str] = ()) -> None:
        """Put these marks beside the others, and drop some. Raises `AnchorDamagedError`: it is never papered over."""

        def changed(content: bytes | None) -> bytes:
            kept = {name: mark for name, mark in self._parsed(content).items() if name not in set(dropped)}
            return self._sealed({**kept, **marks})

        if self._file is not None:
            self._file.update(changed)

    def make_anew(self, marks: Mapping[str, Mark]) -> None:
        """Put these marks in the place of whatever is there."""
        if self._file is not None:
            self._file.update(lambda content: self._sealed(marks))

    def _sealed(self, marks: Mapping[str, Mark]) -> bytes:
        said = {name: [mark.lines, mark.head, mark.identity] for name, mark in sorted(marks.items())}
        content = {"schema": SCHEMA, "procedures": said}
        seal = self._keys.anchor_seal(_canonical(content))
        return json.dumps({**content, "seal": seal}, indent=1).encode() + b"\n"

    def _parsed(self, content: bytes | None) -> dict[str, Mark]:
        if content is None:
            return {}
        try:
            said = json.loads(content)
            seal = str(said.pop("seal"))
            if compare_digest(seal, self._keys.anchor_seal(_canonical(said))):
                return {name: Mark(*mark) for name, mark in said["procedures"].items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise AnchorDamagedError(path=self._file.place if self._file else "") from error
        raise AnchorDamagedError(path=self._file.place if self._file else "")


def _canonical(said: Any) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
