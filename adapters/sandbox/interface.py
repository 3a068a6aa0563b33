"""What messages may look like: a small language for their structure, and the check of a message against it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from adapters.sandbox.refusal import BadMessage
from adapters.xml import names
from adapters.xml.parsing import Element

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_KEY_IDENTIFIER = re.compile(r"[0-9A-Fa-f]{40}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_REASONS = {"keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation"}

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an element."""

    check: Check
    required: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """An element that holds text only."""

    check: Check
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opaque:
    """An element that somebody else looks into: the signature."""


@dataclass(frozen=True, slots=True)
class Group:
    """An element that holds other elements, in this order; `or_nothing`: all of them may be missing together."""

    parts: tuple[Part, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    or_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A child: its qualified tag, its content, and how often it may stand there (`most` None: without end)."""

    tag: str
    content: Text | Group | Opaque
    least: int = 1
    most: int | None = 1


def any_text(_value: str) -> bool:
    """xs:string."""
    return True


def is_uri(value: str) -> bool:
    """xs:anyURI, as far as it matters here."""
    return not re.search(r"[\s<>\"{}|\\^`]", value.strip())


def is_base64(value: str) -> bool:
    """xs:base64Binary; white space is allowed."""
    try:
        decode_base64(value)
    except (ValueError, binascii.Error):
        return False
    return True


def is_key_identifier(value: str) -> bool:
    """A PublicKeyIdentifier: twenty bytes in hexadecimal (PROTOCOL §2.3)."""
    return _KEY_IDENTIFIER.fullmatch(value.strip()) is not None


def is_reason(value: str) -> bool:
    """One of the four reasons to revoke."""
    return value in _REASONS


def is_language(value: str) -> bool:
    """xs:language."""
    return _LANGUAGE.fullmatch(value.strip()) is not None


def is_date_time(value: str) -> bool:
    """xs:dateTime."""
    try:
        parse_date_time(value)
    except ValueError:
        return False
    return True


def is_name(value: str) -> bool:
    """xs:ID."""
    return _NAME.fullmatch(value.strip()) is not None


def decode_base64(value: str) -> bytes:
    """The bytes; white space anywhere inside is dropped."""
    return base64.b64decode("".join(value.split()), validate=True)


def encode_base64(content: bytes) -> str:
    """The bytes as xs:base64Binary, on one line."""
    return base64.b64encode(content).decode("ascii")


def parse_date_time(value: str) -> datetime:
    """A moment; without a zone it counts as UTC. Raises ValueError."""
    if not _DATE_TIME.fullmatch(value.strip()):
        raise ValueError("not an xs:dateTime")
    moment = datetime.fromisoformat(value.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


REQUEST_ATTRIBUTES: Final = {"Id": Attribute(is_name, required=False), "IssueInstant": Attribute(is_date_time)}
"""What every request of CertRA and EtkRA carries (PROTOCOL §2.1)."""


def check(element: Element, content: Text | Group | Opaque, where: str = "") -> None:
    """Check one element and all below it.

    Raises:
        BadMessage: with the path to the place, never with a value.
    """
    path = f"{where}/{etree.QName(element).localname}"
    match content:
        case Opaque():
            return
        case Text():
            _check_attributes(element, content.attributes, path)
            _check_text(element, content.check, path)
        case Group():
            _check_attributes(element, content.attributes, path)
            _check_children(element, content, path)


def _check_attributes(element: Element, allowed: Mapping[str, Attribute], path: str) -> None:
    present = {name: value for name, value in element.attrib.items() if not name.startswith(f"{{{names.XSI}}}")}
    for name, attribute in allowed.items():
        if name not in present and attribute.required:
            raise BadMessage(f"{path}: attribute {etree.QName(name).localname} is missing")
        if name in present and not attribute.check(present[name]):
            raise BadMessage(f"{path}: attribute {etree.QName(name).localname} has a value that is not allowed")
    unknown = sorted(present.keys() - allowed.keys())
    if unknown:
        raise BadMessage(f"{path}: attribute {etree.QName(unknown[0]).localname} is not allowed")


def _check_text(element: Element, allowed: Check, path: str) -> None:
    if len(element):
        raise BadMessage(f"{path}: only text is allowed here")
    if not allowed(element.text or ""):
        raise BadMessage(f"{path}: the value is not allowed")


def _check_children(element: Element, content: Group, path: str) -> None:
    if any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
        raise BadMessage(f"{path}: text is not allowed here")
    children = list(element)
    if content.or_nothing and not children:
        return
    for part in content.parts:
        children = _take(children, part, path)
    if children:
        raise BadMessage(f"{path}: {etree.QName(children[0]).localname} is not expected here")


def _take(children: list[Element], part: Part, path: str) -> list[Element]:
    """Check as many of the first children as belong to this part; returns the others."""
    count = 0
    while count < len(children) and children[count].tag == part.tag and (part.most is None or count < part.most):
        check(children[count], part.content, path)
        count += 1
    if count < part.least:
        raise BadMessage(f"{path}: {etree.QName(part.tag).localname} is missing")
    return children[count:]
