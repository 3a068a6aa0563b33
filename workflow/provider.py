"""The record of a care provider, and what can be said of the certificate that his practice software uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import NewType

from workflow.texts import mark

ProviderId = NewType("ProviderId", str)

KINDS = {
    "physician": mark("physician"),
    "pharmacist": mark("pharmacist"),
    "dentist": mark("dentist"),
    "nurse": mark("nurse"),
    "midwife": mark("midwife"),
    "physiotherapist": mark("physiotherapist"),
    "paramedic": mark("paramedic"),
}
"""The kinds of provider, as stored, with their names."""

_FIRST_DIGITS = {"1": {"physician"}, "2": {"pharmacist"}, "3": {"dentist"}, "4": {"nurse", "midwife"}}
_FIRST_DIGITS |= {"5": {"physiotherapist"}, "6": {"paramedic"}}
"""What the first digit of an INAMI number says (PROTOCOL §9.4)."""

WINDOW = timedelta(days=90)
"""assumption: how long before its end a certificate may be renewed, where the service was not asked (PROTOCOL §8.2)."""


@dataclass(frozen=True, slots=True)
class InamiNumber:
    """An INAMI number, the kind of provider that it is of, and the day from which it holds."""

    kind: str
    number: str
    since: date


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that `link` put in the folder of the practice software: its path and its SHA-256, hexadecimal."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Link:
    """The keystore that the practice software is to use; `valid_until` is the end of its certificate.

    `placed` are all files that links put in the folder of the practice software, the earlier ones too: old messages
    open with old keystores.
    """

    file: Placed
    public_key_identifier: str
    valid_until: datetime
    linked_at: datetime
    placed: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """The record of one care provider in one environment."""

    id: ProviderId
    environment: str
    name: str
    ssin: str
    created_at: datetime
    changed_at: datetime
    numbers: tuple[InamiNumber, ...] = ()
    link: Link | None = None

    def with_number(self, number: InamiNumber) -> Provider:
        """The record with this number: a new one, or with another kind or day. In the order of their days."""
        others = [one for one in self.numbers if one.number != number.number]
        return replace(self, numbers=tuple(sorted([*others, number], key=lambda one: (one.since, one.number))))

    def without_number(self, number: str) -> Provider:
        """The record without this number."""
        return replace(self, numbers=tuple(one for one in self.numbers if one.number != number))


class Badge(Enum):
    """What the provider's record shows of the certificate, as the manual's button does."""

    NONE = "none"  # red
    VALID = "valid"  # green
    RENEW = "renew"  # amber: inside the window of renewal


def badge_of(valid_until: datetime | None, now: datetime) -> Badge:
    """The badge for a certificate that ends then; None when there is none."""
    if valid_until is None or now >= valid_until:
        return Badge.NONE
    return Badge.RENEW if now >= valid_until - WINDOW else Badge.VALID


def fits_kind(kind: str, inami: str) -> bool:
    """Whether an INAMI number may belong to a kind of provider."""
    return kind in _FIRST_DIGITS.get(inami[:1], {kind})


def newest(numbers: Sequence[InamiNumber], today: date) -> dict[str, InamiNumber]:
    """By kind of provider, the number that holds today: the last one that began."""
    return {one.kind: one for one in sorted(numbers, key=lambda one: one.since) if one.since <= today}
