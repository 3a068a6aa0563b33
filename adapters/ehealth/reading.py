"""Typed reading of an answer's elements: what is missing or malformed is nonsense, never a silent None or false.

zeep's own reader takes every boolean that is not "true" for false and malformed base64 for bytes; here that could
skip an activation or install garbage.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from enum import Enum
from typing import Final, TypeVar

from cryptography import x509

from adapters.ehealth.answers import nonsense
from adapters.xml.parsing import Element

_Member = TypeVar("_Member", bound=Enum)
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_MOMENT: Final = re.compile(r"(-?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")


def child(parent: Element, tag: str) -> Element:
    """The one child with this tag."""
    found = parent.findall(tag)
    if len(found) != 1:
        raise nonsense(f"{len(found)} × <{_short(tag)}>")
    return found[0]


def optional(parent: Element, tag: str) -> Element | None:
    """The child with this tag, or None when there is none."""
    return child(parent, tag) if parent.find(tag) is not None else None


def text(parent: Element, tag: str) -> str:
    """The text of the child, as it stands."""
    return _text(child(parent, tag))


def optional_text(parent: Element, tag: str) -> str | None:
    """The text of the child, or None when there is no such child."""
    found = optional(parent, tag)
    return None if found is None else _text(found)


def boolean(parent: Element, tag: str) -> bool:
    """An xs:boolean."""
    value = text(parent, tag).strip()
    if value not in _BOOLEANS:
        raise _malformed(tag)
    return _BOOLEANS[value]


def moment(parent: Element, tag: str) -> datetime:
    """An xs:dateTime with a zone. assumption: a moment that comes without one is in UTC."""
    match = _MOMENT.fullmatch(text(parent, tag).strip())
    if match is None:
        raise _malformed(tag)
    fraction = (match[2] or "0")[:6].ljust(6, "0")
    try:
        value = datetime.fromisoformat(f"{match[1]}.{fraction}{match[3] or ''}")
    except ValueError as error:
        raise _malformed(tag) from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def optional_moment(parent: Element, tag: str) -> datetime | None:
    """An xs:dateTime, or None when there is no such child."""
    return None if parent.find(tag) is None else moment(parent, tag)


def decoded(element: Element) -> bytes:
    """The bytes of an xs:base64Binary, at least one."""
    try:
        value = base64.b64decode("".join(_text(element).split()), validate=True)
    except (ValueError, binascii.Error) as error:
        raise _malformed(element.tag) from error
    if not value:
        raise _malformed(element.tag)
    return value


def certificate(element: Element) -> bytes:
    """An X.509 certificate, DER."""
    value = decoded(element)
    try:
        x509.load_der_x509_certificate(value)
    except (ValueError, x509.InvalidVersion) as error:
        raise _malformed(element.tag) from error
    return value


def key_identifier(parent: Element, tag: str) -> str:
    """A PublicKeyIdentifier as 40 lower-case hexadecimal digits, however it was written (PROTOCOL §7)."""
    value = text(parent, tag).strip().lower()
    if not re.fullmatch("[0-9a-f]{40}", value):
        raise _malformed(tag)
    return value


def member(parent: Element, tag: str, kind: type[_Member]) -> _Member:
    """A value of an enumeration."""
    try:
        return kind(text(parent, tag).strip())
    except ValueError as error:
        raise _malformed(tag) from error


def _text(element: Element) -> str:
    if len(element):
        raise _malformed(element.tag)
    return element.text or ""


def _malformed(tag: str) -> Exception:
    # Without the value: it may be personal.
    return nonsense(f"<{_short(tag)}>")


def _short(tag: str) -> str:
    return tag.rpartition("}")[2]
