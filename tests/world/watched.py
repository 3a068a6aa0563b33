"""Watches every call to a port, and dies where a test says so."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

Port = TypeVar("Port")


class Died(BaseException):
    """The process is gone: nothing of the program catches this."""


@dataclass
class Trail:
    """The calls to ports so far, such as 'store.save' and 'card.sign', and the boundaries that the engine passed.

    `die_after` is the number of the call after which the process dies, counted from 1 over all calls of the
    world; `die_at` the name of a boundary. Both work once.
    """

    calls: list[str] = field(default_factory=list)
    boundaries: list[str] = field(default_factory=list)
    die_after: int | None = None
    die_at: str | None = None

    def passed(self, call: str) -> None:
        """A call was made and carried out. Raises `Died` when it was the last one."""
        self.calls.append(call)
        if len(self.calls) == self.die_after:
            self.die_after = None
            raise Died(call)

    def boundary(self, name: str) -> None:
        """The engine passed a moment at which a crash must do no harm. Raises `Died` when it was to die there."""
        self.boundaries.append(name)
        if name == self.die_at:
            self.die_at = None
            raise Died(name)


class _Watched:
    def __init__(self, port: Any, name: str, trail: Trail) -> None:
        self._port = port
        self._name = name
        self._trail = trail

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if not callable(found):
            return found

        @functools.wraps(found)
        def call(*arguments: Any, **options: Any) -> Any:
            try:
                answer = found(*arguments, **options)
            except Exception:
                self._trail.passed(f"{self._name}.{attribute}")
                raise
            self._trail.passed(f"{self._name}.{attribute}")
            return answer

        return call


def watched(port: Port, name: str, trail: Trail) -> Port:
    """The same port; each call, also one that fails, is told to the trail when it is over."""
    return cast(Port, _Watched(port, name, trail))
