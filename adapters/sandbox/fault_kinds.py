"""The faults by name: what each does to one call, and whether the change was carried out all the same."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Final

from adapters.sandbox.acts import Act, Move
from adapters.sandbox.desk import Desk
from adapters.sandbox.operations import Operation
from adapters.sandbox.replies import NOT_AVAILABLE, XML_TYPE, Reply, fault
from adapters.xml import names
from adapters.xml.parsing import XmlError, parse, serialize
from workflow.texts import mark

HTML: Final = b"<!DOCTYPE html><html><head><title>eHealth</title></head><body><h1>%s</h1></body></html>\n"
CARRIED_OUT: Final = "carried_out"
"""The parameter with which some faults leave open whether the change is made."""
_MEGABYTE: Final = 1_000_000


class Stage(Enum):
    """When a fault strikes."""

    BEFORE = "before there is a connection"  # over HTTP the operation is not known yet
    DOOR = "before anything is read"  # nor here
    WHOLE = "in the place of the answer"
    CONTENT = "inside a good answer"  # only where there is the content that it falsifies


@dataclass(frozen=True, slots=True)
class Scene:
    """One call: `reply` is the honest answer when the message was handed over, `earlier` the last ones before it."""

    operation: Operation | None
    message_id: str | None
    desk: Desk
    now: datetime
    parameters: Mapping[str, float]
    reply: Reply | None = None
    earlier: Mapping[str, Reply] = field(default_factory=dict)

    @property
    def answer(self) -> Reply:
        """The honest answer, where a fault needs it."""
        if self.reply is None:
            raise TypeError("the message was not handed over")
        return self.reply


Make = Callable[[Scene], Reply | None]
"""Gives the answer of a fault; None when this call has not what the fault needs: then it does not strike."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault. `carried_out`: the change is made all the same. `either`: the parameter `carried_out` may say otherwise.

    `operations` are the ones that it can strike (none: all); `parameters` have their defaults.
    """

    name: str
    says: str
    make: Make = field(repr=False)
    carried_out: bool
    stage: Stage = Stage.WHOLE
    either: bool = False
    operations: frozenset[str] = frozenset()
    parameters: Mapping[str, float] = field(default_factory=dict)

    def strikes(self, operation: str) -> bool:
        """Whether it can strike this operation."""
        return not self.operations or operation in self.operations

    @property
    def knows_operation(self) -> bool:
        """Whether it strikes late enough to know which operation it is."""
        return self.stage in (Stage.WHOLE, Stage.CONTENT)

    def allows(self, parameter: str) -> bool:
        """Whether it has this parameter."""
        return parameter in self.parameters or (self.either and parameter == CARRIED_OUT)


def act(move: Move) -> Make:
    """The honest answer (or nothing) with a connection that goes wrong."""

    def make(scene: Scene) -> Reply:
        honest = scene.reply or Reply(200, XML_TYPE, b"")
        seconds = scene.parameters.get("seconds", 0.0)
        size = int(scene.parameters.get("megabytes", 0) * _MEGABYTE)
        return Reply(honest.status, honest.content_type, honest.body, act=Act(move, seconds, size))

    return make


def page(status: int, title: bytes) -> Make:
    """A page for people, as a gateway shows it."""
    return lambda scene: Reply(status, "text/html; charset=utf-8", HTML % title, _retry_after(scene))


def _retry_after(scene: Scene) -> tuple[tuple[str, str], ...]:
    seconds = scene.parameters.get("retry_after")
    return () if seconds is None else (("Retry-After", str(int(seconds))),)


def _soap_fault(status: int) -> Make:
    def make(scene: Scene) -> Reply:
        answer = fault(scene.desk.identifier(), NOT_AVAILABLE, "The service is not available.", ours=True)
        return Reply(status, answer.content_type, answer.body)

    return make


def _empty(_scene: Scene) -> Reply:
    return Reply(200, XML_TYPE, b"")


def _wrong_type(scene: Scene) -> Reply:
    return Reply(scene.answer.status, "application/octet-stream", scene.answer.body)


def _redirect(_scene: Scene) -> Reply:
    return Reply(302, "text/plain", b"", (("Location", "http://elsewhere.ehealth-sandbox.invalid/"),))


def _bomb(scene: Scene) -> Reply:
    return Reply(200, XML_TYPE, _bomb_of(int(scene.parameters["megabytes"])), (("Content-Encoding", "gzip"),))


@cache
def _bomb_of(megabytes: int) -> bytes:
    return gzip.compress(b"<a>" + b" " * megabytes * _MEGABYTE + b"</a>")


def _previous(scene: Scene) -> Reply | None:
    """The last answer to the same operation, else to any: what a confused cache gives."""
    name = scene.operation.name if scene.operation else ""
    return scene.earlier.get(name) or scene.earlier.get("")


def _foreign(scene: Scene) -> Reply | None:
    """The answer says that it answers another message."""
    try:
        envelope = parse(scene.answer.body)
    except XmlError:
        return None
    content = envelope.find(f"{{{names.SOAP}}}Body/*")
    if content is None or content.get("InResponseTo") is None:
        return None
    content.set("InResponseTo", scene.desk.identifier())
    return Reply(scene.answer.status, scene.answer.content_type, serialize(envelope))


CONNECTION_FAULTS: Final = (
    Fault(
        "refused",
        mark("connection refused, nobody listens for some seconds"),
        act(Move.REFUSE),
        False,
        Stage.BEFORE,
        parameters={"seconds": 2.0},
    ),
    Fault(
        "closed",
        mark("the connection is accepted and closed at once, nothing is read"),
        act(Move.HANG_UP),
        False,
        Stage.DOOR,
    ),
    Fault(
        "reset",
        mark("the connection is accepted and reset at once, nothing is read"),
        act(Move.RESET),
        False,
        Stage.DOOR,
    ),
    Fault("request_lost", mark("the message is read and thrown away, the connection reset"), act(Move.RESET), False),
    Fault("accepted_reset", mark("carried out, then the connection is reset"), act(Move.RESET), True),
    Fault("answer_lost", mark("carried out, then closed without a byte"), act(Move.HANG_UP), True),
    Fault(
        "late",
        mark("carried out, answered only after some seconds"),
        act(Move.DELAY),
        True,
        parameters={"seconds": 40.0},
    ),
    Fault("truncated", mark("carried out, the answer stops in its middle"), act(Move.TRUNCATE), True),
    Fault(
        "drip",
        mark("carried out, the answer comes one byte at a time, with a pause after each"),
        act(Move.DRIP),
        True,
        parameters={"seconds": 1.0},
    ),
    Fault(
        "unavailable",
        mark("503 with Retry-After"),
        page(503, b"Service unavailable"),
        False,
        either=True,
        parameters={"retry_after": 120.0},
    ),
    Fault("fault_500", mark("500 with a SOAP fault of the platform"), _soap_fault(500), False, either=True),
    Fault("fault_200", mark("200 with a SOAP fault of the platform"), _soap_fault(200), False, either=True),
    Fault("html_500", mark("500 with a page for people"), page(500, b"Internal error"), False, either=True),
    Fault("maintenance", mark("200 with a maintenance page for people"), page(200, b"Maintenance"), False, either=True),
    Fault("empty", mark("200 with nothing in it"), _empty, True, either=True),
    Fault("wrong_type", mark("carried out, the answer is labelled application/octet-stream"), _wrong_type, True),
    Fault(
        "huge",
        mark("200 with an answer of many megabytes"),
        act(Move.FLOOD),
        True,
        either=True,
        parameters={"megabytes": 100.0},
    ),
    Fault(
        "bomb",
        mark("200 with a compressed answer, huge when unpacked"),
        _bomb,
        True,
        either=True,
        parameters={"megabytes": 100.0},
    ),
    Fault("redirect", mark("302 to an address without TLS"), _redirect, False, either=True),
    Fault("previous", mark("the answer of the call before is given again"), _previous, False, either=True),
    Fault(
        "foreign", mark("carried out, the answer names another message (InResponseTo)"), _foreign, True, Stage.CONTENT
    ),
)
