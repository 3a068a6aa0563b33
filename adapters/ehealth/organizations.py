"""What eHealth tells about organisations: the types of their identifiers, and their application ids."""

from __future__ import annotations

from typing import Final

from adapters.ehealth import reading
from adapters.ehealth.answers import nonsense
from adapters.ehealth.translation import c, r, texts_in
from adapters.xml import names
from adapters.xml.parsing import Element
from steps.ports.registration import OrganizationType

_NIL: Final = f"{{{names.XSI}}}nil"


def types_in(answer: Element) -> tuple[OrganizationType, ...]:
    """The types that are accepted, at least one (PROTOCOL §3.2, op. 9)."""
    found = tuple(_type_in(element) for element in answer.findall(r("OrganizationType")))
    if not found:
        raise nonsense("0 × <OrganizationType>")
    return found


def application_ids_in(answer: Element) -> tuple[str | None, ...]:
    """The application ids in use; None for a certificate without one (PROTOCOL §3.2, op. 10)."""
    return tuple(_application_id_in(element) for element in answer.findall(r("ApplicationId")))


def _type_in(element: Element) -> OrganizationType:
    return OrganizationType(
        identifier_type=_filled(reading.text(element, c("IdentifierType")), "IdentifierType"),
        names=texts_in(reading.child(element, c("Name"))),
        pattern=reading.optional_text(element, c("ValidationRegEx")) or None,
        check_digits=tuple((found.text or "").strip() for found in element.findall(c("CheckDigitAlgorithm"))),
    )


def _application_id_in(element: Element) -> str | None:
    if element.get(_NIL, "").strip() in ("true", "1"):
        return None
    return _filled(element.text or "", "ApplicationId")


def _filled(value: str, name: str) -> str:
    if not value.strip():
        raise nonsense(f"<{name}>")
    return value.strip()
