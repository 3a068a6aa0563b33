"""An HTTP answer, before anybody looked into it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """`media_type` is the Content-Type without parameters, lower-case; `date` is the Date header."""

    status: int
    media_type: str
    date: str | None
    body: bytes
