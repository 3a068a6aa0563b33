"""Strikes at system calls: a command runs under strace, which kills it or fails a call at the n-th one.

The proof that a fault fired comes from outside the program: strace's own report of the injected call.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import adapters
from tests.reliability.processes import SECRETS, Ended, Home, parsed

WRITES = "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,ftruncate,unlink,unlinkat,link,linkat,mkdir,mkdirat"
_SECONDS = 120

# A command that starts with few rounds for keystores, as the forked ones have.
_PROGRAM = "from tests.reliability.processes import few_rounds; few_rounds(); from adapters.cli.app import main; main()"


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


def _strikes(options: list[str]) -> bool:
    """Whether something is injected: strace cannot do that together with its faster way of tracing."""
    return any(option.startswith("inject=") for option in options)


def run_traced(
    home: Home, arguments: tuple[str, ...], options: list[str], report: Path, variables: Mapping[str, str] | None = None
) -> Ended:
    """Run a command under strace, which writes its report in a file."""
    root = str(Path(adapters.__file__).parent.parent)
    secrets = {f"EHCERT_SECRET_{name.upper()}": value for name, value in SECRETS.items()}
    environment: Mapping[str, str] = {**home.variables(), **secrets, "PYTHONPATH": root}
    environment = {**environment, "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}
    command = [
        strace(),
        "-f",
        *([] if _strikes(options) else ["--seccomp-bpf"]),
        "-qq",
        "-o",
        str(report),
        *options,
        sys.executable,
        "-c",
        _PROGRAM,
        *arguments,
    ]
    process = subprocess.run(
        command,
        cwd=home.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    code = process.returncode
    return Ended(code if code >= 0 else None, -code if code < 0 else None, parsed(process.stdout), process.stderr)
