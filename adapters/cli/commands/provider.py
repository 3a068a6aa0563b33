"""`ehcert provider`: the records of care providers, and the keystore that their practice software uses."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.commands.provider_link import link, unlink
from adapters.cli.linking import Linking
from adapters.cli.options import environment_option, json_option
from adapters.cli.output import emit, result
from adapters.cli.provider_view import as_json as record_json
from adapters.cli.provider_view import heading, print_badge, print_record, seen
from adapters.cli.providing import filled, id_argument, loaded, number_of, reveal_option, stopping, wired
from adapters.cli.running import a_person
from adapters.cli.wiring import Wiring
from adapters.cli.words import _
from workflow.errors import Exit, NoSuchNumberError, NotLinkedError, ProviderDamagedError
from workflow.forms import INAMI_NUMBER, PROVIDER, REMOVED_NUMBER
from workflow.provider import Provider, ProviderId

_answers_option = click.option(
    "--answers", type=click.Path(path_type=Path), help="Answers in a YAML file: form, field, value; - reads them here."
)


@click.group()
def provider() -> None:
    """The care providers of your practice software. Each has a record: who, which numbers, which keystore."""


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
    wiring, chosen = wired(environment)
    given = filled(person, PROVIDER)
    with stopping():
        has_number = person.wants(INAMI_NUMBER, _("Has this person an INAMI number?"))
    number = number_of(filled(person, INAMI_NUMBER)) if has_number else None
    now = wiring.clock(chosen).now()
    record = Provider(ProviderId(new_id()), chosen, given["name"], given["ssin"], now, now)
    record = record if number is None else record.with_number(number)
    wiring.providers.add(record)
    return _show(wiring, chosen, record, "provider.add", as_json)


@provider.command()
@id_argument
@click.option("--remove", "removing", is_flag=True, help="Remove the number from the record.")
@environment_option
@_answers_option
@json_option
def number(
    provider_id: str | None, removing: bool, environment: str | None, answers: Path | None, as_json: bool
) -> int:
    """Add an INAMI number to a record, or give one that is there another kind or day."""
    person = a_person(answers, (), as_json)
    wiring, chosen = wired(environment)
    record = loaded(wiring, chosen, provider_id)
    answered = filled(person, REMOVED_NUMBER if removing else INAMI_NUMBER)
    if removing and answered["number"] not in {one.number for one in record.numbers}:
        raise NoSuchNumberError(id=record.id)

    def changed(one: Provider) -> Provider:
        return one.without_number(answered["number"]) if removing else one.with_number(number_of(answered))

    record = wiring.providers.change(record.id, changed, wiring.clock(chosen).now())
    return _show(wiring, chosen, record, "provider.number", as_json)


@provider.command()
@id_argument
@environment_option
@reveal_option
@json_option
def show(provider_id: str | None, environment: str | None, reveal: bool, as_json: bool) -> int:
    """Show a record: its badge, numbers and keystore, and what is wrong with them."""
    wiring, chosen = wired(environment)
    return _show(wiring, chosen, loaded(wiring, chosen, provider_id), "provider.show", as_json, reveal)


@provider.command(name="list")
@environment_option
@reveal_option
@json_option
def list_records(environment: str | None, reveal: bool, as_json: bool) -> int:
    """List the records, each with its badge."""
    wiring, chosen = wired(environment)
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
@id_argument
@environment_option
@json_option
def remove(provider_id: str | None, environment: str | None, as_json: bool) -> int:
    """Remove a record, and what its link put in the folder of the practice software; your keystores stay."""
    wiring, chosen = wired(environment)
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


def _show(wiring: Wiring, environment: str, record: Provider, schema: str, as_json: bool, reveal: bool = False) -> int:
    found = seen(Linking(wiring, environment), record, wiring.clock(environment).now())
    if as_json:
        emit(schema, provider=record_json(found, reveal))
    else:
        print_record(found, reveal)
    return Exit.OK


for command in (link, unlink):
    provider.add_command(command)
