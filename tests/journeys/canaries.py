"""Searches for values that must not stand anywhere, in the forms in which they could hide."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from urllib.parse import quote


def found_in(content: bytes, canaries: Mapping[str, str], allowed: Iterable[str] = ()) -> list[str]:
    """The names of the canaries that stand in a content; `allowed` are texts around them that may stand there."""
    for text in allowed:
        for form in (text.encode(), text.encode("utf-16-le")):
            content = content.replace(form, b"")
    return [name for name, value in canaries.items() if any(form in content for form in forms(value))]


def forms(value: str) -> list[bytes]:
    """A value as it is, and as base64 (at every offset), hexadecimal, URL and UTF-16."""
    plain = value.encode()
    found = [
        plain,
        plain.hex().encode(),
        plain.hex().upper().encode(),
        quote(value).encode(),
        value.encode("utf-16-le"),
    ]
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + plain)
        found.append(encoded[(4 if shift else 0) : -4])
    return found
