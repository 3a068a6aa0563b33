"""One worker for each procedure: the lock is the system's, and dies with the process that holds it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.system.locks import FileLocks
from workflow.errors import BusyError, StoreUnusableError
from workflow.procedure import ProcedureId

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, 15, 10, tzinfo=UTC)
ONE, OTHER = ProcedureId("23456789"), ProcedureId("98765432")

HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.system.locks import FileLocks

with FileLocks(Path(sys.argv[1]), lambda: datetime(2026, 11, 23, 15, 0, tzinfo=UTC)).hold(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def locks(tmp_path: Path) -> FileLocks:
    return FileLocks(tmp_path / "locks", lambda: NOW)


@contextlib.contextmanager
def held(folder: Path, procedure: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it ends."""
    command = [sys.executable, "-c", HOLDER, str(folder), procedure]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_other_is_told_who_and_since_when(locks: FileLocks) -> None:
    with held(locks.folder, ONE) as process, pytest.raises(BusyError) as refused, locks.hold(ONE):
        pass

    assert refused.value.details == {"id": ONE, "pid": process.pid, "since": NOW.replace(minute=0)}


def test_it_is_not_taken_twice_by_the_same_process_either(locks: FileLocks) -> None:
    with locks.hold(ONE), pytest.raises(BusyError), locks.hold(ONE):
        pass


def test_other_procedures_are_free(locks: FileLocks) -> None:
    with held(locks.folder, ONE), locks.hold(OTHER):
        pass


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_it_is_free_at_once_when_its_holder_dies(locks: FileLocks, number: signal.Signals) -> None:
    with held(locks.folder, ONE) as process:
        os.kill(process.pid, number)
        process.wait(10)

        with locks.hold(ONE):
            pass


def test_it_is_free_again_afterwards(locks: FileLocks) -> None:
    for _ in range(2):
        with locks.hold(ONE):
            pass


def test_what_stands_in_the_file_locks_nobody(locks: FileLocks) -> None:
    locks.folder.mkdir(mode=0o700)
    (locks.folder / f"{ONE}.lock").write_text('{"pid": 1, "since": "2026-11-23T15:00:00+00:00"}')

    with locks.hold(ONE):
        pass


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', "\udcff"], ids=["", "cut", "list", "text", "bytes"])
def test_a_holder_that_cannot_be_read_is_unknown(locks: FileLocks, content: str) -> None:
    with held(locks.folder, ONE):
        (locks.folder / f"{ONE}.lock").write_bytes(content.encode("utf-8", "surrogateescape"))

        with pytest.raises(BusyError) as refused, locks.hold(ONE):
            pass

    assert refused.value.details == {"id": ONE, "pid": "?", "since": "?"}


def test_a_lock_that_cannot_be_made_is_told(locks: FileLocks) -> None:
    (locks.folder / f"{ONE}.lock").mkdir(parents=True)
    locks.folder.chmod(0o700)

    with pytest.raises(StoreUnusableError), locks.hold(ONE):
        pass


def test_nobody_else_can_read_the_lock(locks: FileLocks) -> None:
    before = os.umask(0)
    try:
        with locks.hold(ONE):
            pass
    finally:
        os.umask(before)

    assert (locks.folder / f"{ONE}.lock").stat().st_mode & 0o077 == 0


def test_the_one_who_held_it_before_is_not_named(locks: FileLocks) -> None:
    with locks.hold(ONE):
        pass

    assert (locks.folder / f"{ONE}.lock").read_bytes() == b""
