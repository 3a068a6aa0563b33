"""The far side over HTTP: the standard library's server, with threads, on this machine only."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast
from wsgiref.simple_server import WSGIRequestHandler

from adapters.sandbox.acts import ACT
from adapters.sandbox.connection import SandboxRequestHandler
from adapters.sandbox.faults import Faulty
from adapters.sandbox.files import write_json
from adapters.sandbox.home import Sandbox
from adapters.sandbox.operations import SERVICES
from adapters.sandbox.recording import Recording
from adapters.sandbox.replies import NOT_AVAILABLE, Reply, fault
from adapters.sandbox.server import Server

HOST: Final = "127.0.0.1"
MAX_BODY: Final = 1_000_000
MAX_DRAINED: Final = 20_000_000
ADDRESS_FILE: Final = "address.json"

_log = logging.getLogger(__name__)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class FarSide(Protocol):
    """Who answers messages: an `Authority`, or a plan of faults around one."""

    def answer(self, service: str, body: bytes) -> Reply:
        """Answer one message."""
        ...


class Application:
    """The WSGI application; `now` gives the moment of the Date header."""

    def __init__(self, far_side: FarSide, now: Callable[[], datetime], recording: Recording | None = None) -> None:
        self._far_side = far_side
        self._now = now
        self._recording = recording

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        reply, extra = self._reply(environ)
        headers = {
            "Content-Type": reply.content_type,
            "Content-Length": str(len(reply.body)),
            "Date": format_datetime(self._now(), usegmt=True),
            **dict(extra),
            **dict(reply.headers),
        }
        start_response(f"{reply.status} {_REASONS[reply.status]}", list(headers.items()))
        if reply.act is not None:
            environ[ACT] = reply.act
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    def _reply(self, environ: dict[str, Any]) -> tuple[Reply, list[tuple[str, str]]]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return _plain(400), []
        # Read first, whatever the answer: a client that still writes would lose the answer when we hang up.
        body = _read(environ["wsgi.input"], int(length))
        if path not in SERVICES:
            return _plain(404), []
        if environ["REQUEST_METHOD"] != "POST":
            return _plain(405), [("Allow", "POST")]
        if body is None:
            return _plain(413), []
        if len(body) < int(length):
            return _plain(400), []
        return self._answered(path, body), []

    def _answered(self, service: str, body: bytes) -> Reply:
        name = self._recording.request(service, body) if self._recording else ""
        try:
            reply = self._far_side.answer(service, body)
        except Exception as error:  # a bug of the sandbox: the client sees what it would see of a broken service
            # Without the error's message, which could hold personal data.
            _log.error("%s: %s\n%s", service, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
            reply = fault("_failed", NOT_AVAILABLE, "The service failed.", ours=True)
        if self._recording and (reply.act is None or reply.act.answers):
            self._recording.response(name, reply.body)
        return reply


_REASONS: Final = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _read(stream: IO[bytes], length: int) -> bytes | None:
    """The body, or None when it is too large: then a part of it is read and forgotten."""
    if length <= MAX_BODY:
        return stream.read(length)
    for _ in range(min(length, MAX_DRAINED) // MAX_BODY + 1):
        if len(stream.read(min(length, MAX_BODY))) < MAX_BODY:
            break
        length -= MAX_BODY
    return None


def _plain(status: int) -> Reply:
    return Reply(status, "text/plain; charset=utf-8", f"{_REASONS[status]}\n".encode())


@contextmanager
def listening(
    sandbox: Sandbox, port: int = 0, messages: Path | None = None, far_side: FarSide | None = None
) -> Iterator[str]:
    """Serve in a thread of its own while the block runs; gives the address, such as `http://127.0.0.1:8080`."""
    server = _server(sandbox, port, messages, far_side)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        with _announced(sandbox, server):
            yield _address(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve(
    folder: Path,
    port: int = 0,
    messages: Path | None = None,
    *,
    sandbox: Sandbox | None = None,
    far_side: FarSide | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the sandbox of this folder until SIGTERM or SIGINT; to be called in the main thread.

    `messages` is the folder for a recording, `ready` is told the address. Raises OSError when the port is taken.
    """
    opened = sandbox or Sandbox.open(folder)
    server = _server(opened, port, messages, far_side)

    def stop(_number: int, _frame: object) -> None:
        # `shutdown` waits for the loop that this handler interrupts: it must come from another thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with _announced(opened, server):
            if ready is not None:
                ready(_address(server))
            server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _server(sandbox: Sandbox, port: int, messages: Path | None, far_side: FarSide | None) -> Server:
    recording = None if messages is None else Recording(messages)
    server = Server((HOST, port), cast(type[WSGIRequestHandler], SandboxRequestHandler))
    server.door = far_side if isinstance(far_side, Faulty) else None
    server.set_app(cast(Any, Application(far_side or sandbox.authority, sandbox.clock.now, recording)))
    return server


def _address(server: Server) -> str:
    return f"http://{HOST}:{server.server_port}"


@contextmanager
def _announced(sandbox: Sandbox, server: Server) -> Iterator[None]:
    """Tell in the folder where the sandbox listens, as long as it does."""
    if sandbox.folder is None:
        yield
        return
    path = sandbox.folder / ADDRESS_FILE
    announced = {"address": _address(server), "pid": os.getpid()}
    write_json(path, announced)
    try:
        yield
    finally:
        _withdraw(path, announced)


def _withdraw(path: Path, announced: dict[str, Any]) -> None:
    """Remove the address unless another server wrote its own in the meantime."""
    try:
        if json.loads(path.read_text("utf-8")) == announced:
            path.unlink()
    except (OSError, ValueError):
        pass
