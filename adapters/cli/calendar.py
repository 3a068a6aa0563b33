"""What is due as a calendar file (RFC 5545), by hand: every line escaped and folded, nothing personal in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from adapters.cli.telling import told
from adapters.cli.words import _, safe_line
from workflow.due import Due

FIRST_LINE = b"BEGIN:VCALENDAR\r\n"
_WIDEST = 75
"""Octets of a line, without its end (RFC 5545 §3.1)."""


def calendar(items: Iterable[Due], now: datetime) -> bytes:
    """The file; an event keeps its UID when its moment changes, what is overdue stands at this moment."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ehcert//ehcert//EN", "CALSCALE:GREGORIAN"]
    for one in items:
        lines += _event(one, now)
    return b"".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(one: Due, now: datetime) -> Iterator[str]:
    says, about = told(one.says), f"{one.environment}, {one.about}"
    yield "BEGIN:VEVENT"
    yield f"UID:{one.kind.value}-{one.about}@ehcert"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"DTSTART:{_moment(max(one.at, now))}"
    yield f"SUMMARY:{escaped(f'eHealth: {says}')}"
    yield f"DESCRIPTION:{escaped(says)}\\n{escaped(_('Run: {command}').format(command=one.command))}\\n{escaped(about)}"
    yield "TRANSP:TRANSPARENT"
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escaped(says)}", "TRIGGER:PT0S", "END:VALARM")
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """A text as a value of TEXT (§3.3.11); control characters, which the format forbids, are replaced."""
    clean = safe_line(text)
    for sign in ("\\", ";", ","):
        clean = clean.replace(sign, f"\\{sign}")
    return clean


def _folded(line: str) -> bytes:
    """A line in parts of 75 octets at the most, no letter cut in two; each further part begins with a space."""
    parts, part = [], b""
    for letter in line:
        octets = letter.encode()
        if len(part) + len(octets) > _WIDEST:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part]) + b"\r\n"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
