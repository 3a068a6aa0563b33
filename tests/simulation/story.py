"""What happened in one simulated life, line by line, so that a failing seed can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Story:
    """Lines with their moment; `fired` counts the faults that struck, by kind.

    `calm` is how many moments have passed since the last one.
    """

    now: Callable[[], datetime]
    lines: list[str] = field(default_factory=list)
    fired: Counter[str] = field(default_factory=Counter)
    depth: int = 0
    calm: int = 0

    def tell(self, text: str) -> None:
        """Something happened; what happens inside a second process is indented."""
        self.lines.append(f"{self.now():%m-%d %H:%M:%S} {'    ' * self.depth}{text}")

    def fault(self, kind: str, text: str) -> None:
        """A fault struck."""
        self.fired[kind] += 1
        self.calm = 0
        self.tell(f"** {kind}: {text}")
