"""The names of keystore files: who, when, and in which environment (PROTOCOL §10.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

SUFFIXES = {
    "production": (".p12",),
    "acceptance": (".acc.p12", ".acc-p12"),  # assumption: the first is the one to write (PROTOCOL §10.3)
    "sandbox": (".sandbox.p12",),
}
"""By environment, what its keystores end with; the first is written, all are read."""

_MOMENT = "%Y%m%d-%H%M%S"
_RULE = re.compile(
    r"(?P<type>[A-Z][A-Z0-9_-]*)=(?P<identifier>[0-9]{1,20})(?:, ?(?P<application>[0-9A-Za-z_-]{1,30}))?"
    r" (?P<moment>[0-9]{8}-[0-9]{6})"
)

_COPY = re.compile(r"(?P<original>.+)\.(?P<moment>[0-9]{8}-[0-9]{6})\.old", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileName:
    """A file name taken apart; the parts are None when it does not follow the rule."""

    identifier_type: str | None
    identifier: str | None
    application_id: str | None
    made_at: datetime | None
    environment: str | None


def parse(name: str) -> FileName:
    """What a name says: `TYPE=ID[,APPID] yyyyMMdd-HHmmss<suffix>`; any text is allowed."""
    stem, environment = split(name)
    match = _RULE.fullmatch(stem)
    made_at = _moment(match["moment"]) if match else None
    if environment is None or match is None or made_at is None:
        return FileName(None, None, None, None, environment)
    return FileName(match["type"], match["identifier"], match["application"], made_at, environment)


def split(name: str) -> tuple[str, str | None]:
    """A name without its suffix, and the environment of the suffix; the longest suffix wins, case does not matter."""
    known = [(suffix, environment) for environment, suffixes in SUFFIXES.items() for suffix in suffixes]
    for suffix, environment in sorted(known, key=lambda one: -len(one[0])):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)], environment
    return name, None


def name_of(owner: str, moment: datetime, environment: str) -> str:
    """The name of a keystore of `owner` ('TYPE=ID[,APPID]'), requested at this local moment."""
    return f"{owner} {moment.strftime(_MOMENT)}{SUFFIXES[environment][0]}"


def copy_name(name: str, moment: datetime) -> str:
    """The name of a copy that is kept of a file from this local moment on.

    It does not end as keystores do, so that software that opens the last `SSIN=…*p12` never takes it.
    """
    return f"{name}.{moment.strftime(_MOMENT)}.old"


def original_of_copy(name: str) -> str | None:
    """The name of the file that a kept copy is of; None for any other name."""
    match = _COPY.fullmatch(name)
    return match["original"] if match else None


def is_kept_copy(name: str) -> bool:
    """Whether a file is the copy of a keystore that got another password."""
    original = original_of_copy(name)
    return original is not None and split(original)[1] is not None


def later_names(name: str, environment: str) -> Iterator[str]:
    """A name with the suffix of the environment, then the same a second later, and so on without end.

    A name that does not follow the rule gets a number instead of a later second.
    """
    stem, _ = split(name)
    suffix = SUFFIXES[environment][0]
    yield stem + suffix
    match = _RULE.fullmatch(stem)
    made_at = _moment(match["moment"]) if match else None
    for number in count(1):
        if match is None or made_at is None:
            yield f"{stem} {number + 1}{suffix}"
        else:
            later = made_at + timedelta(seconds=number)
            yield stem[: match.start("moment")] + later.strftime(_MOMENT) + suffix


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, _MOMENT)
    except ValueError:
        return None
    return moment if 1900 <= moment.year < 9999 else None  # so that it can be written again, and a second later
