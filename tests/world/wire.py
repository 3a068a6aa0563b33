"""The way to eHealth inside one process, with the faults that a network has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from urllib.parse import urlsplit

from adapters.ehealth.client import EhealthServices
from adapters.ehealth.config import ServiceConfig
from adapters.ehealth.reply import Reply
from adapters.sandbox.acts import ConnectionLost
from adapters.sandbox.operations import OPERATIONS
from adapters.sandbox.replies import NOT_AVAILABLE, fault
from adapters.sandbox.wsgi import FarSide
from tests.world.clock import FakeClock, SkewedClock
from workflow.errors import EhealthNoAnswerError, EhealthNonsenseError, EhealthUnreachableError

ADDRESS = "http://127.0.0.1:9"
_REQUEST = re.compile(rb"Body[^>]*>\s*<(?:[A-Za-z0-9]+:)?([A-Za-z0-9]+)")
_OPERATIONS = {(service, tag.rpartition("}")[2]): known.name for (service, tag), known in OPERATIONS.items()}


class Fault(Enum):
    """What can happen to one message."""

    UNREACHABLE = "no connection: nothing left"
    REQUEST_LOST = "the connection broke before eHealth had the message"
    REQUEST_LATE = "the connection broke; the message arrives later, with `Wire.arrive`"
    ANSWER_LOST = "eHealth carried it out, its answer got lost"
    NONSENSE = "eHealth carried it out, something else answered"
    CUT = "eHealth carried it out, its answer is cut short"
    STALE = "eHealth carried it out, an earlier answer came instead"
    FAULT_AFTERWARDS = "eHealth carried it out, the platform answers with a SOAP fault"
    UNAVAILABLE = "the platform answers with a SOAP fault, eHealth never had the message"


@dataclass(frozen=True)
class Sent:
    """One message on its way: `number` counts from 1, `operation` is a name such as 'generateCertificate'."""

    number: int
    service: str
    operation: str
    body: bytes = field(repr=False)


@dataclass
class Wire:
    """Brings messages to the far side. `fault` is asked for each message; `sent` is everything that was sent.

    `late` are the messages that are still under way: `arrive` brings them, and throws the answers away.
    """

    far_side: FarSide
    clock: FakeClock
    fault: Callable[[Sent], Fault | None] = lambda sent: None
    sent: list[Sent] = field(default_factory=list)
    late: list[Sent] = field(default_factory=list)
    _replies: dict[str, Reply] = field(default_factory=dict)

    def post(self, address: str, body: bytes, headers: dict[str, str]) -> Reply:
        """In the place of `EhealthTransport.post`, with its errors."""
        service = urlsplit(address).path
        message = Sent(len(self.sent) + 1, service, _operation(service, body), body)
        self.sent.append(message)
        match self.fault(message):
            case None:
                return self._arrived(message)
            case Fault.UNREACHABLE:
                raise EhealthUnreachableError(address=ADDRESS, reason="the connection is refused")
            case Fault.REQUEST_LOST:
                raise EhealthNoAnswerError(reason="the connection broke")
            case Fault.REQUEST_LATE:
                self.late.append(message)
                raise EhealthNoAnswerError(reason="the time ran out")
            case Fault.ANSWER_LOST:
                self._arrived(message)
                raise EhealthNoAnswerError(reason="the connection broke")
            case Fault.NONSENSE:
                self._arrived(message)
                return Reply(200, "text/html", self._date(), b"<html>please log in</html>")
            case Fault.CUT:
                reply = self._arrived(message)
                return Reply(reply.status, reply.media_type, reply.date, reply.body[: len(reply.body) // 2])
            case Fault.STALE:
                earlier = self._replies.get(message.operation)
                reply = self._arrived(message)
                return earlier or Reply(reply.status, reply.media_type, reply.date, b"")
            case Fault.FAULT_AFTERWARDS:
                self._arrived(message)
                return self._unavailable()
            case Fault.UNAVAILABLE:
                return self._unavailable()

    def arrive(self) -> None:
        """The late messages arrive now."""
        late, self.late = self.late, []
        for message in late:
            self._arrived(message)

    def fail(self, fault: Fault, *operations: str, times: int = 1) -> None:
        """The next messages of these operations (of any, when none is named) meet this fault, so many times."""
        left = times

        def chosen(sent: Sent) -> Fault | None:
            nonlocal left
            if left and (not operations or sent.operation in operations):
                left -= 1
                return fault
            return None

        self.fault = chosen

    def count(self, operation: str) -> int:
        """How often an operation was sent, whatever became of it."""
        return sum(sent.operation == operation for sent in self.sent)

    def _arrived(self, message: Sent) -> Reply:
        try:
            reply = self.far_side.answer(message.service, message.body)
        except ConnectionLost as lost:  # a plan of faults, as `Faulty.simulate` gives it
            if lost.sent:
                raise EhealthNoAnswerError(reason="the connection broke") from lost
            raise EhealthUnreachableError(address=ADDRESS, reason="the connection is refused") from lost
        headers = dict(reply.headers)
        if "Content-Encoding" in headers:
            raise EhealthNonsenseError(reason="it is compressed, which was not asked for")
        media_type = reply.content_type.partition(";")[0]
        answer = Reply(reply.status, media_type, headers.get("Date", self._date()), reply.body)
        self._replies[message.operation] = answer
        return answer

    def _unavailable(self) -> Reply:
        reply = fault("_fault", NOT_AVAILABLE, "The service is not available.", ours=True)
        return Reply(reply.status, "text/xml", self._date(), reply.body)

    def _date(self) -> str:
        return format_datetime(self.clock.now(), usegmt=True)


def _operation(service: str, body: bytes) -> str:
    found = _REQUEST.search(body)
    return _OPERATIONS[service, found[1].decode()] if found else "?"


class Exchange:
    """An `EhealthServices` whose WSDLs were read once: whoever has it connects it to his own wire."""

    _idle: list[Exchange] = []

    def __init__(self) -> None:
        self._wire: Wire | None = None
        self._clock: SkewedClock | None = None
        addresses = (f"{ADDRESS}/{path}" for path in ("CertRa/v2", "EtkRa/v2", "EtkDepot/v1"))
        self.services = EhealthServices(ServiceConfig(*addresses), self._now, self._post)

    @classmethod
    def connected(cls, wire: Wire, clock: SkewedClock) -> Exchange:
        """One that talks through this wire, with the moments of this clock; to be given back with `release`."""
        exchange = cls._idle.pop() if cls._idle else cls()
        exchange._wire, exchange._clock = wire, clock
        return exchange

    def release(self) -> None:
        """Nobody uses it any more."""
        self._wire = self._clock = None
        self._idle.append(self)

    def _now(self) -> datetime:
        assert self._clock is not None, "not connected"
        return self._clock.now()

    def _post(self, address: str, body: bytes, headers: dict[str, str]) -> Reply:
        assert self._wire is not None, "not connected"
        return self._wire.post(address, body, headers)
