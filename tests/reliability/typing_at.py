"""A person who types at a real terminal: `ehcert` in a process of its own behind a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from dataclasses import dataclass, field

from tests.reliability.processes import Home

_PATIENCE = 30.0


@dataclass
class Typist:
    """`screen` is everything that the terminal showed so far."""

    process: int
    terminal: int
    screen: str = ""
    code: int | None = None
    _waited_to: int = 0
    _read: bytearray = field(default_factory=bytearray)

    def wait_for(self, text: str) -> bool:
        """Read until the terminal shows a text, after the one waited for last; whether it came before the end."""
        begun = time.monotonic()
        while (at := self.screen.find(text, self._waited_to)) < 0:
            if not self._more() or time.monotonic() - begun > _PATIENCE:
                return False
        self._waited_to = at + len(text)
        return True

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self.terminal, text.encode("utf-8", "surrogateescape") + b"\n")

    def finish(self) -> int:
        """Read to the end; returns the exit code. One that waits for something that nobody types is killed."""
        begun = time.monotonic()
        while self._more() and time.monotonic() - begun < _PATIENCE:
            pass
        while not self._has_ended() and time.monotonic() - begun < _PATIENCE:
            time.sleep(0.01)
        if not self._has_ended():
            os.kill(self.process, signal.SIGKILL)
        if self.code is None:
            _, status = os.waitpid(self.process, 0)
            self.code = os.waitstatus_to_exitcode(status)
        os.close(self.terminal)
        return self.code

    def _has_ended(self) -> bool:
        if self.code is not None:
            return True
        return os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _more(self) -> bool:
        if not select.select([self.terminal], [], [], _PATIENCE)[0]:
            return False
        try:
            data = os.read(self.terminal, 65536)
        except OSError:  # the other end is closed
            return False
        self._read += data
        self.screen = self._read.decode("utf-8", "replace")
        return bool(data)


def at_a_terminal(home: Home, *arguments: str) -> Typist:
    """Start `ehcert` with these arguments at a terminal; no secret is handed over."""
    sys.stdout.flush()
    sys.stderr.flush()
    process, terminal = pty.fork()
    if process:
        return Typist(process, terminal)
    code = 1
    try:
        os.environ.clear()
        os.environ.update(home.variables())
        os.chdir(home.folder)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "r" if n == 0 else "w", closefd=False) for n in range(3))
        from adapters.cli.app import run
        from adapters.cli.words import set_language

        set_language()
        code = int(run(list(arguments)))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
