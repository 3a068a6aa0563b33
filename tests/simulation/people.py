"""The people of a simulated life: one who hesitates, mistypes and walks away, and a timer with nobody at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from tests.simulation.nemesis import Nemesis
from tests.simulation.reader import Reader
from tests.simulation.weather import between
from tests.world.cards import PIN
from tests.world.clock import FakeClock
from tests.world.person import ANSWERS, ScriptedPerson
from workflow.errors import CardError, EhcertError, PinBlockedError
from workflow.forms import PIN as PIN_NAME
from workflow.forms import Form, Offer
from workflow.ports import Cancelled, GoBack
from workflow.secret import Secret

_QUICK: Final = (timedelta(seconds=2), timedelta(seconds=40))
_MOST_TRIES: Final = 3
_SLOW: Final = (timedelta(minutes=1), timedelta(hours=9))
_OTHER_ANSWERS: Final[Mapping[str, dict[str, Any]]] = {
    "consent": {"agree": False},
    "card": {"ssin": "75031299943"},
    "contact": {"email_private": "not an address", "phone_private": "+32 470 00 00 00"},
    "keystore": {"file": "/keystore/another.p12"},
    "approval": {"approve": False},
    "overview": {"approve": False},
    "kind": {"certificate_for": "nobody"},
    "revocation": {"confirmation": "no"},
    "person": {"bis": "75031299943", "surname": "Exemple"},
    "handover": {"loaded": False},
}
"""What people answer when it is not what helps."""


class Stopped(BaseException):
    """The person pressed Ctrl-C, or closed the window."""


def nobody() -> ScriptedPerson:
    """A look by the timer: there is nobody to ask."""
    return ScriptedPerson(answers={})


class MoodyPerson(ScriptedPerson):
    """Answers what helps, or not; types a PIN wrong now and then, never three times in a row unless `reckless`."""

    def __init__(
        self,
        nemesis: Nemesis,
        clock: FakeClock,
        reader: Reader,
        secrets: Mapping[str, str],
        cancelled: Callable[[], None],
    ) -> None:
        super().__init__(secrets=dict(secrets))
        self._nemesis = nemesis
        self._clock = clock
        self._reader = reader
        self._cancelled = cancelled
        self._dice = nemesis.dice["person"]
        self._form: str | None = None

    def fill(self, form: Form, offer: Offer) -> Mapping[str, Any]:
        """See `workflow.ports.Person.fill`."""
        others = _OTHER_ANSWERS.get(form.name)
        if others is not None and self._moody():
            self._nemesis.story.fault("person", f"answers {form.name} with {others}")
            self.answers[form.name] = others
        else:
            self.answers[form.name] = ANSWERS.get(form.name, {})
        self._form = form.name
        try:
            return super().fill(form, offer)
        finally:
            self._form = None

    def again(self, error: EhcertError) -> bool:
        """See `workflow.ports.Person.again`; somebody whose card was missed looks for it."""
        self._nemesis.story.tell(f"hears: {error.code}")
        if isinstance(error, CardError) and not isinstance(error, PinBlockedError) and self._dice.random() < 0.7:
            self._reader.put_in_own()
        self.errors.append(error)
        return len(self.errors) < _MOST_TRIES

    def _moody(self) -> bool:
        return self._nemesis.strikes("person")

    def _question(self, what: str) -> None:
        self._clock.move(between(self._dice, *_QUICK))
        super()._question(what)
        self._nemesis.moment(f"at the question '{what}'")
        if not self._moody():
            return
        mood = self._dice.choice(["late", "late", "late", "back", "back", "stop", "stop", "cancel"])
        self._nemesis.story.fault("person", f"{what}: {mood}")
        match mood:
            case "late":
                self._clock.move(between(self._dice, *_SLOW))
            case "back":
                raise GoBack
            case "cancel":
                self._cancelled()
                raise Cancelled
            case "stop":
                raise Stopped

    def _secret(self, name: str) -> Secret:
        # What is typed twice, as a new password in its form, is what was meant.
        if self._form == "password" or not self._moody():
            return super()._secret(name)
        if name == PIN_NAME:
            return Secret(self._mistyped_pin())
        self._nemesis.story.fault("person", f"types a wrong {name}")
        return Secret(self._dice.choice(["Old-password", "new-passwort", "another one"]))

    def _mistyped_pin(self) -> str:
        careful = not self._nemesis.weather.blocks_card
        if careful and self._reader.tries_left < 2:
            return PIN
        self._nemesis.story.fault("person", "types a wrong PIN")
        return self._dice.choice(["4321", "0000"])
