"""What came back: a SOAP envelope with our answer, a fault, a refusal, or nonsense."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Final

from adapters.ehealth.reply import Reply
from adapters.xml import names
from adapters.xml.parsing import Element, XmlError, parse
from workflow.errors import EhcertError, EhealthFaultError, EhealthNoAnswerError, EhealthNonsenseError, RefusedError
from workflow.texts import mark

_XML_TYPES: Final = {"text/xml", "application/xml"}
# A gateway that says so does not tell whether the request had gone through.
_BUSY: Final = {429, 502, 503, 504}
_LONGEST: Final = 500
_NATIONAL_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])(\d{11}|\d\d\.\d\d\.\d\d-\d{3}\.\d\d)(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of an EteeStatusDetail (PROTOCOL §6.2)."""

    code: str
    message: str
    parameters: dict[str, str]


def open_answer(reply: Reply, expected: str, message_id: str) -> Element:
    """The element inside the body, when it is the expected one and answers our message.

    Raises:
        EhealthFaultError: it is a SOAP fault.
        EhealthNoAnswerError: something in front of the service is too busy.
        EhealthNonsenseError: anything else.
    """
    if reply.status in _BUSY and reply.media_type not in _XML_TYPES:
        raise EhealthNoAnswerError(reason=f"HTTP {reply.status}")
    content = _content(reply)
    if content.tag == f"{{{names.SOAP}}}Fault":
        raise _fault(content)
    if reply.status != 200:
        raise nonsense(f"HTTP {reply.status}")
    if content.tag != expected:
        raise nonsense(mark("it answers another question"))
    # InResponseTo is optional (PROTOCOL §2.2); when it is there it must name our message.
    if content.get("InResponseTo") not in (None, message_id):
        raise nonsense(mark("it answers another message"))
    return content


def check_status(answer: Element) -> None:
    """Return when the Status is exactly Success (PROTOCOL §6.1).

    Raises:
        RefusedError: with the first code of eHealth, or the status URI; `details` holds every code and parameter.
        EhealthNonsenseError: there is no status.
    """
    code = answer.find(f"{_k('Status')}/{_k('StatusCode')}")
    if code is None or not code.get("Value"):
        raise nonsense(mark("it has no status"))
    if code.get("Value") != names.STATUS_SUCCESS:
        raise _refusal(answer, code)


def codes_of(refusal: RefusedError) -> tuple[str, ...]:
    """All codes of a refusal, in eHealth's order."""
    return tuple(error["code"] for error in refusal.details["errors"]) or (refusal.refusal_code,)


def refusal(code: str, message: str, problems: tuple[Problem, ...] = ()) -> RefusedError:
    """A `RefusedError` whose details keep every problem."""
    parameters: dict[str, str] = {}
    for problem in problems:
        for name, value in problem.parameters.items():
            known = parameters.get(name)
            parameters[name] = value if known in (None, value) else f"{known}; {value}"
    error = RefusedError(refusal_code=code, refusal=message, parameters=parameters)
    error.details["errors"] = [asdict(problem) for problem in problems]
    return error


def nonsense(reason: str) -> EhealthNonsenseError:
    """The answer is not one of the interface."""
    return EhealthNonsenseError(reason=reason)


def shown(text: str | None) -> str:
    """A text from outside as it may be shown and kept: one line, no control characters, no national number."""
    flat = " ".join((text or "").split())
    harmless = "".join(character for character in flat if unicodedata.category(character)[0] != "C")
    return _NATIONAL_NUMBER.sub("***********", harmless)[:_LONGEST]


def _content(reply: Reply) -> Element:
    if not reply.body:
        raise nonsense(f"HTTP {reply.status}, " + mark("it is empty"))
    if reply.media_type not in _XML_TYPES:
        raise nonsense(f"HTTP {reply.status}, {shown(reply.media_type) or '?'}")
    try:
        root = parse(reply.body)
    except XmlError as error:
        raise nonsense(f"XML: {error.reason}") from error
    bodies = root.findall(f"{{{names.SOAP}}}Body")
    if root.tag != f"{{{names.SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise nonsense(mark("it is not a SOAP message"))
    return bodies[0][0]


def _fault(fault: Element) -> EhealthFaultError:
    """A SOAP fault: the children of SystemError and BusinessError have no namespace (PROTOCOL §6.4)."""
    detail = next(fault.iter(f"{{{names.SOA_ERRORS}}}SystemError", f"{{{names.SOA_ERRORS}}}BusinessError"), None)
    code, text = fault.findtext("faultcode"), fault.findtext("faultstring")
    if detail is None:
        return EhealthFaultError(fault=shown(text) or "?", fault_code=shown(code) or "?")
    return EhealthFaultError(
        fault=shown(detail.findtext("Message")) or shown(text) or "?",
        fault_code=shown(detail.findtext("Code")) or shown(code) or "?",
        origin=shown(detail.findtext("Origin")),
        retry=shown(detail.findtext("Retry")),
        fault_id=shown(detail.get("Id")),
        environment=shown(detail.findtext(f"{{{names.SOA_ERRORS}}}Environment")),
    )


def _refusal(answer: Element, code: Element) -> EhcertError:
    problems = tuple(
        _problem(error)
        for detail in answer.iter(f"{{{names.ETEE}}}EteeStatusDetail")
        for error in detail.findall("Errors")
    )
    if problems:
        return refusal(problems[0].code, problems[0].message, problems)
    # The detail may be missing: then the most precise status URI has to do.
    nested = code.find(_k("StatusCode"))
    uri = (nested.get("Value") if nested is not None else None) or code.get("Value")
    message = answer.findtext(f"{_k('Status')}/{_k('StatusMessage')}")
    return refusal(shown(uri), shown(message) or shown(uri))


def _problem(error: Element) -> Problem:
    return Problem(
        code=shown(error.findtext("Code")) or "?",
        message=shown(error.findtext("Message")) or "?",
        parameters={
            shown(parameter.findtext("Name")): shown(parameter.findtext("Value"))
            for parameter in error.findall("Parameters")
        },
    )


def _k(name: str) -> str:
    return f"{{{names.COMMONS}}}{name}"
