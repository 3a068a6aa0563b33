"""`ehcert provider`: the records of care providers, and the keystore that their practice software uses."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from adapters.cli.linking import Linking
from adapters.cli.options import environment_option, json_option
from adapters.cli.output import emit, result
from adapters.cli.provider_view import as_json as record_json
from adapters.cli.provider_view import heading, print_badge, print_clicks, print_record, seen
from adapters.cli.running import a_person
from adapters.cli.script import Script
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, masked, set_language
from workflow.errors import (
    BadValueError,
    EhcertError,
    Exit,
    InamiOfOtherKindError,
    NoSuchNumberError,
    NotLinkedError,
    ProviderDamagedError,
)
from workflow.forms import INAMI_NUMBER, KEYSTORE_PASSWORD, PROVIDER, REMOVED_NUMBER, Choice, Form, Offer
from workflow.ports import Cancelled, GoBack
from workflow.provider import KINDS, InamiNumber, Provider, ProviderId, fits_kind

Command = TypeVar("Command", bound=Callable[..., Any])

_id_argument = click.argument("provider_id", metavar="[ID]", required=False)
_answers_option = click.option(
    "--answers", type=click.Path(path_type=Path), help="Answers in a YAML file: form, field, value; - reads them here."
)
_secret_option = click.option(
    "--secret-fd", "secret_fds", multiple=True, metavar="NAME=N", help="Read keystore_password from descriptor N."
)
_reveal_option = click.option("--reveal", is_flag=True, help="Show national numbers in full.")


@click.group()
def provider() -> None:
    """The care providers of your practice software. Each has a record: who, which numbers, which keystore."""


def _wired(environment: str | None) -> tuple[Wiring, str]:
    wiring = wire(environment=environment)
    set_language(wiring.settings.language)
    return wiring, wiring.settings.environment


def _loaded(wiring: Wiring, environment: str, provider_id: str | None) -> Provider:
    return wiring.providers.load(wiring.providers.find(environment, provider_id))


# --- records ----------------------------------------------------------------------------------------------------------


@provider.command()
@environment_option
@_answers_option
@json_option
def add(environment: str | None, answers: Path | None, as_json: bool) -> int:
    """Make the record of a care provider: name, national number, and an INAMI number if there is one.

    The numbers are asked for, or read from the answers; they are never given as arguments.
    """
    from adapters.system.identifiers import new_id

    person = a_person(answers, (), as_json)
    wiring, chosen = _wired(environment)
    given = _filled(person, PROVIDER)
    with _stopping():
        has_number = person.wants(INAMI_NUMBER, _("Has this person an INAMI number?"))
    number = _number(_filled(person, INAMI_NUMBER)) if has_number else None
    now = wiring.clock(chosen).now()
    record = Provider(ProviderId(new_id()), chosen, given["name"], given["ssin"], now, now)
    record = record if number is None else record.with_number(number)
    wiring.providers.add(record)
    return _show(wiring, chosen, record, "provider.add", as_json)


@provider.command()
@_id_argument
@click.option("--remove", "removing", is_flag=True, help="Remove the number from the record.")
@environment_option
@_answers_option
@json_option
def number(
    provider_id: str | None, removing: bool, environment: str | None, answers: Path | None, as_json: bool
) -> int:
    """Add an INAMI number to a record, or give one that is there another kind or day."""
    person = a_person(answers, (), as_json)
    wiring, chosen = _wired(environment)
    record = _loaded(wiring, chosen, provider_id)
    answered = _filled(person, REMOVED_NUMBER if removing else INAMI_NUMBER)
    if removing and answered["number"] not in {one.number for one in record.numbers}:
        raise NoSuchNumberError(id=record.id)

    def changed(one: Provider) -> Provider:
        return one.without_number(answered["number"]) if removing else one.with_number(_number(answered))

    record = wiring.providers.change(record.id, changed, wiring.clock(chosen).now())
    return _show(wiring, chosen, record, "provider.number", as_json)


@provider.command()
@_id_argument
@environment_option
@_reveal_option
@json_option
def show(provider_id: str | None, environment: str | None, reveal: bool, as_json: bool) -> int:
    """Show a record: its badge, numbers and keystore, and what is wrong with them."""
    wiring, chosen = _wired(environment)
    return _show(wiring, chosen, _loaded(wiring, chosen, provider_id), "provider.show", as_json, reveal)


@provider.command(name="list")
@environment_option
@_reveal_option
@json_option
def list_records(environment: str | None, reveal: bool, as_json: bool) -> int:
    """List the records, each with its badge."""
    wiring, chosen = _wired(environment)
    linking, now = Linking(wiring, chosen), wiring.clock(chosen).now()
    every = list(wiring.providers.all(chosen))
    found = [seen(linking, one, now) for one in every if isinstance(one, Provider)]
    damaged = [one for one in every if not isinstance(one, Provider)]
    if as_json:
        emit("provider.list", providers=[record_json(one, reveal) for one in found], damaged=damaged)
        return Exit.OK
    for one in found:
        result(heading(one.provider, reveal))
        print_badge(one)
    for name in damaged:
        result(_("{id} is damaged: remove it with ehcert provider remove {id} and make it anew").format(id=name))
    if not every:
        result(_("There are no records yet. ehcert provider add makes one."))
    return Exit.OK


@provider.command()
@_id_argument
@environment_option
@json_option
def remove(provider_id: str | None, environment: str | None, as_json: bool) -> int:
    """Remove a record, and what its link put in the folder of the practice software; your keystores stay."""
    wiring, chosen = _wired(environment)
    name = wiring.providers.find(chosen, provider_id)
    removed = _unlinked(wiring, chosen, name)
    wiring.providers.remove(name)
    if as_json:
        emit("provider.remove", id=name, removed=removed)
    else:
        result(_("The record {id} was removed; no keystore of yours was touched.").format(id=name))
    return Exit.OK


def _unlinked(wiring: Wiring, environment: str, name: ProviderId) -> list[str]:
    try:
        unlinked = Linking(wiring, environment).unlink(wiring.providers.load(name))
    except (NotLinkedError, ProviderDamagedError):  # nothing was linked, or nobody can tell what
        return []
    return [str(path) for path in unlinked.removed]


# --- the keystore -----------------------------------------------------------------------------------------------------


@provider.command()
@_id_argument
@click.option("--file", type=click.Path(path_type=Path), help="This keystore; usually the newest finished one.")
@environment_option
@_secret_option
@_reveal_option
@json_option
def link(
    provider_id: str | None,
    file: Path | None,
    environment: str | None,
    secret_fds: tuple[str, ...],
    reveal: bool,
    as_json: bool,
) -> int:
    """Put the newest finished keystore of this person where the practice software reads it.

    Nothing is overwritten. What remains to be done in CGM Oxygen is told, with the numbers that must stand there.
    """
    person = a_person(None, secret_fds, as_json)
    wiring, chosen = _wired(environment)
    record = _loaded(wiring, chosen, provider_id)
    linking = Linking(wiring, chosen)
    record = linking.link(record, file, lambda path: person.secret(KEYSTORE_PASSWORD, masked(path.name)).reveal())
    now = wiring.clock(chosen).now()
    if as_json:
        found = seen(Linking(wiring, chosen), record, now)
        path = record.link.file.path if record.link else None
        emit("provider.link", provider=record_json(found, reveal), keystore=path)
        return Exit.OK
    print_record(seen(Linking(wiring, chosen), record, now), reveal)
    result()
    print_clicks(record, now, reveal)
    return Exit.OK


@provider.command()
@_id_argument
@environment_option
@json_option
def unlink(provider_id: str | None, environment: str | None, as_json: bool) -> int:
    """Undo link: remove from the folder of the practice software exactly what it put there."""
    wiring, chosen = _wired(environment)
    record = _loaded(wiring, chosen, provider_id)
    done = Linking(wiring, chosen).unlink(record)
    removed, left = [str(path) for path in done.removed], [str(path) for path in done.left]
    if as_json:
        emit("provider.unlink", id=record.id, removed=removed, left=left)
        return Exit.OK
    result(_("The record {id} is linked to no keystore now.").format(id=record.id))
    for path in removed:
        result(masked(_("Removed: {path}").format(path=path)))
    for path in left:
        result(masked(_("Left, because it was changed since: {path}").format(path=path)))
    if not removed and not left:
        result(_("The keystore lies where it always was: there was no copy to remove."))
    return Exit.OK


# --- what they share --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _stopping() -> Iterator[None]:
    """To go back or to cancel is to stop: nothing was stored."""
    try:
        yield
    except (GoBack, Cancelled) as stopped:
        raise click.Abort from stopped


def _filled(person: Script, form: Form) -> dict[str, Any]:
    """The answers to a form, asked again while a person mends them."""
    kinds = {"kind": tuple(Choice(name, _(label)) for name, label in KINDS.items())}
    while True:
        try:
            with _stopping():
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


def _number(answers: dict[str, Any]) -> InamiNumber:
    return InamiNumber(answers["kind"], answers["number"], date.fromisoformat(answers["since"]))


def _show(wiring: Wiring, environment: str, record: Provider, schema: str, as_json: bool, reveal: bool = False) -> int:
    found = seen(Linking(wiring, environment), record, wiring.clock(environment).now())
    if as_json:
        emit(schema, provider=record_json(found, reveal))
    else:
        print_record(found, reveal)
    return Exit.OK
