"""Named moments at which a crash must do no harm: a test names one, and the process is hit by a signal there."""

from __future__ import annotations

import os
import signal

HIT_VARIABLE = "EHCERT_HIT_AT"
"""`NAME` or `NAME=SIGNAL`: the moment, and the signal that strikes there (SIGKILL unless another is named)."""

TRACE_VARIABLE = "EHCERT_TRACE_BOUNDARIES"
"""A file to which the names of the moments are added as they are reached."""


def reached(name: str) -> None:
    """A moment was reached: write its name down when a trace is wanted, and strike when it is the one."""
    if trace := os.environ.get(TRACE_VARIABLE):
        with open(trace, "a", encoding="utf-8") as file:
            file.write(f"{name}\n")
    wanted, _, striking = os.environ.get(HIT_VARIABLE, "").partition("=")
    if wanted == name:
        os.kill(os.getpid(), signal.Signals[striking or "SIGKILL"])
