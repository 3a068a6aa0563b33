"""Secrets come through a file descriptor, or a variable that is gone afterwards; never as an argument."""

from __future__ import annotations

import os

import click
import pytest

from adapters.cli.given_secrets import NAMES, given_secrets
from workflow.errors import EhcertError


def pipe(content: bytes) -> int:
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_is_read_and_removed(name: str) -> None:
    variables = {f"EHCERT_SECRET_{name.upper()}": "geheim", "HOME": "/nowhere"}

    secrets = given_secrets((), variables)

    assert secrets[name].reveal() == "geheim"
    assert variables == {"HOME": "/nowhere"}


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_descriptor_is_read_without_its_line_end(ending: str) -> None:
    secrets = given_secrets([f"pin={pipe(f'1234{ending}'.encode())}"], {})

    assert secrets["pin"].reveal() == "1234"


def test_spaces_of_a_password_are_kept() -> None:
    secrets = given_secrets([f"keystore_password={pipe(' é è '.encode())}"], {})

    assert secrets["keystore_password"].reveal() == " é è "


def test_a_descriptor_counts_more_than_a_variable() -> None:
    secrets = given_secrets([f"pin={pipe(b'1111')}"], {"EHCERT_SECRET_PIN": "2222"})

    assert secrets["pin"].reveal() == "1111"


def test_what_was_read_shows_nothing() -> None:
    secrets = given_secrets((), {"EHCERT_SECRET_PIN": "918273"})

    assert "918273" not in repr(secrets)


@pytest.mark.parametrize("option", ["pin", "pin=", "pin=x", "pin=-1", "secret=3", "=3", "PIN=3", "pin=1234567"])
def test_anything_else_is_a_usage_error(option: str) -> None:
    with pytest.raises(click.UsageError):
        given_secrets([option], {})


def test_a_secret_typed_as_an_argument_is_not_repeated() -> None:
    with pytest.raises(click.UsageError) as refused:
        given_secrets(["pin=hunter2-918273x"], {})

    assert "918273" not in refused.value.format_message()


def test_bytes_that_are_no_text_are_refused_without_being_shown() -> None:
    with pytest.raises(EhcertError) as refused:
        given_secrets([f"keystore_password={pipe(bytes([0xFF, 0xFE, 0x41]))}"], {})

    assert "A" not in str(refused.value).replace("ASCII", "")
