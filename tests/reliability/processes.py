"""Real processes for the reliability rows: a sandbox and `ehcert` commands, forked from one warm parent.

Forking saves the start of Python; apart from that each command is a process of its own, with its own files, that can
be killed. What they share is on disk, in the home that a case gets as a copy of one template.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import pkgutil
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_private_key

from adapters.cli.demonstration import NEW_PASSWORD
from adapters.cli.rehearsal import PASSWORD, furnish, people
from adapters.keystore.reading import read
from adapters.sandbox.home import Sandbox
from steps.ports.keystore import AUTHENTICATION, Keystore
from tests.reliability.counting import Harm, Problem
from tests.reliability.courses import COURSES, FILE, IN_USE, RESUME, Course, Start
from tests.reliability.judging import changed_password, check, identifier_of
from workflow.definition import State, Waiting
from workflow.errors import KeystoreError

_START_SECONDS = 30.0
_COMMAND_SECONDS = 60.0
_SET_PTRACER = 0x59616D61
"""PR_SET_PTRACER of prctl(2); with -1 any process of the same user may trace."""

CANARY_PIN = "739164"
"""A PIN that cannot be mistaken for anything else that stands in a file."""

SECRETS = {"keystore_password": PASSWORD, "new_keystore_password": NEW_PASSWORD, "pin": CANARY_PIN}


@dataclass(frozen=True)
class Ended:
    """How a command ended: `signal` when it was killed; `answer` is its JSON when there is one."""

    code: int | None
    signal: int | None
    answer: Mapping[str, Any]
    errors: str

    @property
    def state(self) -> str | None:
        """The state in which it left the procedure."""
        state = self.answer.get("procedure", {}).get("state")
        return None if state is None else str(state)


def warm_up() -> None:
    """Import all of the program, once, so that a forked command starts at once."""
    for name in ("workflow", "steps", "state", "adapters"):
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            if not module.name.startswith(_NOT_TO_BE_IMPORTED):
                importlib.import_module(module.name)
    importlib.import_module("alembic.command")


_NOT_TO_BE_IMPORTED = ("state.schema.", "adapters.cli.locale.")


def few_rounds() -> None:
    """Make keystores with few rounds from now on, here and in what is forked: their strength is not tried here.

    Nor are RSA keys proved again each time they are read: ours come from no stranger.
    """
    from adapters.keystore import bags, writing

    writing.USUAL = writing.Rounds(10, 10)
    bags.load_der_private_key = _believed


def _believed(data: bytes, password: bytes | None, **options: Any) -> Any:
    return load_der_private_key(data, password, **{**options, "unsafe_skip_rsa_key_validation": True})


def make_template(folder: Path, start: Start = Start.RENEWABLE) -> Path:
    """A home with a furnished sandbox: a person, a card, and perhaps a keystore."""
    from adapters.cli import rehearsal
    from adapters.cli.wiring import Wiring
    from adapters.system.folders import user_folders
    from adapters.system.settings import read_settings

    folders = user_folders({"EHCERT_HOME": str(folder)})
    settings = read_settings(folders.settings_file, {}, environment="sandbox")
    sandbox = Sandbox.open(folders.sandbox)
    rehearsal.PIN = CANARY_PIN
    provider, keystores = people()["provider"], Wiring(folders, settings).keystores("sandbox")
    if start is Start.RENEWABLE:
        furnish(sandbox, keystores, provider, timedelta(days=60), "rsa")
    else:
        keystores.check()
        sandbox.issue_card(provider, CANARY_PIN)
    sandbox.close()
    return _half_way(folder) if start is Start.HALF_WAY else folder


def _half_way(folder: Path) -> Path:
    """Request a certificate, then leave the keystore alone in the home, as another program would have."""
    home = Home(folder, folder.with_name(f"{folder.name} requesting"), COURSES["request"])
    with home.served():
        ended = home.run(*home.course.begin)
    if ended.state != "awaiting_delivery":
        raise RuntimeError(f"the request was not sent: {ended}")
    [keystore] = (home.sandbox / "keystore" / "pending").glob("*.p12")
    keystore.rename(home.folder / keystore.name)
    for file in (home.folder / "data").iterdir():
        if file.is_file():
            file.unlink()
    shutil.rmtree(folder)
    home.folder.rename(folder)
    return folder


class Home:
    """The home of one case, in which one course is gone."""

    def __init__(self, template: Path, folder: Path, course: Course = COURSES["renew"]) -> None:
        shutil.copytree(template, folder)
        self.folder = folder
        self.course = course
        found = [*(self.sandbox / "keystore").glob("*.p12"), *folder.glob("*.p12")]
        self.current = min(found, default=None)
        self._current_content = self.current.read_bytes() if self.current else b""
        (folder / "answers.yaml").write_text(self._answers())

    def _answers(self) -> str:
        """The answers file of the course."""
        lines = []
        for form, answers in self.course.answers().items():
            lines += [f"{form}:" if answers else f"{form}: {{}}"]
            lines += [f"  {name}: {json.dumps(value)}" for name, value in answers.items()]
        text = "".join(f"{line}\n" for line in lines)
        return text.replace(IN_USE, self._certificate()) if IN_USE in text else text

    def _certificate(self) -> str:
        """The PublicKeyIdentifier of the certificate in use."""
        entry = read(self._current_content, PASSWORD).key(AUTHENTICATION)
        assert entry is not None, "a keystore in use has this key"
        return identifier_of(entry.private_key)

    @property
    def sandbox(self) -> Path:
        """The folder of the far side."""
        return self.folder / "data" / "sandbox"

    def variables(self) -> dict[str, str]:
        """The environment of the commands."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EHCERT_")}
        return {**kept, "EHCERT_HOME": str(self.folder), "EHCERT_ENVIRONMENT": "sandbox", "EHCERT_LANGUAGE": "en"}

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None, secrets: bool = True) -> Ended:
        """Run `ehcert` with these arguments in a process of its own, and wait for its end."""
        return self.wait(self.begin(*arguments, variables=variables, secrets=secrets))

    def begin(
        self, *arguments: str, variables: Mapping[str, str] | None = None, secrets: bool = True, held: bool = False
    ) -> int:
        """Start `ehcert`; returns the process. One that is `held` stops before it does anything."""
        given = {f"EHCERT_SECRET_{name.upper()}": value for name, value in SECRETS.items()} if secrets else {}
        environment = {**self.variables(), **given, **(variables or {})}
        return _forked(lambda: _command(self.named(arguments), held), environment, self.folder)

    def named(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """The arguments of a command, with the path of the keystore in use."""
        return tuple(str(self.current) if word == FILE else word for word in arguments)

    def stopped(self, pid: int, seconds: float = _COMMAND_SECONDS) -> bool:
        """Wait until a command was stopped by a signal, as by a laptop that sleeps; False when it ended first."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is not None:
                return found.si_code == os.CLD_STOPPED
            time.sleep(0.005)
        return False

    def wait(self, pid: int, seconds: float = _COMMAND_SECONDS) -> Ended:
        """Wait for a command; one that does not end is killed, and counts as killed by SIGALRM."""
        status = _waited(pid, seconds)
        output = self.folder / f"out.{pid}"
        errors = self.folder / f"err.{pid}"
        text = output.read_text() if output.exists() else ""
        ended = Ended(
            os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            parsed(text),
            errors.read_text() if errors.exists() else "",
        )
        output.unlink(missing_ok=True)
        errors.unlink(missing_ok=True)
        return ended

    def renew(self) -> Ended:
        """`ehcert renew` with the usual answers."""
        return self.run(*COURSES["renew"].begin)

    def resume(self, *, answers: bool = True) -> Ended:
        """`ehcert resume` with the usual answers."""
        return self.run(*(RESUME if answers else ("resume", "--json")))

    def move_clock(self, by: timedelta) -> None:
        """Let time pass, for the sandbox and its clients."""
        from adapters.sandbox.clock import SandboxClock

        SandboxClock(self.sandbox).move(by)

    def let_time_pass(self) -> None:
        """Until the next look: two days where the program waits, some minutes otherwise, as after a doubt.

        Where it waits, people at the far side first do what the course wants of them.
        """
        if not isinstance(self.state(), Waiting):
            self.move_clock(timedelta(minutes=6))
            return
        sandbox = Sandbox.open(self.sandbox)
        self.course.meanwhile(sandbox.authority)
        sandbox.close()
        self.move_clock(timedelta(days=2))

    def states(self) -> list[str]:
        """The states of the stored procedures; empty while there is none, or no store."""
        file = self.folder / "data" / "procedures.sqlite"
        if not file.exists():
            return []
        connection = sqlite3.connect(file)
        try:
            return [state for (state,) in connection.execute("SELECT state FROM procedure")]
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()

    def state(self) -> State | None:
        """The declared state of the procedure; None while nothing is stored."""
        states = self.states()
        return self.course.definition.state(states[-1]) if states else None

    def keystores(self) -> list[Keystore]:
        """Every keystore that opens, finished or not."""
        opened = []
        for file in sorted((self.sandbox / "keystore").rglob("*.p12")):
            for password in (NEW_PASSWORD, PASSWORD):
                with contextlib.suppress(KeystoreError):
                    opened.append(read(file.read_bytes(), password, path=file))
                    break
        return opened

    def judged(self, *, ended_well: bool = True) -> list[Problem]:
        """What the far side's log and the keystores say; the keystore that was in use must be as it was."""
        sandbox = Sandbox.open(self.sandbox)
        try:
            accepted = self.course.accepted if ended_well else None
            problems = check(sandbox, self.keystores(), renewed=ended_well, accepted=accepted)
        finally:
            sandbox.close()
        if self.current is not None and not self.course.keeps_keystore and ended_well:
            problems += changed_password(self.current, self._current_content, PASSWORD, NEW_PASSWORD)
        elif self.current is not None and self.current.read_bytes() != self._current_content:
            problems.append(Problem(Harm.LOST, "the keystore in use was touched"))
        return problems

    @contextmanager
    def served(self) -> Iterator[None]:
        """The sandbox, served by a process of its own while the block runs."""
        pid = _forked(lambda: _serve(self.sandbox), self.variables(), self.folder)
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not (self.sandbox / "address.json").exists():
                if time.monotonic() > deadline:
                    raise TimeoutError("the sandbox does not start")
                time.sleep(0.01)
            yield
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            (self.sandbox / "address.json").unlink(missing_ok=True)


def _serve(folder: Path) -> int:
    from adapters.sandbox.wsgi import serve

    serve(folder)
    return 0


def _command(arguments: tuple[str, ...], held: bool) -> int:
    from adapters.cli.app import main

    if held:
        # Where only ancestors may trace (Yama), strace, which is none, needs leave.
        ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)

    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _forked(work: Any, environment: Mapping[str, str], folder: Path) -> int:
    """Run `work` in a forked process, with its output in files of `folder`; returns the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the rows run in the background
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        for stream, name, flags in ((0, os.devnull, os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
            path = name if stream == 0 else folder / f"{name}.{os.getpid()}"
            descriptor = os.open(path, flags | (os.O_CREAT if stream else 0), 0o600)
            os.dup2(descriptor, stream)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        import traceback

        traceback.print_exception(error)
        sys.stderr.flush()
    finally:
        os._exit(code)


def _waited(pid: int, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGALRM)
            os.kill(pid, signal.SIGCONT)  # a stopped process would not see it
            return os.waitpid(pid, 0)[1]
        time.sleep(0.005)


def parsed(text: str) -> Mapping[str, Any]:
    """The last line of an output as JSON; nothing when it is none."""
    try:
        found: Mapping[str, Any] = json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return found
