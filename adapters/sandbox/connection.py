"""HTTP/1.1 as the sandbox speaks it: one request for each connection, bodies with a length or in chunks."""

from __future__ import annotations

import io
import logging
import os
import socket
import struct
from typing import Any, Final, cast
from wsgiref.handlers import SimpleHandler
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler

from adapters.sandbox.acts import ACT, Act, Move

_log = logging.getLogger(__name__)
_LONGEST_LINE: Final = 65_536
_IDLE_SECONDS: Final = 60
_MAX_CHUNKED: Final = 1_100_000
"""A little more than the application takes, so that it can say that it is too much."""
_FLOOD: Final = 65_536


def cut(connection: socket.socket) -> None:
    """End a connection with a reset instead of an orderly end."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    # Closed at once, whoever else still holds the object: the library would say goodbye first.
    socket.close(connection.detach())


class _Answer(ServerHandler):
    """Writes an HTTP/1.1 answer and says that the connection ends with it."""

    http_version = "1.1"
    server_software = "ehcert-sandbox"
    environ: dict[str, Any]
    result: Any
    headers: Any
    _pause: float | None = None

    def send_preamble(self) -> None:
        super().send_preamble()
        self._write(b"Connection: close\r\n")

    def close(self) -> None:
        """Without the library's access log, which would print every request."""
        SimpleHandler.close(self)

    def finish_response(self) -> None:
        """Send the answer, or do with the connection what a fault wants."""
        match self.environ.get(ACT):
            case Act(Move.RESET):
                cut(self._handler.connection)
            case Act(Move.HANG_UP):
                pass
            case Act(Move.DELAY, seconds):
                if not self._wait(seconds):
                    super().finish_response()
            case Act(Move.DRIP, seconds):
                self._pause = seconds
                super().finish_response()
            case Act(Move.TRUNCATE):
                self.send_headers()
                body = b"".join(self.result)
                self._write(body[: len(body) // 2])
                self.close()
            case Act(Move.FLOOD, _, size):
                self.headers["Content-Length"] = str(size)
                self.send_headers()
                for _ in range(0, size, _FLOOD):
                    self._write(b" " * _FLOOD)
                self.close()
            case _:
                super().finish_response()

    def _write(self, data: bytes) -> None:
        if self._pause is None:
            super()._write(data)
            return
        for value in data:
            super()._write(bytes([value]))
            if self._wait(self._pause):
                return

    def _wait(self, seconds: float) -> bool:
        """Wait, but not longer than the server serves; True when it ends."""
        return bool(self._handler.server.stopping.wait(seconds))

    @property
    def _handler(self) -> Any:
        return cast(Any, self).request_handler


class SandboxRequestHandler(WSGIRequestHandler):
    """Reads one request and hands it to the application."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    def handle(self) -> None:
        """Answer one request; a connection that breaks is not worth a word."""
        try:
            self._handle()
        except (ConnectionError, TimeoutError):
            _log.info("a connection broke")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses and headers are nobody's business."""

    def _handle(self) -> None:
        self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
        if len(self.raw_requestline) > _LONGEST_LINE:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
            return
        if not self.raw_requestline or not self.parse_request():
            return
        environ = self.get_environ()
        body: Any = self.rfile
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            try:
                content = self._chunks()
            except ValueError:
                self.send_error(400)
                return
            body = io.BytesIO(content)
            environ["CONTENT_LENGTH"] = str(len(content))
        handler = _Answer(body, cast(Any, self.wfile), self.get_stderr(), environ, multithread=True)
        handler.request_handler = self  # type: ignore[attr-defined]
        handler.run(self.server.get_app())  # type: ignore[attr-defined]

    def _chunks(self) -> bytes:
        """A body that came in chunks; more than the application would take is cut off there."""
        content = bytearray()
        while len(content) < _MAX_CHUNKED:
            size = int(self.rfile.readline(_LONGEST_LINE).split(b";")[0].strip(), 16)
            if size < 0:
                raise ValueError("a negative chunk")
            if size == 0:
                while self.rfile.readline(_LONGEST_LINE).strip():
                    pass
                return bytes(content)
            content += self.rfile.read(min(size, _MAX_CHUNKED))
            self.rfile.readline(_LONGEST_LINE)
        return bytes(content)
