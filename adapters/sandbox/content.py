"""Read the values that requests carry, and write the ones that answers carry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from adapters.sandbox.interface import decode_base64
from adapters.sandbox.refusal import Refusal
from adapters.xml import names
from adapters.xml.parsing import Element
from steps.ports.registration import Actor, Contact, Contract

PERSON_TYPE = "SSIN"


def certra(name: str) -> str:
    """A tag of CertRA's messages."""
    return f"{{{names.CERTRA}}}{name}"


def core(name: str) -> str:
    """A tag of CertRA's types."""
    return f"{{{names.CERTRA_CORE}}}{name}"


def commons(name: str) -> str:
    """A tag of the common types, version 2."""
    return f"{{{names.COMMONS}}}{name}"


def etkra(name: str) -> str:
    """A tag of EtkRA's messages."""
    return f"{{{names.ETKRA}}}{name}"


def depot(name: str) -> str:
    """A tag of EtkDepot's messages."""
    return f"{{{names.ETKDEPOT}}}{name}"


# --- reading; the structure was checked before --------------------------------------------------------------------


def child(element: Element, tag: str) -> Element:
    """The child with this tag, which must be there."""
    found = element.find(tag)
    if found is None:
        raise KeyError(tag)
    return found


def text(element: Element, tag: str) -> str:
    """The text of a child that must be there."""
    return child(element, tag).text or ""


def optional_text(element: Element, tag: str) -> str | None:
    """The text of a child; None when there is no such child."""
    found = element.find(tag)
    return None if found is None else found.text or ""


def content(element: Element, tag: str) -> bytes:
    """The bytes in a child that holds base64."""
    return decode_base64(text(element, tag))


def key_identifier(element: Element) -> str:
    """The PublicKeyIdentifier of a request, in lower case: bytes are compared, not letters."""
    return text(element, certra("PublicKeyIdentifier")).strip().lower()


def read_actor(element: Element) -> Actor:
    """An actor; several first names become one string."""
    identifiers = element.findall(commons("Id"))
    if len(identifiers) != 1:
        raise Refusal("SIM_SEVERAL_IDENTIFIERS")
    first_names = " ".join(name.text or "" for name in element.findall(commons("FirstName")))
    return Actor(
        identifier_type=identifiers[0].get("Type", "").strip(),
        identifier=(identifiers[0].text or "").strip(),
        name=text(element, commons("Name")),
        first_names=first_names or None,
    )


def read_contact(element: Element) -> Contact:
    """Contact data."""
    return Contact(
        email_private=text(element, core("EmailPrivate")),
        phone_private=text(element, core("PhonePrivate")),
        email_general=optional_text(element, core("EmailGeneral")),
        phone_general=optional_text(element, core("PhoneGeneral")),
    )


def read_contract(element: Element) -> Contract:
    """A contract, also one for a revocation."""
    values = child(element, core("Text")).findall(core("Value"))
    texts = {value.get(f"{{{names.XML}}}lang"): value.text or "" for value in values}
    return Contract(dn=text(element, core("DN")), signer=read_actor(child(element, core("Signer"))), texts=texts)


# --- writing ------------------------------------------------------------------------------------------------------


def make(tag: str, inside: str | list[Element] | None = None, **attributes: str) -> Element:
    """An element with text or with children."""
    element: Any = etree.Element(tag, attributes)
    if isinstance(inside, str):
        element.text = inside
    elif inside is not None:
        element.extend(inside)
    return element


def write_moment(moment: datetime) -> str:
    """xs:dateTime in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_boolean(value: bool) -> str:
    """xs:boolean."""
    return "true" if value else "false"


def write_actor(tag: str, actor: Actor) -> Element:
    """An actor with one identifier."""
    first_names = [] if actor.first_names is None else [make(commons("FirstName"), actor.first_names)]
    identifier = make(commons("Id"), actor.identifier, Type=actor.identifier_type)
    return make(tag, [identifier, *first_names, make(commons("Name"), actor.name)])


def write_contact(tag: str, contact: Contact) -> Element:
    """Contact data, without what is not known."""
    parts = {
        "EmailPrivate": contact.email_private,
        "EmailGeneral": contact.email_general,
        "PhonePrivate": contact.phone_private,
        "PhoneGeneral": contact.phone_general,
    }
    return make(tag, [make(core(name), value) for name, value in parts.items() if value is not None])


def write_texts(tag: str, texts: dict[str, str]) -> Element:
    """A text in several languages."""
    values = [make(core("Value"), value, **{f"{{{names.XML}}}lang": language}) for language, value in texts.items()]
    return make(tag, values)
