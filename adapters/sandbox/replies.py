"""Whole answers as they go over the wire: good ones, refusals and faults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from adapters.sandbox.acts import Act
from adapters.sandbox.content import commons, make, write_boolean, write_moment
from adapters.sandbox.operations import ETKDEPOT_PATH, Operation
from adapters.sandbox.refusal import Refusal
from adapters.xml import names
from adapters.xml.parsing import Element, serialize

XML_TYPE: Final = "text/xml; charset=utf-8"
BREAKS_INTERFACE: Final = "SOA-03006"
NOT_AVAILABLE: Final = "SOA-02001"
"""assumption: the wording of this code is not published (PROTOCOL §6.4)."""

# This answer has no Status (PROTOCOL §2.2), and the depot has another one.
_WITHOUT_STATUS: Final = frozenset({"getExistingApplicationIds", "getEtk"})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer for the HTTP server.

    `headers` are added, or take the place of the usual ones; `act` is what the connection does wrong.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    act: Act | None = None


def good(operation: Operation, identifier: str, answers: str | None, now: datetime, children: list[Element]) -> Reply:
    """The operation was carried out; `answers` is the Id of the request."""
    status = [] if operation.name in _WITHOUT_STATUS else [_status(names.STATUS_SUCCESS)]
    return _reply(_response(operation, identifier, answers, now, [*status, *children]))


def refused(operation: Operation, identifier: str, answers: str | None, now: datetime, refusal: Refusal) -> Reply:
    """The operation was refused; nothing was changed."""
    parameters = [
        make("Parameters", [make("Name", name), make("Value", value)]) for name, value in refusal.parameters.items()
    ]
    # Only the outermost element is qualified (PROTOCOL §2.3).
    errors = make("Errors", [make("Code", refusal.code), make("Message", refusal.message), *parameters])
    detail = make(commons("StatusDetail"), [make(f"{{{names.ETEE}}}EteeStatusDetail", [errors])])
    status = _status(names.STATUS_REQUESTER, make(commons("StatusMessage"), refusal.message), detail)
    return _reply(_response(operation, identifier, answers, now, [status]))


def fault(identifier: str, code: str, message: str, *, ours: bool = False) -> Reply:
    """A SOAP fault; `ours`: the service failed, else the message breaks the interface (PROTOCOL §6.4)."""
    kind = "SystemError" if ours else "BusinessError"
    error = make(
        f"{{{names.SOA_ERRORS}}}{kind}",
        [
            make("Origin", "Provider" if ours else "Consumer"),
            make("Code", code),
            make("Message", message, **{f"{{{names.XML}}}lang": "en"}),
            make("Retry", write_boolean(ours)),
            make(f"{{{names.SOA_ERRORS}}}Environment", "Simulation"),
        ],
        Id=identifier,
    )
    children = [
        make("faultcode", "soap:Server" if ours else "soap:Client"),
        make("faultstring", code),
        make("detail", [error]),
    ]
    return Reply(500, XML_TYPE, _envelope(make(f"{{{names.SOAP}}}Fault", children)))


def _status(code: str, *more: Element) -> Element:
    return make(commons("Status"), [make(commons("StatusCode"), Value=code), *more])


def _response(
    operation: Operation, identifier: str, answers: str | None, now: datetime, children: list[Element]
) -> Element:
    if operation.service == ETKDEPOT_PATH:
        return make(operation.response_tag, children, Id=identifier)
    response = make(operation.response_tag, children, Id=identifier, IssueInstant=write_moment(now))
    if answers is not None:
        response.set("InResponseTo", answers)
    return response


def _reply(response: Element) -> Reply:
    return Reply(200, XML_TYPE, _envelope(response))


def _envelope(content: Element) -> bytes:
    envelope = etree.Element(f"{{{names.SOAP}}}Envelope", nsmap={"soap": names.SOAP})
    envelope.append(make(f"{{{names.SOAP}}}Body", [content]))
    return serialize(envelope)
