"""The passphrase of a backup: handed over, or asked for at a terminal."""

from __future__ import annotations

import sys

import click

from adapters.cli.given_secrets import given_secrets
from adapters.cli.output import say_error, say_hint
from adapters.cli.words import _, fill
from workflow.errors import MissingSecretError, PasswordsDifferError, WeakPassphraseError
from workflow.forms import BACKUP_PASSPHRASE
from workflow.texts import mark

_FEWEST_CHARACTERS = 12
_LABEL = mark("Passphrase of the backup")


def passphrase(secret_fds: tuple[str, ...], *, new: bool, ask: bool) -> str:
    """The passphrase; a new one is checked, and typed twice. Raises `MissingSecretError`, `WeakPassphraseError`."""
    given = given_secrets(secret_fds).get(BACKUP_PASSPHRASE)
    if given is not None:
        return _checked(given.reveal()) if new else given.reveal()
    if not ask or not sys.stdin.isatty():
        raise MissingSecretError(name=BACKUP_PASSPHRASE, upper=BACKUP_PASSPHRASE.upper())
    return _typed_twice() if new else _typed(_LABEL)


def _typed_twice() -> str:
    while True:
        try:
            typed = _checked(_typed(_LABEL))
            if _typed(mark("The same passphrase again")) != typed:
                raise PasswordsDifferError
        except (WeakPassphraseError, PasswordsDifferError) as error:
            say_error(fill(error.text, {**error.details, "field": _(_LABEL)}))
            say_hint(_(error.hint))
            continue
        return typed


def _typed(label: str) -> str:
    value: str = click.prompt(_(label), hide_input=True, prompt_suffix=_(": "), err=True)
    return value


def _checked(value: str) -> str:
    if len(value) < _FEWEST_CHARACTERS:
        raise WeakPassphraseError(field=BACKUP_PASSPHRASE)
    return value
