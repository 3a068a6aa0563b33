"""Where the commands that only look take a procedure from: the store, or a bundle that somebody mailed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from adapters.cli.output import say
from adapters.cli.wiring import Wiring
from adapters.cli.words import _, moment_text
from workflow.procedure import Procedure, WrittenLine
from workflow.texts import mark

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Looked:
    """A procedure with its journal, and the moment at which it stands so."""

    procedure: Procedure
    journal: list[WrittenLine]
    now: datetime


def looking_options(command: _Command) -> _Command:
    """[ID] and --bundle: one of them."""
    about = mark("Look at the procedure in a file of ehcert bundle, instead of ID.")
    command = click.option("--bundle", type=click.Path(path_type=Path), metavar="FILE", help=about)(command)
    return click.argument("procedure_id", metavar="[ID]", required=False)(command)


def check_one(procedure_id: str | None, bundle: Path | None) -> None:
    """That there is an ID or a bundle, and not both. Raises `click.UsageError`."""
    if (procedure_id is None) == (bundle is None):
        raise click.UsageError(_("give the ID of a procedure, or --bundle FILE"))


def looked_at(wiring: Wiring, procedure_id: str | None, bundle: Path | None) -> Looked:
    """What is to be looked at. Raises `NoSuchProcedureError`, `AmbiguousIdError`, a `StoreError` or a `BundleError`."""
    check_one(procedure_id, bundle)
    if bundle is None:
        procedure = wiring.store.load(wiring.store.find(procedure_id or ""))
        return Looked(procedure, wiring.store.journal(procedure.id), wiring.clock(procedure.environment).now())
    return in_bundle(bundle)


def in_bundle(path: Path) -> Looked:
    """The procedure of a bundle, as it stood when the bundle was made. Raises a `BundleError`."""
    from adapters.cli.bundling.reading import read_bundle

    found = read_bundle(path.expanduser())
    say(_("as it stood on {moment}, when the bundle was made").format(moment=moment_text(found.made_at)))
    return Looked(found.procedure, found.journal, found.made_at)
