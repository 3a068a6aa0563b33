"""The catalogues: complete, without leftovers, with the same placeholders, and compiled."""

from __future__ import annotations

import ast
import gettext
import importlib
import inspect
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog

from adapters.cli.app import COMMANDS
from adapters.cli.locale import update
from adapters.cli.words import CLICK_DOMAIN, DOMAIN, LOCALE_FOLDER

SAME = {
    "fr": {
        "Authentication",  # the name of the certificate on the card
        "Helpdesk",
        "Journal",
        "Keystore",  # the word of the wizard
        "Options",
        "Organisation",
        "Signature",  # the name of the certificate on the card
        "eHealth",
        "note",
        "ok",
        "{problem}",
        "{remedy}",
        "{what}",
    }
}
"""Texts that may be the same in both languages, reviewed one by one."""

TEXTS = update.texts_of_program()
CATALOGUES = {path.parent.parent.name: (path, catalogue) for path, catalogue in update.catalogues().items()}
each_language = pytest.mark.parametrize("language", CATALOGUES)


def translations(catalogue: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def placeholders(text: str) -> Counter[str]:
    return Counter(
        f"{name}!{conversion}:{spec}" for _, name, spec, conversion in string.Formatter().parse(text) if name
    )


def test_there_is_a_catalogue() -> None:
    assert "fr" in CATALOGUES


@each_language
def test_every_text_is_translated(language: str) -> None:
    known = translations(CATALOGUES[language][1])

    assert [text for text in TEXTS if not known.get(text)] == []  # else: python -m adapters.cli.locale.update


@each_language
def test_no_translation_is_left_over(language: str) -> None:
    catalogue = CATALOGUES[language][1]

    assert [text for text in translations(catalogue) if text not in TEXTS] == []
    assert not catalogue.obsolete


@each_language
def test_no_translation_is_a_guess(language: str) -> None:
    catalogue = CATALOGUES[language][1]

    assert [message.id for message in catalogue if message.fuzzy] == []


@each_language
def test_the_placeholders_are_the_same(language: str) -> None:
    different = [
        text for text, told in translations(CATALOGUES[language][1]).items() if placeholders(text) != placeholders(told)
    ]

    assert different == []


@each_language
def test_what_is_not_translated_was_looked_at(language: str) -> None:
    same = {text for text, told in translations(CATALOGUES[language][1]).items() if text == told}

    assert same <= SAME[language]


@each_language
def test_spaces_around_and_the_end_are_kept(language: str) -> None:
    for text, told in translations(CATALOGUES[language][1]).items():
        assert text.endswith(".") == told.endswith("."), text
        assert text.count("\n") == told.count("\n"), text
        if text != ": ":  # French has one more, before the colon
            assert told.replace(told.strip(), "*") == text.replace(text.strip(), "*"), text


@each_language
@pytest.mark.parametrize("domain", [DOMAIN, CLICK_DOMAIN])
def test_the_compiled_catalogue_says_the_same(language: str, domain: str) -> None:
    path = LOCALE_FOLDER / language / "LC_MESSAGES" / f"{domain}.po"

    compiled = gettext.translation(domain, LOCALE_FOLDER, languages=[language])

    for message in update.read(path):
        if isinstance(message.id, str) and message.id:
            assert compiled.gettext(message.id) == (message.string or message.id)
        elif message.id:
            singular, plural = message.id
            assert [compiled.ngettext(singular, plural, n) for n in (1, 2)] == list(message.string)


@each_language
def test_an_update_keeps_every_translation_and_writes_the_same_twice(language: str, tmp_path: Path) -> None:
    catalogue = CATALOGUES[language][1]
    copy = tmp_path / language / "LC_MESSAGES" / "ehcert.po"
    copy.parent.mkdir(parents=True)

    update.write(copy, update.brought_up_to_date(catalogue, TEXTS))
    first = copy.read_bytes()
    update.write(copy, update.brought_up_to_date(update.read(copy), TEXTS))

    assert translations(update.read(copy)) == translations(catalogue)
    assert copy.read_bytes() == first


def test_an_update_adds_what_is_new_and_drops_what_is_gone() -> None:
    catalogue = Catalog(locale="fr")
    catalogue.add("kept", "gardé")
    catalogue.add("gone", "parti")

    fresh = update.brought_up_to_date(catalogue, {"kept": ["a.py"], "new": ["b.py"]})

    assert translations(fresh) == {"kept": "gardé", "new": ""}


def test_everything_that_people_see_is_found() -> None:
    found = list(
        update.texts_in(
            "A = mark('one')\n"
            "B = f'{_(\"two\")}: {x}'\n"
            "C = mark(\n    'three '\n    'four'\n)\n"
            "@click.option('--x', help='five')\n"
            "@sandbox.command()\n"
            "def f():\n    '''Six.\n\n    Seven.\n    '''\n"
            "def g():\n    '''Nobody sees this.'''\n"
            "D = _(variable) + _('')\n"
        )
    )

    assert sorted(found) == ["Six.\n\nSeven.", "five", "one", "three four", "two"]


def helps(command: click.Command) -> Iterator[str]:
    yield inspect.cleandoc(command.help or "")
    yield from (option.help or "" for option in command.params if isinstance(option, click.Option))
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from helps(below)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_of_a_command_is_found(name: str) -> None:
    module, function, _line = COMMANDS[name]
    command = getattr(importlib.import_module(f"adapters.cli.commands.{module}"), function)

    assert [text for text in helps(command) if text and text not in TEXTS] == []


def test_only_constant_texts_are_marked() -> None:
    for package in update.PACKAGES:
        for path in sorted((update.ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "mark":
                    assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}"


def words_of_click() -> set[str]:
    found = set()
    for path in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                found |= {
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    return found | {"required"}  # click looks it up by a variable


@each_language
def test_the_words_of_click_are_still_those(language: str) -> None:
    catalogue = update.read(LOCALE_FOLDER / language / "LC_MESSAGES" / "click.po")
    known = words_of_click()

    for message in catalogue:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        told = [message.string] if isinstance(message.string, str) else list(message.string)
        for text, translated in zip(ids, told, strict=True):
            assert not text or text in known
            assert not text or placeholders(text) == placeholders(translated), text
