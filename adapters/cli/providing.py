"""What the commands about care providers share: their record, and how its values are asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import click

from adapters.cli.script import Script
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, set_language
from workflow.errors import BadValueError, EhcertError, InamiOfOtherKindError
from workflow.forms import Choice, Form, Offer
from workflow.ports import Cancelled, GoBack
from workflow.provider import KINDS, InamiNumber, Provider, fits_kind

id_argument = click.argument("provider_id", metavar="[ID]", required=False)
reveal_option = click.option("--reveal", is_flag=True, help="Show national numbers in full.")


def wired(environment: str | None) -> tuple[Wiring, str]:
    """The program put together, and the environment that counts."""
    wiring = wire(environment=environment)
    set_language(wiring.settings.language)
    return wiring, wiring.settings.environment


def loaded(wiring: Wiring, environment: str, provider_id: str | None) -> Provider:
    """The named record, or the only one. Raises `NoSuchProviderError`, `WhichProviderError`."""
    return wiring.providers.load(wiring.providers.find(environment, provider_id))


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """To go back or to cancel is to stop: nothing was stored."""
    try:
        yield
    except (GoBack, Cancelled) as stopped:
        raise click.Abort from stopped


def filled(person: Script, form: Form) -> dict[str, Any]:
    """The answers to a form, asked again while a person mends them."""
    kinds = {"kind": tuple(Choice(name, _(label)) for name, label in KINDS.items())}
    while True:
        try:
            with stopping():
                answers = dict(person.fill(form, Offer(choices=kinds)))
            _check_kind(answers)
        except EhcertError as error:
            if not person.again(error):
                raise
            continue
        return answers


def _check_kind(answers: dict[str, Any]) -> None:
    """Raises `BadValueError` for an unknown kind, `InamiOfOtherKindError`."""
    kind = answers.get("kind")
    if kind is None:
        return
    if kind not in KINDS:
        raise BadValueError(field="kind", value=kind)
    if not fits_kind(kind, answers["number"]):
        raise InamiOfOtherKindError(field="number", kind=_(KINDS[kind]))


def number_of(answers: dict[str, Any]) -> InamiNumber:
    """The number of a filled form."""
    return InamiNumber(answers["kind"], answers["number"], date.fromisoformat(answers["since"]))
