"""Reads a bundle as a store is read: the procedure and its journal, believed as far as they can be explained."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from adapters.cli.bundling import text
from adapters.cli.telling import happening_text, told
from adapters.system.files import reason_of
from workflow import upgrades
from workflow.definition import Definition, Turn
from workflow.definitions import DEFINITIONS
from workflow.errors import (
    BundleChangedError,
    BundleNewerError,
    BundleNonsenseError,
    BundleUnreadableError,
    NotABundleError,
)
from workflow.explaining import Explanation, explain
from workflow.machine import derive
from workflow.narrating import happenings
from workflow.procedure import Line, Procedure, ProcedureId, Trouble, WrittenLine
from workflow.texts import mark
from workflow.way import way_of

_MOST_LINES = 100_000
_Number = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
_MaybeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,64}$")]
_Id = Annotated[str, StringConstraints(pattern=r"^[2-9a-z]{8}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Trouble(_Part):
    code: _Name
    at: AwareDatetime
    attempts: _Number


class _Procedure(_Part):
    id: _Id
    definition: _Name
    definition_version: _Number
    environment: _Name
    state: _Name
    turn: Turn
    created_at: AwareDatetime
    since: AwareDatetime
    revision: _Number
    looked_at: AwareDatetime | None
    wake_at: AwareDatetime | None
    expected_by: AwareDatetime | None
    trouble: _Trouble | None
    ended: bool


class _Line(_Part):
    number: _Number
    at: AwareDatetime
    kind: _Name
    state: _MaybeName
    trigger: _MaybeName
    details: dict[str, Any]
    changes: dict[str, Any]
    sound: bool


class _Content(_Part):
    made_at: AwareDatetime
    procedure: _Procedure
    facts: dict[str, dict[str, Any] | None]
    journal: list[_Line]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a store would give. `made_at` is the moment of the sender, in the clock of the procedure's environment."""

    path: Path
    made_at: datetime
    procedure: Procedure
    journal: list[WrittenLine]
    content: dict[str, Any]

    @property
    def definition(self) -> Definition:
        """Today's definition of its procedure."""
        return DEFINITIONS[self.procedure.definition]


def read_bundle(path: Path) -> Bundle:
    """A bundle that can be shown. Nothing in it is ever carried out.

    Raises `BundleUnreadableError`, `NotABundleError`, `BundleChangedError`, `BundleNewerError`, `BundleNonsenseError`.
    """
    try:
        content = text.read(_text(path))
    except (text.NoBundle, UnicodeDecodeError) as error:
        raise NotABundleError(path=path) from error
    except text.Changed as error:
        raise BundleChangedError(path=path) from error
    except text.Newer as error:
        raise BundleNewerError(path=path) from error
    except text.Nonsense as error:
        raise BundleNonsenseError(path=path, reason=str(error)) from error
    bundle = _bundle(path, content)
    _check_explainable(bundle)
    return bundle


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise NotABundleError(path=path)
        with path.open("rb") as file:
            found = file.read(text.LARGEST + 1)
    except OSError as error:
        raise BundleUnreadableError(path=path, reason=reason_of(error)) from error
    if len(found) > text.LARGEST:
        raise BundleNonsenseError(path=path, reason=mark("it is too large"))
    return found.decode("utf-8")


def _bundle(path: Path, content: dict[str, Any]) -> Bundle:
    try:
        known = _Content.model_validate(content)
    except (ValidationError, RecursionError) as error:
        raise BundleNonsenseError(path=path, reason=_first(error)) from error
    row = known.procedure
    definition = DEFINITIONS.get(row.definition)
    if definition is None or row.definition_version > definition.version:
        raise BundleNewerError(path=path)
    if len(known.journal) > _MOST_LINES:
        raise BundleNonsenseError(path=path, reason=mark("it is too large"))
    fields = row.model_dump(exclude={"id", "trouble"})
    moments = {name: _utc(value) for name, value in fields.items() if isinstance(value, datetime)}
    last = row.trouble
    trouble = None if last is None else Trouble(last.code, _utc(last.at), last.attempts)
    made = Procedure(**{**fields, **moments}, id=ProcedureId(row.id), facts=known.facts, trouble=trouble)
    lines = [WrittenLine(one.number, _line(one), one.sound) for one in known.journal]
    return Bundle(path, _utc(known.made_at), upgrades.brought_forward(made, definition.version), lines, content)


def _line(one: _Line) -> Line:
    return Line(_utc(one.at), one.kind, one.state, one.trigger, one.details, one.changes)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return mark("it is nested too deeply")
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])[:80]}: {first['msg']}"


def _tell(explanation: Explanation, journal: Sequence[WrittenLine]) -> None:
    """Fill in every text once."""
    for said in (*explanation.why, *explanation.never, *(one.why for one in explanation.do)):
        told(said)
    for happening in happenings(journal):
        happening_text(happening)


def _check_explainable(bundle: Bundle) -> None:
    """A sum that fits proves nothing about who wrote the file: what ehcert did not write shows when it is explained."""
    procedure, journal = bundle.procedure, bundle.journal
    try:
        state = derive(bundle.definition, procedure.facts)
        if state != procedure.state:
            raise ValueError(mark("its facts do not fit its state"))
        _tell(explain(bundle.definition, procedure, journal, bundle.made_at), journal)
        way_of(bundle.definition, procedure, journal)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, LookupError) as error:
        reason = str(error) if type(error) is ValueError else mark("its content does not hang together")
        raise BundleNonsenseError(path=bundle.path, reason=reason) from error
