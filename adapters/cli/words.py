"""Texts in the user's language: gettext, dates, and what is safe to print."""

from __future__ import annotations

import gettext
import locale
import os
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from workflow.checks import mask_ssin, ssin
from workflow.errors import MalformedSsinError

LANGUAGES = ("en", "fr", "nl", "de")
LOCALE_FOLDER = Path(__file__).parent / "locale"
DOMAIN = "ehcert"
CLICK_DOMAIN = "click"
"""The words of the library of the command line have a catalogue of their own."""

_SSIN_LIKE = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")

_translation: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def set_language(wanted: str | None = None) -> None:
    """Choose the language: the wish, else EHCERT_LANGUAGE, else the system's; English when none is known."""
    global _translation, _language
    for candidate in (wanted, os.environ.get("EHCERT_LANGUAGE"), *_of_the_system()):
        if candidate and candidate[:2].lower() in LANGUAGES:
            _language = candidate[:2].lower()
            break
    else:
        _language = "en"
    _translation = gettext.translation(DOMAIN, LOCALE_FOLDER, languages=[_language], fallback=True)
    # click asks gettext itself, which goes by this variable and the current domain.
    os.environ["LANGUAGE"] = _language
    gettext.bindtextdomain(CLICK_DOMAIN, LOCALE_FOLDER)
    gettext.textdomain(CLICK_DOMAIN)


def _of_the_system() -> list[str | None]:
    names: list[str | None] = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    if not any(names):
        names.append(locale.getlocale()[0])
    return names


def language() -> str:
    """The language in force, two letters."""
    return _language


def _(text: str) -> str:
    """A text in the language in force."""
    return _translation.gettext(text) if text else ""


def fill(text: str, details: Mapping[str, Any]) -> str:
    """A translated template with its values, each shown as people read it."""
    return _(text).format(**{name: value_text(value) for name, value in details.items()})


def value_text(value: Any) -> Any:
    """A value for people, on one line: moments as dates, texts translated where they are known, the rest as it is."""
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Path):
        return safe_line(str(value))
    if value is None:
        return "?"
    return safe_line(_(value)) if isinstance(value, str) else value


def moment_text(moment: datetime) -> str:
    """A moment in local time, as the language writes it."""
    from babel.dates import format_datetime

    return str(format_datetime(moment.astimezone(), "d MMMM y HH:mm", locale=_language))


def day_text(day: date) -> str:
    """A day, as the language writes it."""
    from babel.dates import format_date

    return str(format_date(day, "d MMMM y", locale=_language))


def language_name(code: str) -> str:
    """A language by its name, in the language in force."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale(code).get_language_name(_language) or code)
    except (UnknownLocaleError, ValueError):
        return safe(code)


def safe(text: str) -> str:
    """A text without control characters and direction marks: nothing in it can steer a terminal."""
    return "".join(c if c == "\n" or not _steers(c) else "\ufffd" for c in text)


def safe_line(text: str) -> str:
    """A safe text that cannot begin a new line either, and so not pass for a message of the program."""
    return safe(text).replace("\n", "\ufffd")


def escaped(text: str) -> str:
    """JSON in which what could steer a terminal is written as `\\u`: the same values for who reads it."""
    return "".join(_escape(c) if _steers(c) else c for c in text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _steers(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def masked(text: str) -> str:
    """A text in which national numbers are covered: '75.03.12-***.**'."""

    def cover(match: re.Match[str]) -> str:
        try:
            return mask_ssin(ssin(match[0], ""))
        except MalformedSsinError:
            return match[0]

    return _SSIN_LIKE.sub(cover, text)
