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

from tests.reliability.processes import Ended, Home

WRITES = "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,ftruncate,unlink,unlinkat,link,linkat,mkdir,mkdirat"
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Strike:
    """What strace injects: `what` (signal=SIGKILL, error=ENOSPC), into which calls, at which one."""

    what: str
    calls: str
    when: str


def strace() -> str:
    """The program; skips, or fails in CI, where it is missing."""
    found = shutil.which("strace")
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("strace is not installed")
    return str(found)


def run_struck(home: Home, arguments: tuple[str, ...], strike: Strike) -> tuple[Ended, bool]:
    """Run a command under a strike; returns its end, and whether the strike was injected."""
    report = home.folder / "strace.txt"
    inject = f"inject={strike.calls}:{strike.what}:when={strike.when}"
    ended = run_traced(home, arguments, ["-e", f"trace={strike.calls}", "-e", inject], report)
    text = report.read_text(errors="replace")
    return ended, "(INJECTED)" in text or "killed by SIGKILL" in text


def count(home: Home, arguments: tuple[str, ...], calls: str) -> int:
    """How many calls of these kinds an undisturbed run makes."""
    report = home.folder / "count.txt"
    run_traced(home, arguments, ["-e", f"trace={calls}"], report)
    lines = report.read_text(errors="replace").splitlines()
    report.unlink()
    return sum("(" in line and not any(sign in line for sign in ("resumed", "+++", "---")) for line in lines)


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
