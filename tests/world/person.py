"""A person who follows a script: answers, secrets, and now and then 'back' or 'cancel'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workflow.definition import State
from workflow.errors import EhcertError, MissingAnswerError, MissingSecretError
from workflow.forms import Form, Kind, Offer
from workflow.ports import Cancelled, GoBack
from workflow.procedure import Procedure
from workflow.secret import Secret

FIRST = object()
"""The answer of somebody who takes the first choice."""

ANSWERS: dict[str, dict[str, Any]] = {
    "consent": {"agree": True},
    "card": {},
    "keystore": {},
    "contact": {"email_private": "exemple@example.org", "phone_private": "+32 470 00 00 00"},
    "approval": {"approve": True},
    "password": {},
    "handover": {"loaded": True},
    "kind": {"certificate_for": "person"},
    "application": {},
    "organization": {"identifier_type": "NIHII-HOSPITAL", "number": "71999932", "name": "Hôpital Exemple"},
    "certificate": {"certificate": FIRST},
    "reason": {"reason": "file_lost"},
    "revocation": {"confirmation": "revoke"},
    "person": {"bis": "75431299932", "surname": "Ausländer", "first_names": "Anna"},
    "overview": {"approve": True},
}
"""What goes well; fields that are not here take what the form offers."""


@dataclass
class ScriptedPerson:
    """Implements `workflow.ports.Person`.

    `answers` are by form and field. `secrets` are by name; a list is used up one by one, its last value stays.
    `interrupts` says at which question, counted from 1 over all forms and secrets, the person wants something
    else: `{3: GoBack()}`. `patience` is how often `again` says yes. What happened is in `asked` (the forms and
    secrets in order, as 'form consent' and 'secret pin'), `offers`, `entered_states`, `errors`, and `seen`: the
    procedure as it was when a state was entered last.
    """

    answers: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: dict(a) for name, a in ANSWERS.items()})
    secrets: dict[str, str | Sequence[str]] = field(default_factory=dict)
    interrupts: Mapping[int, GoBack | Cancelled | BaseException] = field(default_factory=dict)
    patience: int = 0
    asked: list[str] = field(default_factory=list)
    offers: dict[str, Offer] = field(default_factory=dict)
    entered_states: list[str] = field(default_factory=list)
    seen: dict[str, Procedure] = field(default_factory=dict)
    errors: list[EhcertError] = field(default_factory=list)

    def fill(self, form: Form, offer: Offer) -> Mapping[str, Any]:
        """See `workflow.ports.Person.fill`."""
        self._question(f"form {form.name}")
        self.offers[form.name] = offer
        given = self.answers.get(form.name, {})
        answers: dict[str, Any] = {"language": next(iter(offer.documents))} if offer.documents else {}
        for asked in form.fields:
            if asked.secret:
                answers[asked.name] = self._secret(asked.name)
                if asked.kind is Kind.NEW_SECRET:
                    asked.check(answers[asked.name].reveal())
                continue
            value = given.get(asked.name)
            if value is FIRST:
                value = offer.choices[asked.name][0].value
            if value is None and asked.kind is not Kind.YES:
                value = offer.defaults.get(asked.name)
            if value is not None:
                answers[asked.name] = asked.check(value)
            elif asked.required:
                raise MissingAnswerError(form=form.name, field=asked.name)
        return answers

    def secret(self, name: str, about: str) -> Secret:
        """See `workflow.ports.Person.secret`."""
        self._question(f"secret {name}")
        return self._secret(name)

    def again(self, error: EhcertError) -> bool:
        """See `workflow.ports.Person.again`."""
        self.errors.append(error)
        self.patience -= 1
        return self.patience >= 0

    def entered(self, procedure: Procedure, state: State) -> None:
        """See `workflow.ports.Person.entered`."""
        self.entered_states.append(state.name)
        self.seen[state.name] = procedure

    def _question(self, what: str) -> None:
        self.asked.append(what)
        interrupt = self.interrupts.get(len(self.asked))
        if interrupt is not None:
            raise interrupt

    def _secret(self, name: str) -> Secret:
        known = self.secrets.get(name)
        if known is None or (not isinstance(known, str) and not known):
            raise MissingSecretError(name=name, upper=name.upper())
        if isinstance(known, str):
            return Secret(known)
        first, *rest = known
        self.secrets[name] = rest or [first]
        return Secret(first)
