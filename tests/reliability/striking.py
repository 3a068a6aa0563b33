"""Strikes at system calls: a command runs under strace, which kills it or fails a call at the n-th one.

The proof that a fault fired comes from outside the program: strace's own report of the injected call.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reliability.courses import RESUME
from tests.reliability.measuring import READS, WRITES, counted
from tests.reliability.processes import Ended, Home

_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Strike:
    """What strace injects: `what` (signal=SIGKILL, error=ENOSPC), at the n-th call of this kind."""

    what: str
    call: str
    when: int


def strace() -> str:
    """The program; skips, or fails in CI, where it is missing."""
    found = shutil.which("strace")
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("strace is not installed")
    return str(found)


def run_struck(home: Home, arguments: tuple[str, ...], strike: Strike) -> tuple[Ended, bool]:
    """Run a command under a strike; returns its end, and whether the strike was injected."""
    report = home.folder / "strace.txt"
    inject = f"inject={strike.call}:{strike.what}:when={strike.when}"
    ended = run_traced(home, arguments, ["-e", f"trace={strike.call}", "-e", inject], report)
    text = report.read_text(errors="replace")
    return ended, "(INJECTED)" in text or "killed by SIGKILL" in text


def before(home: Home, sitting: str) -> tuple[str, ...]:
    """Bring a fresh home to where a sitting of its course begins; returns the command of the sitting."""
    command = home.course.begin
    for _ in range(home.course.sittings.index(sitting)):
        home.run(*command)
        home.let_time_pass()
        command = RESUME
    return command


def count(home: Home, arguments: tuple[str, ...]) -> dict[str, int]:
    """How many calls of each kind an undisturbed run makes."""
    report = home.folder / "count.txt"
    run_traced(home, arguments, ["-e", f"trace={','.join((*WRITES, *READS))}"], report)
    found = counted(report.read_text(errors="replace"))
    report.unlink()
    return found


def run_traced(
    home: Home, arguments: tuple[str, ...], options: list[str], report: Path, variables: Mapping[str, str] | None = None
) -> Ended:
    """Run a command under strace, which writes its report in a file: it holds the process before anything is done."""
    process = home.begin(*arguments, variables=variables, held=True)
    if not home.stopped(process):
        raise RuntimeError("the command did not wait for strace")
    command = [strace(), "-f", "-qq", "-o", str(report), *options, "-p", str(process)]
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait_until(lambda: _is_traced(process) or tracer.poll() is not None)
        os.kill(process, signal.SIGCONT)
        ended = home.wait(process, _SECONDS)
    finally:
        _, told = tracer.communicate(timeout=_SECONDS)
    if tracer.returncode and not report.exists():
        raise RuntimeError(f"strace: {told.decode(errors='replace')}")
    return ended


def _is_traced(process: int) -> bool:
    return "\nTracerPid:\t0\n" not in Path(f"/proc/{process}/status").read_text()


def _wait_until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not so():
        if time.monotonic() > deadline:
            raise TimeoutError("strace does not begin")
        time.sleep(0.002)
