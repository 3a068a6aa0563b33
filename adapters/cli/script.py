"""A person who is not there: the answers come from a file, the secrets were handed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.cli.answers import Answers
from adapters.cli.words import language
from workflow.definition import State
from workflow.errors import EhcertError, MissingAnswerError, MissingSecretError
from workflow.forms import KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD, Field, Form, Kind, Offer
from workflow.procedure import Procedure
from workflow.secret import Secret


class Script:
    """Answers what it knows, takes the defaults, and never asks."""

    def __init__(self, answers: Answers, secrets: Mapping[str, Secret]) -> None:
        self._answers = answers
        self._secrets = dict(secrets)
        self._arguments: Answers = {}
        self.seen: Procedure | None = None

    def take(self, form: str, **answers: Any) -> None:
        """Answers that the command line gave; they count for more than those of a file."""
        self._arguments = {**self._arguments, form: answers}
        self._answers = {**self._answers, form: {**self._answers.get(form, {}), **answers}}

    def knows(self, form: str, field: str) -> bool:
        """Whether a file or the command line has this answer."""
        return field in self._answers.get(form, {})

    def fill(self, form: Form, offer: Offer) -> Mapping[str, Any]:
        """See `workflow.ports.Person.fill`."""
        answers: dict[str, Any] = {}
        for field in form.fields:
            value = self._value(form, field, offer)
            if value is not None:
                answers[field.name] = value
        if offer.documents:
            answers["language"] = language_of(offer)
        return answers

    def wants(self, form: Form, question: str) -> bool:
        """Whether a form that may be left out is to be filled in: when the answers have it."""
        return form.name in self._answers

    def secret(self, name: str, about: str) -> Secret:
        """See `workflow.ports.Person.secret`."""
        found = self._given(name)
        if found is None:
            raise MissingSecretError(name=name, upper=name.upper())
        return found

    def again(self, error: EhcertError) -> bool:
        """Nothing would change."""
        return False

    def entered(self, procedure: Procedure, state: State) -> None:
        """Remember how far it went."""
        self.seen = procedure

    def _value(self, form: Form, field: Field, offer: Offer) -> Any:
        if field.secret:
            return self._given_secret_of(field)
        given = self._answers.get(form.name, {}).get(field.name)
        if given is not None:
            return given
        # A yes is never assumed; everything else may be left to what is known already.
        default = None if field.kind is Kind.YES else offer.defaults.get(field.name)
        if default is not None:
            return field.check(default)
        if field.required:
            raise MissingAnswerError(form=form.name, field=field.name)
        return None

    def _given_secret_of(self, field: Field) -> Secret:
        secret = self.secret(field.name, "")
        if field.kind is Kind.NEW_SECRET:
            field.check(secret.reveal())
        return secret

    def _given(self, name: str) -> Secret | None:
        """A secret that was handed over.

        When a procedure goes on there is one keystore only, the new one: its password is taken under either name.
        """
        found = self._secrets.get(name)
        if found is None and name == NEW_KEYSTORE_PASSWORD and self.seen is not None and _has_one(self.seen):
            found = self._secrets.get(KEYSTORE_PASSWORD)
        return found


def _has_one(procedure: Procedure) -> bool:
    """Whether a procedure has one keystore only, so that nobody need say which one a password is for."""
    return "key" in procedure.facts or procedure.definition == "adopt"


def language_of(offer: Offer) -> str:
    """The language in which documents are read: the user's, else French, else the first there is."""
    return next((code for code in (language(), "fr", *offer.documents) if code in offer.documents), "en")
