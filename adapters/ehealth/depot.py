"""The question to the public depot of encryption tokens, and its answer (PROTOCOL §11.3)."""

from __future__ import annotations

from typing import Any

from adapters.ehealth import reading
from adapters.ehealth.answers import nonsense, refusal, shown
from adapters.ehealth.translation import d
from adapters.xml import names
from adapters.xml.parsing import Element
from workflow.errors import EhealthFaultError
from workflow.texts import mark


def question(identifier_type: str, identifier: str, application_id: str | None) -> dict[str, Any]:
    """The search criteria. An empty application id means a certificate without one; leaving it out means any."""
    owner = {"Type": identifier_type, "Value": identifier, "ApplicationID": application_id or ""}
    return {"SearchCriteria": {"Identifier": [owner]}}


def token_in(answer: Element, identifier_type: str, identifier: str) -> bytes | None:
    """The token found, or None when there is none.

    Raises:
        RefusedError: eHealth does not know the identifier type, or says no otherwise.
        EhealthFaultError: the depot reports an internal error.
        EhealthNonsenseError: anything else, also the answer to another question.
    """
    _check_question(answer, identifier_type, identifier)
    status = reading.child(answer, f"{{{names.COMMONS1}}}Status")
    # Inside the status of version 1_0 nothing has a namespace.
    code, message = reading.text(status, "Code").strip(), shown(status.findtext("Message"))
    errors = [
        (shown(error.findtext(d("Code"))), shown(error.findtext(d("Message")))) for error in answer.findall(d("Error"))
    ]
    if code == "200" and errors:
        code, message = errors[0]
    match code:
        case "404":
            return None
        case "200":
            return _token(answer)
        case "500":
            raise EhealthFaultError(fault=message or "?", fault_code=code)
        case _:
            raise refusal(shown(code) or "?", message or "?")


def _token(answer: Element) -> bytes:
    if answer.find(d("MatchingEtk")) is not None:
        raise nonsense(mark("several encryption tokens match"))
    return reading.decoded(reading.child(answer, d("ETK")))


def _check_question(answer: Element, identifier_type: str, identifier: str) -> None:
    """This interface has no InResponseTo; it may repeat the question instead."""
    given = answer.find(f"{d('GivenSearchCriteria')}/{d('Identifier')}")
    if given is None:
        return
    asked = (identifier_type, identifier.lstrip("0"))
    repeated = ((given.findtext(d("Type")) or "").strip(), (given.findtext(d("Value")) or "").strip().lstrip("0"))
    if repeated != asked:
        raise nonsense(mark("it answers another question"))
