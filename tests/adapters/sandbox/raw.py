"""The plainest HTTP client: it tells exactly what came over the connection, and how the connection ended."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from adapters.sandbox.replies import Reply
from tests.adapters.sandbox.client import Answered, Draft, opened


@dataclass
class Heard:
    """What was heard; `end` is 'refused', 'reset', 'closed' or 'still open' (nothing more came in time)."""

    end: str = "still open"
    data: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    chunks: int = 0

    @property
    def head(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = (line.decode().partition(": ") for line in self.head.split(b"\r\n")[1:])
        return {name: value for name, _, value in lines}

    @property
    def is_whole(self) -> bool:
        return self.head != b"" and len(self.body) == int(self.headers["Content-Length"])

    @property
    def answered(self) -> Answered:
        return opened(Reply(self.status, self.headers["Content-Type"], self.body))


def say(address: str, draft: Draft, wait: float = 5.0) -> Heard:
    """Post a message; `wait` is the longest silence."""
    body = draft.body()
    head = f"POST {draft.service} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    heard, begun = Heard(), time.monotonic()
    parts = urlsplit(address)
    received = bytearray()
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=wait) as connection:
            connection.sendall(head.encode() + body)
            while chunk := connection.recv(1_000_000):
                received += chunk
                heard.chunks += 1
            heard.end = "closed"
    except ConnectionRefusedError:
        heard.end = "refused"
    except (ConnectionResetError, BrokenPipeError):
        heard.end = "reset"
    except TimeoutError:
        heard.end = "still open"
    heard.data, heard.seconds = bytes(received), time.monotonic() - begun
    return heard
