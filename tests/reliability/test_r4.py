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
from tests.reliability.courses import Course
from tests.reliability.driving import a_home
from tests.reliability.measuring import WRITES
from tests.reliability.power import OPTIONS, Call, Disk, Inode, calls_in
from tests.reliability.test_r3_r5_r6 import calls, sittings
from workflow.definitions import DEFINITIONS
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
def traced(course: Course, sitting: str) -> Trace:
    """Run a sitting once under strace."""
    with a_home(course) as home:
        command = striking.before(home, sitting)
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


_replays: dict[tuple[str, str], Replay] = {}


def powerless(course: Course, sitting: str, moment: int, kind: str) -> Verdict:
    """The power fails after the n-th call that changes the disk."""
    which = course.name, sitting
    replay = _replays.get(which)
    if replay is None or replay.passed > moment:
        replay = _replays[which] = Replay(traced(course, sitting))
    fired = replay.go_to(moment)
    image = replay.disk.image(kind.split()[0], moment * 31 + len(kind))
    return Verdict(fired, tuple(judged(replay.trace, image, replay.acknowledged)))


def judged(trace: Trace, image: dict[str, bytes], acknowledged: int) -> list[Problem]:
    """What an image lacks."""
    problems = []
    database = str(trace.root / "procedures.sqlite")
    files = {name: image[name] for name in (database, f"{database}-journal") if name in image}
    found = _opened(files, database)
    if not found.sound:
        problems.append(Problem(Harm.LOST, "the database is damaged"))
    elif found.lines < trace.lines_before + acknowledged:
        problems.append(Problem(Harm.LOST, f"{found.lines} lines, {trace.lines_before + acknowledged} acknowledged"))
    keystores = {path: _opens(content) for path, content in image.items() if path.endswith(".p12")}
    problems += [
        Problem(Harm.ORPHANED, f"a torn keystore: {Path(path).parent.name}")
        for path, password in keystores.items()
        if password is None
    ]
    if found.has_key and NEW_PASSWORD not in keystores.values():
        problems.append(Problem(Harm.ORPHANED, "the key is made, and no new keystore is there"))
    return problems


@dataclass(frozen=True, slots=True)
class Found:
    """What a database says: whether it is sound, its journal lines, and whether a key was made."""

    sound: bool
    lines: int = 0
    has_key: bool = False


def _opened(files: dict[str, bytes], database: str) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return _checked(Path(folder) / Path(database).name)


def _checked(file: Path) -> Found:
    if not file.exists():
        return Found(True)
    connection = sqlite3.connect(file)
    try:
        sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'journal'").fetchone()[0]:
            return Found(sound)
        lines = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
        states = connection.execute("SELECT definition, state FROM procedure").fetchall()
        return Found(sound, lines, any(_is_after_the_key(*one) for one in states))
    except sqlite3.DatabaseError:
        return Found(False)
    finally:
        connection.close()


def _is_after_the_key(definition: str, state: str) -> bool:
    names = [one.name for one in DEFINITIONS[definition].states]
    return "making_key" in names and names.index(state) > names.index("making_key")


def _lines(database: bytes) -> int:
    return _opened({"procedures.sqlite": database}, "procedures.sqlite").lines if database else 0


def _opens(content: bytes) -> str | None:
    """The password with which a keystore opens."""
    for password in (NEW_PASSWORD, PASSWORD):
        try:
            if read(content, password).keys:
                return password
        except KeystoreError:
            continue
    return None


def _moments(course: Course, sitting: str) -> int:
    """How many calls surely change the disk."""
    return int(sum(most for _, most in calls(course, sitting, WRITES)) * 0.9)


def cases() -> list[Case]:
    return [
        Case(f"{course.name} {sitting} {moment} {kind}", partial(powerless, course, sitting, moment, kind))
        for course, sitting in sittings()
        for moment in range(1, _moments(course, sitting), course.stride)
        for kind in KINDS
    ]


R4 = register(Row("R4", "power loss, four images at each call", cases, share=0.05))


@pytest.mark.parametrize("case", R4.chosen(), ids=str)
def test_a_power_cut_loses_nothing_that_was_acknowledged(case: Case) -> None:
    assert_clean(case)
