"""`ehcert sandbox approve`, `refuse` and `confirm`: what people do at the far side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.wiring import wire
from adapters.cli.words import _, set_language
from workflow.errors import Exit

if TYPE_CHECKING:
    from adapters.sandbox.authority import Authority


@click.command()
@click.argument("pki", required=False)
@json_option
def approve(pki: str | None, as_json: bool) -> int:
    """The support team says yes to a request that it looks at: PKI, or the only one that waits."""
    from adapters.sandbox import support

    with _far_side() as authority:
        key = support.approve(authority, pki)
    if as_json:
        emit("sandbox.approve", public_key_identifier=key)
    else:
        result(_("Approved: {key}").format(key=key))
    return Exit.OK


@click.command()
@click.argument("pki", required=False)
@json_option
def refuse(pki: str | None, as_json: bool) -> int:
    """The support team says no to a request that it looks at: PKI, or the only one that waits."""
    from adapters.sandbox import support

    with _far_side() as authority:
        key = support.refuse(authority, pki)
    if as_json:
        emit("sandbox.refuse", public_key_identifier=key)
    else:
        result(_("Refused: {key}").format(key=key))
    return Exit.OK


@click.command()
@click.argument("url")
@json_option
def confirm(url: str, as_json: bool) -> int:
    """A foreigner without a Belgian card logs in at the address that his request showed."""
    from adapters.sandbox import support

    with _far_side() as authority:
        support.confirm(authority, url)
    if as_json:
        emit("sandbox.confirm", confirmed=True)
    else:
        result(_("Confirmed."))
    return Exit.OK


@contextmanager
def _far_side() -> Iterator[Authority]:
    from adapters.sandbox.home import Sandbox

    wiring = wire(environment="sandbox")
    set_language(wiring.settings.language)
    sandbox = Sandbox.open(wiring.folders.sandbox)
    try:
        yield sandbox.authority
    finally:
        sandbox.close()
