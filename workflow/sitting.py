"""One sitting: a person, the steps of one environment, and the secrets that are given in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow.definition import Asking, Definition, Final, Waiting, Working
from workflow.errors import DefinitionError
from workflow.forms import PIN
from workflow.ports import Person, Steps
from workflow.secret import Secret


class Sitting:
    """What one command has at hand; nothing of it is stored."""

    def __init__(self, person: Person, steps: Steps) -> None:
        self.person = person
        self.steps = steps
        self._secrets: dict[str, Secret] = {}
        self._pins: dict[str, Secret] = {}

    def secret(self, allowed: tuple[str, ...], name: str, about: str) -> str:
        """A secret for the step that runs now; asked for when it was not given yet.

        A PIN was given for what `about` says, and is asked for again for anything else.
        Raises `DefinitionError` when the state does not declare that it needs it.
        """
        if name not in allowed:
            raise DefinitionError(problem=f"the secret '{name}' is not declared by this state")
        if name == PIN:
            if about not in self._pins:
                self._pins[about] = self.person.secret(name, about)
            return self._pins[about].reveal()
        if name not in self._secrets:
            self._secrets[name] = self.person.secret(name, about)
        return self._secrets[name].reveal()

    def knows(self, name: str) -> bool:
        """Whether a secret was given in this sitting; a PIN does not count, for it was given for one purpose."""
        return name in self._secrets

    def wrong_secret(self, name: str) -> None:
        """Drop a secret that did not fit."""
        if name == PIN:
            self._pins.clear()
        self._secrets.pop(name, None)

    def keep_secrets(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Take the secrets out of the answers to a form; returns the other answers."""
        self._secrets |= {name: value for name, value in answers.items() if isinstance(value, Secret)}
        return {name: value for name, value in answers.items() if not isinstance(value, Secret)}

    def drop_unneeded(self, definition: Definition, state: str) -> None:
        """Drop the secrets that no later state of this sitting needs."""
        needed = secrets_needed_from(definition, state)
        if PIN not in needed:
            self._pins.clear()
        for name in [name for name in self._secrets if name not in needed]:
            del self._secrets[name]


def secrets_needed_from(definition: Definition, start: str) -> frozenset[str]:
    """The secrets that `start` and the states after it may ask for, as far as one sitting goes."""
    names: set[str] = set()
    states = list(definition.states)
    first = next(i for i, state in enumerate(states) if state.name == start)
    for position, state in enumerate(states[first:]):
        rests = isinstance(state, Waiting) or (isinstance(state, Asking) and state.own_sitting)
        if isinstance(state, Final) or (position and rests):
            break
        if isinstance(state, (Working, Asking, Waiting)):
            names |= set(state.secrets)
    return frozenset(names)
