"""HTTP/1.1 as the sandbox speaks it: one request for each connection, bodies with a length or in chunks."""

from __future__ import annotations

import io
import logging
from typing import Any, Final, cast
from wsgiref.handlers import SimpleHandler
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler

_log = logging.getLogger(__name__)
_LONGEST_LINE: Final = 65_536
_IDLE_SECONDS: Final = 60
_MAX_CHUNKED: Final = 1_100_000
"""A little more than the application takes, so that it can say that it is too much."""


class _Answer(ServerHandler):
    """Writes an HTTP/1.1 answer and says that the connection ends with it."""

    http_version = "1.1"
    server_software = "ehcert-sandbox"

    def send_preamble(self) -> None:
        super().send_preamble()
        self._write(b"Connection: close\r\n")

    def close(self) -> None:
        """Without the library's access log, which would print every request."""
        SimpleHandler.close(self)


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
