"""Every message byte for byte, as it went over the wire, in a folder for people to read."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]

from adapters.sandbox.files import private_folder, write_whole
from adapters.sandbox.operations import OPERATIONS
from adapters.xml import names
from adapters.xml.parsing import XmlError, parse

_NUMBERED = re.compile(r"(\d{3,})-.*-request\.xml")


class Recording:
    """Writes `001-generateCertificate-request.xml` and its `-response.xml`, and goes on after the last number."""

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)
        self._lock = threading.Lock()
        numbers = [int(match[1]) for path in folder.iterdir() if (match := _NUMBERED.fullmatch(path.name))]
        self._last = max(numbers, default=0)

    def request(self, service: str, body: bytes) -> str:
        """Write a request; returns the beginning of its name, for the answer."""
        with self._lock:
            self._last += 1
            name = f"{self._last:03}-{operation_name(service, body)}"
        write_whole(self._folder / f"{name}-request.xml", body)
        return name

    def response(self, name: str, body: bytes) -> None:
        """Write the answer to a request."""
        write_whole(self._folder / f"{name}-response.xml", body)


def operation_name(service: str, body: bytes) -> str:
    """The operation that a message asks for, or 'unknown'."""
    try:
        envelope = parse(body)
    except XmlError:
        return "unknown"
    request = envelope.find(f"{{{names.SOAP}}}Body/*")
    if request is None or not isinstance(request.tag, str):
        return "unknown"
    operation = OPERATIONS.get((service, etree.QName(request).text))
    return "unknown" if operation is None else operation.name
