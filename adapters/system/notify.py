"""Runs the user's command for a notification: its values are variables, never a part of a command line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workflow.texts import mark

PREFIX = "EHCERT_NOTICE_"
"""How the names of the values begin; none of them is a setting of ehcert."""

LONGEST_SECONDS = 30.0
_LONGEST_VALUE = 2000
_KEPT = frozenset({"EHCERT_HOME"})
"""So that the command can ask the same ehcert for more."""
_SECRETS = frozenset({"PGPASSWORD", "PGPASSFILE"})


@dataclass(frozen=True, slots=True)
class NotTold:
    """Why a notification did not get through, as a marked text; `code` is how the command ended, if it did."""

    reason: str
    code: int | None = None


def notify(command: Sequence[str], values: Mapping[str, str], seconds: float = LONGEST_SECONDS) -> NotTold | None:
    """Run a command with these values, each in the variable `EHCERT_NOTICE_<NAME>`; None when it ended with 0.

    No shell is between: the arguments are those of the setting. It gets no input, what it prints is thrown away, and
    after `seconds` it is ended.
    """
    try:
        done = subprocess.run(
            list(command),
            env=variables(values),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return NotTold(mark("it did not end in time"))
    except (OSError, ValueError):
        return NotTold(mark("it cannot be started"))
    return NotTold(mark("it ended with an error"), done.returncode) if done.returncode else None


def variables(values: Mapping[str, str], present: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of the command: what programs need, the values, and no setting or secret of ehcert."""
    kept = {name: value for name, value in present.items() if _may_be_known(name)}
    return kept | {f"{PREFIX}{name.upper()}": _value(value) for name, value in values.items()}


def _may_be_known(name: str) -> bool:
    return name in _KEPT or not (name.upper().startswith("EHCERT_") or name.upper() in _SECRETS)


def _value(text: str) -> str:
    """A value that every system takes: no NUL, no half of a pair, not too long."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:_LONGEST_VALUE]
