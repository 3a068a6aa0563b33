"""Texts for people: marked here, translated by the front end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def mark(text: str) -> str:
    """Mark an English text for the catalogues; it is returned as it is.

    The front end looks the text up in the user's language and fills in the ``{names}`` afterwards.
    """
    return text


@dataclass(frozen=True, slots=True)
class Said:
    """A marked text with what fills it in; a value may itself be `Said`."""

    text: str
    details: Mapping[str, Any] = field(default_factory=dict)
