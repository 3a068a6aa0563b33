"""The armed plan of a sandbox and the record of what struck, as files in its folder."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from adapters.sandbox.fault_plan import FaultPlan, Rule
from adapters.sandbox.files import PRIVATE_FILE, private_folder, sync_folder, write_json, write_whole

PLAN_FILE: Final = "faults.json"
FIRED_FILE: Final = "faults-fired.jsonl"


@dataclass(frozen=True, slots=True)
class Fired:
    """One fault that struck; written before it acts.

    `at` is RFC 3339; `plan` names the arming, `rule` counts from 0, `call` from 1. `operation` is '*' when the fault
    struck before anything was read. `carried_out`: the message was handed over to the authority.
    """

    at: str
    plan: str
    rule: int
    fault: str
    operation: str
    call: int
    carried_out: bool
    message_id: str | None = None


class FiredLog:
    """What struck, oldest first; in a file as well when there is a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FIRED_FILE
        self._lock = threading.Lock()
        if self._path is not None:
            _cut_off_tail(self._path)
        self._fired = [] if self._path is None else _read(self._path)

    def add(self, fired: Fired) -> None:
        """Durable when the call returns."""
        with self._lock:
            self._fired.append(fired)
            if self._path is not None:
                _append(self._path, json.dumps(asdict(fired)))

    def all(self) -> list[Fired]:
        """Everything that struck."""
        with self._lock:
            return list(self._fired)

    def struck(self, plan: str) -> dict[int, int]:
        """How often each rule of an armed plan struck so far."""
        return dict(Counter(fired.rule for fired in self.all() if fired.plan == plan))


def arm(folder: Path, plan: FaultPlan) -> str:
    """Put a plan in the folder of a sandbox, in the place of the one there; one that serves takes it up at once."""
    name = secrets.token_hex(4)
    rules = [asdict(rule) for rule in plan.rules]
    write_json(private_folder(folder) / PLAN_FILE, {"armed": name, "seed": plan.seed, "rules": rules})
    return name


def disarm(folder: Path) -> None:
    """Take the plan away; no plan is no error."""
    (folder / PLAN_FILE).unlink(missing_ok=True)


def armed(folder: Path) -> tuple[str, FaultPlan] | None:
    """The name and the plan that are armed in a folder, or None."""
    try:
        content = json.loads((folder / PLAN_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return content["armed"], FaultPlan(tuple(_rule(rule) for rule in content["rules"]), content["seed"])


def fired(folder: Path) -> list[Fired]:
    """What struck in a folder, oldest first."""
    return _read(folder / FIRED_FILE)


def _rule(stored: Mapping[str, Any]) -> Rule:
    return Rule(**{**stored, "faults": tuple(stored["faults"])})


def _append(path: Path, line: str) -> None:
    is_new = not path.exists()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE), "a", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(path.parent)


def _cut_off_tail(path: Path) -> None:
    """Remove a last line that a crash cut off, so that the next one begins a line."""
    content = path.read_bytes() if path.exists() else b""
    if not content.endswith(b"\n") and content:
        write_whole(path, content[: content.rfind(b"\n") + 1])


def _read(path: Path) -> list[Fired]:
    """A last line that a crash cut off was never acted upon."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]
    return [Fired(**json.loads(line)) for line in whole.splitlines()]
