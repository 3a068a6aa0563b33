"""Secrets that were handed over: by file descriptor, else by a variable of the environment, removed on reading."""

from __future__ import annotations

import os
from collections.abc import Iterable, MutableMapping

import click

from adapters.cli.words import _
from workflow.errors import WeakPasswordError
from workflow.forms import BACKUP_PASSPHRASE, KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, PIN
from workflow.secret import Secret

NAMES = (KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, PIN, BACKUP_PASSPHRASE)
_LONGEST = 4096


def given_secrets(descriptors: Iterable[str], variables: MutableMapping[str, str] = os.environ) -> dict[str, Secret]:
    """The secrets of `--secret-fd NAME=N` and EHCERT_SECRET_<NAME>; the variables are gone afterwards.

    Raises `click.UsageError` for a name or a descriptor that does not exist.
    """
    secrets = {}
    for name in NAMES:
        if (value := variables.pop(f"EHCERT_SECRET_{name.upper()}", None)) is not None:
            secrets[name] = Secret(value)
    for option in descriptors:
        name, found, number = option.partition("=")
        if not found or name not in NAMES or not number.isdigit():
            text = _("--secret-fd wants NAME=N, with NAME one of: {names}")
            raise click.UsageError(text.format(names=", ".join(NAMES)))
        secrets[name] = Secret(_read(int(number), name))
    return secrets


def _read(descriptor: int, name: str) -> str:
    """All that can be read from a descriptor, without the line end."""
    try:
        with os.fdopen(descriptor, "rb") as file:
            value = file.read(_LONGEST)
    except OSError as error:
        raise click.UsageError(f"--secret-fd {name}={descriptor}: {error.strerror}") from error
    try:
        return value.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise WeakPasswordError(field=name) from error
