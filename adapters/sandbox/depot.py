"""The public depot: which ETK is in use for a person or an organisation (PROTOCOL §11.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from adapters.sandbox.certificates import Record
from adapters.sandbox.content import PERSON_TYPE, child, depot, make, optional_text, text
from adapters.sandbox.desk import Answer, Call, Desk
from adapters.sandbox.identifiers import DEPOT_TYPES
from adapters.sandbox.interface import encode_base64
from adapters.xml import names
from adapters.xml.parsing import Element

FOUND: Final = "200"
UNKNOWN_TYPE: Final = "400"
NOT_FOUND: Final = "404"
_MESSAGES: Final = {
    FOUND: "Success",
    UNKNOWN_TYPE: "The type of an identifier is not known",
    NOT_FOUND: "There is no ETK for this identifier",
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One identifier that is searched; `application_id` None: any, empty: certificates without one."""

    identifier_type: str
    value: str
    application_id: str | None


def get_etk(desk: Desk, call: Call) -> Answer:
    """The ETK that all identifiers mean; several possible ones are named, to be asked for one by one."""
    criteria = [_criterion(element) for element in child(call.request, depot("SearchCriteria"))]
    if any(criterion.identifier_type not in DEPOT_TYPES for criterion in criteria):
        return _answer(UNKNOWN_TYPE, criteria, _errors(UNKNOWN_TYPE))
    found = _search(desk, call, criteria)
    if not found:
        return _answer(NOT_FOUND, criteria, _errors(NOT_FOUND))
    if len(found) == 1:
        return _answer(FOUND, criteria, [make(depot("ETK"), encode_base64(found[0][1]))])
    return _answer(FOUND, criteria, [make(depot("MatchingEtk"), [_identifier(_own(r))]) for r, _ in found])


def _search(desk: Desk, call: Call, criteria: list[Criterion]) -> list[tuple[Record, bytes]]:
    records = [r for r in desk.certificates.all() if all(_matches(desk, r, c) for c in criteria)]
    return [(record, etk) for record in records if (etk := desk.tokens.in_use(record, call.now)) is not None]


def _matches(desk: Desk, record: Record, criterion: Criterion) -> bool:
    wanted = criterion.application_id
    if wanted is not None and wanted != (record.subject.application_id or ""):
        return False
    own = (record.subject.identifier_type, record.subject.identifier)
    if (criterion.identifier_type, criterion.value) == own:
        return True
    # A search by a person's INAMI/RIZIV number may return the ETK of his SSIN (PROTOCOL §11.3).
    if criterion.identifier_type not in ("NIHII", "NIHII11"):
        return False
    person = desk.register.person_of_nihii(criterion.value)
    return person is not None and own == (PERSON_TYPE, person.ssin)


def _own(record: Record) -> Criterion:
    subject = record.subject
    return Criterion(subject.identifier_type, subject.identifier, subject.application_id or "")


def _criterion(element: Element) -> Criterion:
    return Criterion(
        identifier_type=text(element, depot("Type")).strip(),
        value=text(element, depot("Value")).strip(),
        application_id=optional_text(element, depot("ApplicationID")),
    )


def _identifier(criterion: Criterion) -> Element:
    children = [make(depot("Type"), criterion.identifier_type), make(depot("Value"), criterion.value)]
    if criterion.application_id is not None:
        children.append(make(depot("ApplicationID"), criterion.application_id))
    return make(depot("Identifier"), children)


def _errors(code: str) -> list[Element]:
    return [make(depot("Error"), [make(depot("Code"), code), make(depot("Message"), _MESSAGES[code])])]


def _answer(code: str, criteria: list[Criterion], rest: list[Element]) -> Answer:
    """Code and Message of the status are unqualified (PROTOCOL §11.3)."""
    status = make(f"{{{names.COMMONS1}}}Status", [make("Code", code), make("Message", _MESSAGES[code], Lang="EN")])
    given = make(depot("GivenSearchCriteria"), [_identifier(criterion) for criterion in criteria])
    return Answer([status, given, *rest])
