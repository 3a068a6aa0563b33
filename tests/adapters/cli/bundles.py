"""Bundles of worlds: written as the command writes them, read as the helpdesk reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adapters.cli.bundling.contents import made
from adapters.cli.bundling.reading import Bundle, read_bundle
from adapters.cli.checkup.findings import Finding
from adapters.system.settings import Settings
from tests.world.world import World
from workflow.procedure import Procedure


def text_of(world: World, procedure: Procedure | None = None, findings: Sequence[Finding] = ()) -> str:
    """The text of the bundle of a procedure, by itself the newest one of a world."""
    known = procedure or world.all_procedures()[-1]
    return made(known, world.journal(known.id), findings, Settings(), world.own_clock.now()).text


def bundle_of(world: World, folder: Path, procedure: Procedure | None = None) -> Bundle:
    """The bundle, through a file in this folder."""
    file = folder / "procedure.bundle"
    file.write_text(text_of(world, procedure), "utf-8")
    return read_bundle(file)
