"""A person at a terminal: one screen for each form, every question can be answered with 'back'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from adapters.cli.answers import Answers
from adapters.cli.html_text import plain_text
from adapters.cli.output import fitted_prompt, paragraph, say, say_error, say_hint
from adapters.cli.script import Script, language_of
from adapters.cli.words import _, fill, language, language_name, masked, moment_text, safe, safe_line
from workflow.definition import Asking, State, Working
from workflow.definitions import DEFINITIONS
from workflow.errors import (
    BadValueError,
    CardError,
    EhcertError,
    KeystorePasswordError,
    PasswordsDifferError,
    PinMalformedError,
)
from workflow.forms import NEW_KEYSTORE_PASSWORD, PIN, Choice, Field, Form, Kind, Offer
from workflow.ports import Cancelled, GoBack
from workflow.procedure import Procedure
from workflow.secret import Secret
from workflow.texts import mark

BACK = "<"
CANCEL = "!"
_IN_FULL = {"handover"}
"""The forms that show a path in full: the person has to find the file, and its name holds the national number."""
_PIN = re.compile(r"[0-9]{4,12}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+]+$")
_MOST_TRIES = 3
_YES = {"y", "yes", "o", "oui", "j", "ja"}
_NO = {"n", "no", "non", "nee", "nein"}
_ABOUT = {
    PIN: mark("PIN of the identity card, {about}"),
    NEW_KEYSTORE_PASSWORD: mark("Password of the new keystore {about}"),
}


class Terminal(Script):
    """Asks for what is not in the answers file or handed over; questions go to stderr."""

    def __init__(self, answers: Answers, secrets: Mapping[str, Secret]) -> None:
        super().__init__(answers, secrets)
        self._tries = 0
        self._state: State | None = None

    def fill(self, form: Form, offer: Offer) -> Mapping[str, Any]:
        """See `workflow.ports.Person.fill`."""
        _show(form, offer, _keys(self.seen, self._state))
        answers: dict[str, Any] = {}
        for field in form.fields:
            value = self._known(form, field)
            if value is None:
                value = _ask(field, offer)
            if value is not None:
                answers[field.name] = value
        if offer.documents:
            answers["language"] = language_of(offer)
        return answers

    def wants(self, form: Form, question: str) -> bool:
        """Whether a form that may be left out is to be filled in: the person says so."""
        return super().wants(form, question) or yes(question)

    def secret(self, name: str, about: str) -> Secret:
        """See `workflow.ports.Person.secret`."""
        given = self._given(name)
        if given is not None:
            return given
        label = fill(_ABOUT.get(name, mark("Password of {about}")), {"about": masked(safe(_(about)))})
        return Secret(_pin(label) if name == PIN else _typed(label, hide=True))

    def again(self, error: EhcertError) -> bool:
        """Ask the same screen again, a few times, after telling what was wrong."""
        self._tries += 1
        if self._tries >= _MOST_TRIES or self._names_argument(error):
            return False
        say_error(masked(safe(fill(error.text, error.details))))
        say_hint(masked(safe(fill(error.hint, error.details))))
        self._answers, self._secrets = dict(self._arguments), {}
        if isinstance(error, CardError):
            _typed(_("Press Enter to try again"), default="")
        return True

    def _names_argument(self, error: EhcertError) -> bool:
        """Whether a file of the command line is what is wrong: it is not asked for, so asking again would not help."""
        asked = self._state.form if isinstance(self._state, Asking) else ""
        return asked in self._arguments and not isinstance(error, (KeystorePasswordError, BadValueError))

    def entered(self, procedure: Procedure, state: State) -> None:
        """Tell what the program is doing."""
        if self.seen is None or self.seen.state != state.name:
            self._tries = 0
            if isinstance(state, Working):
                say(_(state.says))
        self._state = state
        super().entered(procedure, state)

    def _known(self, form: Form, field: Field) -> Any:
        if field.secret:
            return self._given_secret_of(field) if self._given(field.name) else None
        return self._answers.get(form.name, {}).get(field.name)


def _show(form: Form, offer: Offer, keys: str) -> None:
    """One screen: its title, what is known, what must be read, why it is asked, and the keys."""
    click.echo("", err=True)
    click.secho(_(form.title), err=True, bold=True)
    for line in offer.overview:
        text = "  " + _("{label}: {value}").format(label=_(line.label), value=safe_line(_moment_or_text(line.value)))
        click.echo(text, err=True) if form.name in _IN_FULL else paragraph(masked(text))
    if offer.documents:
        _show_document(offer)
    for warning in offer.warnings:
        say(_(warning))
    paragraph(_(form.intro))
    if offer.defaults:
        paragraph("  " + _("Enter keeps what is in [brackets]"))
    paragraph(f"  {keys}")


def _show_document(offer: Offer) -> None:
    found = language_of(offer)
    if found != language():
        say(_("There is no text in your language; this one is in: {language}").format(language=language_name(found)))
    text = plain_text(offer.documents[found])
    click.echo("", err=True)
    paragraph(masked(safe(text)))
    click.echo("", err=True)


def _keys(procedure: Procedure | None, state: State | None) -> str:
    """What can be typed instead of an answer; a line is broken between keys only."""
    triggers = DEFINITIONS[procedure.definition].triggers(state.name) if procedure and state else frozenset()
    keys = [f"{BACK} {_('back')}"] if "back" in triggers else []
    if "cancel" in triggers:
        keys.append(f"{CANCEL} {_('cancel for good')}")
    kept = procedure is not None and procedure.revision > 0
    keys.append(f"Ctrl-C {_('stop here and go on later') if kept else _('stop')}")
    return "   ".join(key.replace(" ", "\u00a0") for key in keys)


def _moment_or_text(text: str) -> str:
    if not _MOMENT.match(text):
        return _(text)
    return moment_text(datetime.fromisoformat(text))


def _ask(field: Field, offer: Offer) -> Any:
    if field.help:
        paragraph(f"  {_(field.help)}")
    if field.kind is Kind.YES:
        return yes(_(field.label))
    if field.kind is Kind.NEW_SECRET:
        return _new_secret(field)
    if field.kind is Kind.SECRET:
        return Secret(_typed(_(field.label), hide=True))
    choices = offer.choices.get(field.name, ())
    if choices:
        return _choose(field, choices, offer.defaults.get(field.name))
    if not field.required and field.name not in offer.defaults and field.kind in (Kind.CHOICE, Kind.SSIN):
        return None
    if field.kind is Kind.FILE:
        say(_("no file of this person was found in the usual folder: give the path of yours"))
    return _text(field, offer.defaults.get(field.name))


def _text(field: Field, default: str | None) -> str | None:
    label = _(field.label) if field.required else _("{label} (may stay empty)").format(label=_(field.label))
    if default is not None and safe_line(default) != default:
        default = None  # what cannot be shown as it is must not be kept by pressing Enter
    while True:
        typed = _typed(label, default=default if default is not None else (None if field.required else ""))
        if not typed and not field.required:
            return None
        try:
            return str(field.check(typed))
        except BadValueError as error:
            say_error(safe(fill(error.text, {**error.details, "field": _(field.label)})))
            say_hint(_(error.hint))


def _choose(field: Field, choices: tuple[Choice, ...], default: str | None) -> str:
    """One of a list, by its number; a file may also be given by its path."""
    for number, choice in enumerate(choices, 1):
        paragraph(f"  {number}. {masked(safe_line(_(choice.label)))}")
    file = field.kind is Kind.FILE
    preset = next((str(n) for n, choice in enumerate(choices, 1) if choice.value == default), None)
    while True:
        typed = _typed(_(field.label), default=preset)
        if typed.isdigit() and 1 <= int(typed) <= len(choices):
            return choices[int(typed) - 1].value
        if file and Path(typed).expanduser().is_file():
            return typed
        say_error(_("choose a number of the list, or give the path of a file") if file else _("choose a number"))


def _new_secret(field: Field) -> Secret:
    while True:
        typed = _typed(_(field.label), hide=True)
        try:
            field.check(typed)
            if _typed(_("The same password again"), hide=True) != typed:
                raise PasswordsDifferError
        except BadValueError as error:
            say_error(fill(error.text, {**error.details, "field": _(field.label)}))
            say_hint(_(error.hint))
            continue
        return Secret(typed)


def _pin(label: str) -> str:
    """A PIN that a card may be asked about at all: anything else is asked again here, so that no try is lost."""
    while True:
        typed = _typed(label, hide=True)
        if _PIN.fullmatch(typed):
            return typed
        say_error(_(PinMalformedError.text))
        say_hint(_(PinMalformedError.hint))


def yes(label: str) -> bool:
    """The answer to a question of yes or no; raises `GoBack` and `Cancelled`."""
    while True:
        typed = _typed(f"{label} [{_('yes/no')}]").strip().lower()
        if typed in _YES | _NO:
            return typed in _YES
        say_error(_("answer yes or no"))


def _typed(label: str, *, hide: bool = False, default: str | None = None) -> str:
    """What a person types; raises `GoBack` and `Cancelled` for the two signs that stand for them."""
    value: str = click.prompt(
        fitted_prompt(label, default or ""),
        hide_input=hide,
        default=default,
        show_default=bool(default),
        prompt_suffix=_(": "),
        err=True,
    )
    if value.strip() == BACK:
        raise GoBack
    if value.strip() == CANCEL:
        raise Cancelled
    return value
