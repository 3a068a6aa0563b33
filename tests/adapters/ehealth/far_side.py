"""A loopback server that replays prepared answers and misbehaves on demand; it knows nothing of the protocol."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser

from adapters.xml import names
from adapters.xml.parsing import parse


@dataclass
class Received:
    """One request as it came over the wire."""

    path: str
    headers: Message
    body: bytes

    @property
    def envelope(self):
        return parse(self.body)

    @property
    def request(self):
        """The element in the body."""
        return self.envelope.find(f"{{{names.SOAP}}}Body")[0]


Behaviour = Callable[[socket.socket, Received], None]


@dataclass
class FarSide:
    """Answers each connection with the next behaviour; `received` holds what came, `connections` counts them."""

    address: str = ""
    behaviours: list[Behaviour] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    def then(self, *behaviours: Behaviour) -> None:
        self.behaviours += behaviours

    @property
    def last(self) -> Received:
        return self.received[-1]

    def serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            received = _receive(connection)
            if received is not None:
                self.received.append(received)
                behaviour = self.behaviours.pop(0) if self.behaviours else http(500, b"unexpected", "text/plain")
                behaviour(connection, received)


def _receive(connection: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    headers = BytesParser().parsebytes(rest + b"\r\n\r\n")
    while len(body) < int(headers["Content-Length"]):
        body += connection.recv(65536)
    return Received(first.split()[1].decode(), headers, body)


def http(status: int, body: bytes, content_type: str = "text/xml; charset=utf-8", **headers: str) -> Behaviour:
    """A whole HTTP answer."""

    def answer(connection: socket.socket, _: Received) -> None:
        connection.sendall(head(status, len(body), content_type, **headers) + body)

    return answer


def head(status: int, length: int, content_type: str = "text/xml; charset=utf-8", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {length}", f"Content-Type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def soap(content: str) -> bytes:
    return (
        f'<?xml version="1.0"?><S:Envelope xmlns:S="{names.SOAP}"><S:Header/><S:Body>{content}</S:Body></S:Envelope>'
    ).encode()


def answers(content: Callable[[str], str], **headers: str) -> Behaviour:
    """A SOAP answer made from the Id of the request."""

    def answer(connection: socket.socket, received: Received) -> None:
        body = soap(content(received.request.get("Id") or ""))
        http(200, body, **headers)(connection, received)

    return answer


def reset(connection: socket.socket, _: Received) -> None:
    """Cut the connection hard, after the request was read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(_: socket.socket, __: Received) -> None:
    """Close without a word."""


def trickle(data: bytes, pause: float, closing: threading.Event) -> Behaviour:
    """One byte, then a pause, and so on."""

    def answer(connection: socket.socket, _: Received) -> None:
        for value in data:
            connection.sendall(bytes([value]))
            if closing.wait(pause):
                return

    return answer


def silence(closing: threading.Event) -> Behaviour:
    """Read the request and say nothing."""

    def answer(_: socket.socket, __: Received) -> None:
        closing.wait(10)

    return answer


@contextlib.contextmanager
def running(wrap: Callable[[socket.socket], socket.socket] | None = None):
    """A far side on a free port of this computer; `wrap` turns a connection into a TLS one."""
    far = FarSide()
    listener = socket.create_server(("127.0.0.1", 0))
    far.address = f"{'https' if wrap else 'http'}://127.0.0.1:{listener.getsockname()[1]}"

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            far.connections += 1
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        try:
            far.serve(wrap(connection) if wrap else connection)
        except OSError:
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield far
    finally:
        far.closing.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
