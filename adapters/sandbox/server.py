"""The standard library's HTTP server with threads, and with a door at which connections can be turned away."""

from __future__ import annotations

import socket
import threading
from socketserver import ThreadingMixIn
from typing import Any, Protocol
from wsgiref.simple_server import WSGIServer

from adapters.sandbox.acts import Act, Move
from adapters.sandbox.connection import cut


class Door(Protocol):
    """Who decides about connections before anything is read, such as a plan of faults."""

    def refuses(self) -> float | None:
        """Whether nobody is to listen now, and for how many seconds."""
        ...

    def connecting(self) -> Act | None:
        """What happens to a new connection; None: it is served."""
        ...


class _NobodyListens(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Server(ThreadingMixIn, WSGIServer):
    """Serves each connection in a thread of its own. `stopping` is set when it ends: whoever waits shall not."""

    daemon_threads = True
    allow_reuse_address = True
    door: Door | None = None

    def __init__(self, *arguments: Any) -> None:
        self.stopping = threading.Event()
        super().__init__(*arguments)

    def server_bind(self) -> None:
        """Bind without asking who this machine is: that look-up can take seconds."""
        self.socket.bind(self.server_address)
        host, port = self.socket.getsockname()[:2]
        self.server_address = (host, port)
        self.server_name, self.server_port = str(host), int(port)
        self.setup_environ()

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serve until `shutdown`, with the intermissions that the door wants."""
        while not self.stopping.is_set():
            try:
                super().serve_forever(poll_interval)
            except _NobodyListens as intermission:
                self._stop_listening(intermission.seconds)

    def shutdown(self) -> None:
        """End `serve_forever`; to be called from another thread."""
        self.stopping.set()
        super().shutdown()

    def service_actions(self) -> None:
        """Called between two connections."""
        super().service_actions()
        seconds = self.door.refuses() if self.door is not None else None
        if seconds is not None:
            raise _NobodyListens(seconds)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether a new connection is served; otherwise it is closed, or reset."""
        act = self.door.connecting() if self.door is not None else None
        if act is not None and act.move is Move.RESET:
            cut(request)
        return act is None and super().verify_request(request, client_address)

    def _stop_listening(self, seconds: float) -> None:
        """Close the door for a while, then listen again at the same address."""
        self.socket.close()
        if self.stopping.wait(seconds):
            return
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server_bind()
        self.server_activate()
