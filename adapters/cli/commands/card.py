"""`ehcert card`: what is in the readers, what is on a card, and whether its keys sign; nothing is sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from adapters.cli import card_view
from adapters.cli.card_view import Tried
from adapters.cli.options import card_options, environment_option, json_option
from adapters.cli.output import emit, result
from adapters.cli.running import a_person
from adapters.cli.wiring import wire
from adapters.cli.words import set_language
from workflow.errors import (
    CardError,
    CardRemovedError,
    Exit,
    LastTryError,
    PinBlockedError,
    PinCancelledError,
    PinMalformedError,
    WrongCardError,
    WrongPinError,
)
from workflow.forms import PIN
from workflow.texts import mark

if TYPE_CHECKING:
    from adapters.cli.script import Script
    from adapters.eid.identity import Purpose
    from adapters.eid.middleware import Pkcs11Cards
    from adapters.eid.software import SoftwareCards
    from steps.ports.card import AskPin, Card
    from steps.ports.signing import Signer

_TO_READ = mark("to read its certificates")
TEXT = b"ehcert card test: this text is signed to try the card; it is sent to nobody."

_ENOUGH = (
    CardRemovedError,
    LastTryError,
    PinBlockedError,
    PinCancelledError,
    PinMalformedError,
    WrongCardError,
    WrongPinError,
)
"""After these the other key is not tried: no PIN is spent that nobody gave for it."""

_secret_fd = click.option(
    "--secret-fd", "secret_fds", multiple=True, metavar="NAME=N", help="Read the PIN from file descriptor N: pin=N."
)


@click.group()
def card() -> None:
    """The identity card: list the readers, show a card, try its keys."""


@card.command("list")
@environment_option
@card_options
@json_option
def list_cards(environment: str | None, as_json: bool) -> int:
    """List the card readers and what is in each of them; no PIN is needed."""
    cards = _cards(environment)
    seen = cards.look()
    if as_json:
        emit("card.list", module=cards.module(), readers=[card_view.seen_as_json(one) for one in seen])
    else:
        for one in seen:
            result(card_view.seen_as_text(one))
    return Exit.OK


@card.command()
@environment_option
@card_options
@click.option("--reveal", is_flag=True, help="Show the national number and the card number in full.")
@_secret_fd
@json_option
def show(environment: str | None, reveal: bool, secret_fds: tuple[str, ...], as_json: bool) -> int:
    """Show whose card it is, its certificates and how its PIN is asked.

    Only card software that hides the certificates needs the PIN for that.
    """
    person = a_person(None, secret_fds, as_json)
    description = _cards(environment).shown(_pin(person, _TO_READ)).describe()
    if as_json:
        emit("card.show", **card_view.as_json(description, reveal))
    else:
        for line in card_view.as_lines(description, reveal):
            result(line)
    return Exit.OK


@card.command()
@environment_option
@card_options
@_secret_fd
@json_option
def test(environment: str | None, secret_fds: tuple[str, ...], as_json: bool) -> int:
    """Sign a test text with each key of the card and verify it; nothing is sent."""
    from adapters.eid.identity import Purpose

    person = a_person(None, secret_fds, as_json)
    chosen = _cards(environment).card(None, _pin(person, _TO_READ))
    tried: list[Tried] = []
    for purpose in Purpose:
        enough = any(isinstance(one.error, _ENOUGH) for one in tried)
        tried.append(Tried(purpose.value) if enough else _tried(chosen, purpose, person))
    if as_json:
        emit("card.test", serial=chosen.summary.serial, keys=[card_view.tried_as_json(one) for one in tried])
    else:
        for one in tried:
            for line in card_view.tried_as_lines(one):
                result(line)
    return Exit.OK if all(one.algorithm for one in tried) else Exit.CARD


def _tried(chosen: Card, purpose: Purpose, person: Script) -> Tried:
    """Sign with one key."""
    from adapters.eid.identity import Purpose

    begun = time.monotonic()
    try:
        if purpose is Purpose.AUTHENTICATION:
            signer = chosen.authentication(_pin(person, mark("to try its Authentication key")))
        else:
            signer = chosen.signature(_pin(person, mark("to try its Signature key")))
        algorithm = _sign(signer)
    except CardError as error:
        return Tried(purpose.value, error=error)
    return Tried(purpose.value, algorithm, round(time.monotonic() - begun, 1))


def _sign(signer: Signer) -> str:
    """Sign the text; returns the algorithm. The key verifies the signature before it hands it out."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    key, sha256 = signer.private_key, hashes.SHA256()
    if isinstance(key, rsa.RSAPrivateKey):
        key.sign(TEXT, padding.PKCS1v15(), sha256)
        return f"RSA {key.key_size}, SHA-256"
    key.sign(TEXT, ec.ECDSA(sha256))
    return f"ECDSA {key.curve.name}, SHA-256"


def _cards(environment: str | None) -> Pkcs11Cards | SoftwareCards:
    wiring = wire(environment=environment)
    set_language(wiring.settings.language)
    return wiring.cards(wiring.settings.environment)


def _pin(person: Script, about: str) -> AskPin:
    return lambda: person.secret(PIN, about).reveal()
