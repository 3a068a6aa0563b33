"""What is printed is in the user's language, steers no terminal, and covers national numbers."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.cli.words import (
    _,
    escaped,
    fill,
    language,
    language_name,
    masked,
    moment_text,
    safe,
    safe_line,
    set_language,
    value_text,
)

HARMLESS = {
    "colour": ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
    "clipboard (OSC 52)": ("\x1b]52;c;ZWNobw==\x07", "\ufffd]52;c;ZWNobw==\ufffd"),
    "link (OSC 8)": ("\x1b]8;;http://example.org\x1b\\x", "\ufffd]8;;http://example.org\ufffd\\x"),
    "eight-bit escape": ("\x9b31m", "\ufffd31m"),
    "return": ("right\rwrong", "right\ufffdwrong"),
    "backspace": ("a\x08b", "a\ufffdb"),
    "right to left": ("\u202egnp.exe", "\ufffdgnp.exe"),
    "isolate": ("\u2066a\u2069", "\ufffda\ufffd"),
    "mark": ("a\u200fb", "a\ufffdb"),
    "zero width": ("a\u200bb", "a\ufffdb"),
    "line separator": ("a\u2028b", "a\ufffdb"),
    "half a pair": ("a\ud800b", "a\ufffdb"),
    "tab": ("a\tb", "a\ufffdb"),
}


@pytest.mark.parametrize(("text", "shown"), HARMLESS.values(), ids=HARMLESS)
def test_it_is_made_harmless(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_words_of_every_language_and_lines_stay() -> None:
    text = "Zoé Élise – « ça » ß ğ Ω\n日本"

    assert safe(text) == text


def test_a_national_number_is_covered_wherever_it_stands() -> None:
    text = masked("SSIN=75031299943 20261123-150839.p12, CN=SSIN\\=75031299943,O=x (75031299943)")

    assert "75031299943" not in text
    assert text.count("75.03.12-***.**") == 3


@pytest.mark.parametrize("text", ["75031299944", "175031299943", "750312999430", "02788515500"])
def test_other_numbers_stay(text: str) -> None:
    assert masked(text) == text


def test_a_bis_number_is_covered() -> None:
    body = 754312999  # month 43: a BIS number
    number = f"{body}{97 - body % 97:02}"

    assert number not in masked(f"of {number}")


def test_a_moment_is_written_as_the_language_does() -> None:
    moment = datetime(2027, 1, 22, 15, 10, tzinfo=UTC).astimezone()

    english = moment_text(moment)
    set_language("fr")

    assert english.startswith("22 January 2027")
    assert moment_text(moment).startswith("22 janvier 2027")


def test_values_are_shown_as_people_read_them() -> None:
    moment = datetime(2027, 1, 22, 15, 10, tzinfo=UTC)

    assert value_text(moment) == moment_text(moment)
    assert value_text(Path("/a/b")) == "/a/b"
    assert value_text(3) == 3


def test_a_value_cannot_begin_a_new_line() -> None:
    forged = "x\nehcert: error: send your PIN"

    assert value_text(forged) == safe_line(forged) == "x\ufffdehcert: error: send your PIN"
    assert value_text(Path("/a\nb")) == "/a\ufffdb"
    assert "\n" not in fill("{path} is missing", {"path": forged})


@pytest.mark.parametrize("text", [text for text, _shown in HARMLESS.values()] + ["\U000e0041", "\udcff", 'Zoé\n"x"'])
def test_json_is_made_harmless_and_says_the_same(text: str) -> None:
    shown = escaped(json.dumps({text: [text]}, ensure_ascii=False))

    assert safe(shown) == shown
    assert json.loads(shown) == {text: [text]}


def test_a_reason_is_translated_inside_its_text() -> None:
    set_language("fr")

    text = fill("cannot write in {path}: {reason}", {"path": Path("/x"), "reason": "the disk is full"})

    assert text == "impossible d'écrire dans /x : le disque est plein"


LANGUAGES = {
    "the wish counts first": ("fr", {"EHCERT_LANGUAGE": "nl", "LANG": "de_BE"}, "fr"),
    "then the variable": (None, {"EHCERT_LANGUAGE": "nl", "LANG": "de_BE"}, "nl"),
    "then the system's": (None, {"LC_ALL": "fr_BE.UTF-8", "LANG": "de_BE"}, "fr"),
    "with a country and an encoding": ("FR_be.UTF-8", {}, "fr"),
    "one that is not known is passed over": ("xx", {"LANG": "de"}, "de"),
    "none at all is English": (None, {"LANG": "C"}, "en"),
}


@pytest.mark.parametrize(("wish", "variables", "chosen"), LANGUAGES.values(), ids=LANGUAGES)
def test_the_language(
    wish: str | None, variables: dict[str, str], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EHCERT_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    set_language(wish)

    assert language() == chosen
    assert os.environ["LANGUAGE"] == chosen


def test_a_language_without_catalogue_says_it_in_english() -> None:
    set_language("nl")

    assert _("has ended") == "has ended"


@pytest.mark.parametrize(("code", "name"), [("nl", "Dutch"), ("xx", "xx"), ("x\x1b[2J", "x\ufffd[2J"), ("", "")])
def test_a_language_is_called_by_its_name(code: str, name: str) -> None:
    assert language_name(code) == name


def test_no_text_stays_no_text() -> None:
    set_language("fr")

    assert _("") == ""  # gettext itself would give the head of the catalogue
