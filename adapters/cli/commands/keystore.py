"""`ehcert keystore`: which keystores there are, and what is in one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adapters.cli.given_secrets import given_secrets
from adapters.cli.keystore_view import content_json, entry_json, outline_json, print_content, print_entry, print_outline
from adapters.cli.options import ENVIRONMENTS, environment_option, json_option
from adapters.cli.output import emit, result
from adapters.cli.shelf import Shelf
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, set_language
from steps.ports.keystore import Keystore
from workflow.errors import Exit
from workflow.forms import KEYSTORE_PASSWORD

_reveal_option = click.option("--reveal", is_flag=True, help="Show national numbers in full.")


@click.group()
def keystore() -> None:
    """Keystores: the files with your certificates and keys. Nothing is changed by looking at them."""


@keystore.command(name="list")
@environment_option
@_reveal_option
@json_option
def list_keystores(environment: str | None, reveal: bool, as_json: bool) -> int:
    """List the keystores in both folders: whose, how far, valid until when, and which one is in use."""
    wiring = wire(environment=environment)
    set_language(wiring.settings.language)
    chosen = wiring.settings.environment
    entries = list(Shelf(wiring, chosen).entries())
    if as_json:
        emit("keystore.list", environment=chosen, keystores=[entry_json(entry, reveal) for entry in entries])
        return Exit.OK
    for entry in entries:
        print_entry(entry, reveal)
    if not entries:
        result(_("There are no keystores in {path}.").format(path=wiring.keystores(chosen).folder))
    return Exit.OK


@keystore.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--secret-fd", "secret_fds", multiple=True, metavar="NAME=N", help="Read keystore_password from descriptor N."
)
@_reveal_option
@json_option
def show(file: Path, secret_fds: tuple[str, ...], reveal: bool, as_json: bool) -> int:
    """Show what is in the keystore in FILE; without its password, what can be seen without one."""
    wiring = wire()
    set_language(wiring.settings.language)
    path = file.expanduser().absolute()
    environment = _environment_of(wiring, path)
    folder = wiring.keystores(environment)
    folder.key_aliases(path)  # tells what is wrong with a file that is none
    entry = Shelf(wiring, environment).entry(path)
    password = _password(secret_fds, as_json)
    content: Keystore | None = folder.open(path, password) if password else None
    if as_json:
        opened = content_json(content, reveal) if content else {}
        body = {**entry_json(entry, reveal), **outline_json(entry), "opened": content is not None, **opened}
        emit("keystore.show", keystore=body)
        return Exit.OK
    print_entry(entry, reveal)
    print_outline(entry)
    if content is not None:
        print_content(content, reveal)
    else:
        result(_("The certificates are hidden by the password: nothing above is proved without it."))
    return Exit.OK


def _environment_of(wiring: Wiring, path: Path) -> str:
    """The environment that the name says; '.p12' alone says nothing (PROTOCOL §10.3)."""
    found = wiring.keystores("production").describe(path).environment
    return found if found in ENVIRONMENTS and found != "production" else wiring.settings.environment


def _password(secret_fds: tuple[str, ...], as_json: bool) -> str:
    given = given_secrets(secret_fds).get(KEYSTORE_PASSWORD)
    if given is not None:
        return given.reveal()
    if as_json or not sys.stdin.isatty():
        return ""
    typed: str = click.prompt(
        _("Password (Enter shows what can be seen without it)"),
        hide_input=True,
        default="",
        show_default=False,
        prompt_suffix=_(": "),
        err=True,
    )
    return typed
