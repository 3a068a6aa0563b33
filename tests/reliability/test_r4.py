"""R4: the power fails at any system call; what was acknowledged is there, and no keystore is torn.

The fault is proved by the images themselves: each is built from what the traced run had synced at that moment.
"""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from adapters.cli.demonstration import NEW_PASSWORD
from adapters.cli.rehearsal import PASSWORD
from adapters.keystore.reading import read
from adapters.system.boundaries import TRACE_VARIABLE
from tests.reliability import striking
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.driving import a_home
from tests.reliability.power import OPTIONS, Call, Disk, Inode, calls_in
from tests.reliability.test_r3_r5_r6 import SITTINGS, WRITING_CALLS, before
from workflow.errors import KeystoreError

pytestmark = [pytest.mark.slow, pytest.mark.soap]

KINDS = ("synced", "all", "part one", "part two")
CHANGING = ("write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "ftruncate", "unlink", "link", "linkat")


@dataclass(frozen=True, slots=True)
class Trace:
    """One traced sitting: the disk before it, its calls, and the file in which it says what was acknowledged."""

    root: Path
    files: dict[str, bytes]
    lines_before: int
    calls: tuple[Call, ...]
    spoken: str


@functools.cache
def traced(sitting: str) -> Trace:
    """Run a sitting once under strace."""
    with a_home() as home:
        command = before(home, sitting)
        data = home.folder / "data"
        files = {str(path): path.read_bytes() for path in data.rglob("*") if path.is_file()}
        spoken = home.folder / "spoken"
        report = home.folder / "power.txt"
        ended = striking.run_traced(home, command, OPTIONS, report, {TRACE_VARIABLE: str(spoken)})
        assert ended.code == 0, ended
        calls = tuple(calls_in(report.read_text()))
        return Trace(data, files, _lines(files.get(str(data / "procedures.sqlite"), b"")), calls, str(spoken))


class Replay:
    """Goes through the calls of a trace once; asked for ever later moments, it never starts again."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.disk = Disk(trace.root)
        for path, content in trace.files.items():
            self.disk.seen[path] = self.disk.safe[path] = Inode(bytearray(content), content)
        self.passed = self.acknowledged = 0
        self._calls = iter(trace.calls)

    def go_to(self, moment: int) -> bool:
        """Apply calls until this many have changed the disk; whether there are so many."""
        while self.passed < moment and (call := next(self._calls, None)) is not None:
            self.disk.apply(call)
            if call.name == "write" and call.path == self.trace.spoken:
                self.acknowledged += call.data.decode().count(".after_")
            elif call.name in CHANGING and call.path.startswith(str(self.trace.root)):
                self.passed += 1
        return self.passed == moment


_replays: dict[str, Replay] = {}


def powerless(sitting: str, moment: int, kind: str) -> Verdict:
    """The power fails after the n-th call that changes the disk."""
    replay = _replays.get(sitting)
    if replay is None or replay.passed > moment:
        replay = _replays[sitting] = Replay(traced(sitting))
    fired = replay.go_to(moment)
    image = replay.disk.image(kind.split()[0], moment * 31 + len(kind))
    return Verdict(fired, tuple(judged(replay.trace, image, replay.acknowledged)))


def judged(trace: Trace, image: dict[str, bytes], acknowledged: int) -> list[Problem]:
    """What an image lacks."""
    problems = []
    database = str(trace.root / "procedures.sqlite")
    files = {name: image[name] for name in (database, f"{database}-journal") if name in image}
    sound, lines = _opened(files, database)
    if not sound:
        problems.append(Problem(Harm.LOST, "the database is damaged"))
    elif lines < trace.lines_before + acknowledged:
        problems.append(Problem(Harm.LOST, f"{lines} lines, {trace.lines_before + acknowledged} acknowledged"))
    for path, content in image.items():
        if path.endswith(".p12") and not _opens(content):
            problems.append(Problem(Harm.ORPHANED, f"a torn keystore: {Path(path).parent.name}"))
    return problems


def _opened(files: dict[str, bytes], database: str) -> tuple[bool, int]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return _checked(Path(folder) / Path(database).name)


def _checked(file: Path) -> tuple[bool, int]:
    if not file.exists():
        return True, 0
    connection = sqlite3.connect(file)
    try:
        sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'journal'").fetchone()[0]
        return sound, connection.execute("SELECT count(*) FROM journal").fetchone()[0] if known else 0
    except sqlite3.DatabaseError:
        return False, 0
    finally:
        connection.close()


def _lines(database: bytes) -> int:
    return _opened({"procedures.sqlite": database}, "procedures.sqlite")[1] if database else 0


def _opens(content: bytes) -> bool:
    for password in (NEW_PASSWORD, PASSWORD):
        try:
            return bool(read(content, password).keys)
        except KeystoreError:
            continue
    return False


def cases() -> list[Case]:
    return [
        Case(f"{sitting} {moment} {kind}", partial(powerless, sitting, moment, kind))
        for sitting in SITTINGS
        for moment in range(1, int(WRITING_CALLS[sitting] * 0.9))
        for kind in KINDS
    ]


R4 = register(Row("R4", "power loss, four images at each call", cases, share=0.1))


@pytest.mark.parametrize("case", R4.chosen(), ids=str)
def test_a_power_cut_loses_nothing_that_was_acknowledged(case: Case) -> None:
    assert_clean(case)
