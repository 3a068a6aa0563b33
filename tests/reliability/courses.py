"""The courses of the matrix: for each definition the commands, answers and secrets that take it to its good end.

Declared here once; every row of real processes goes through them. A definition without a course, a form without
answers and a secret without a canary fail a test (tests/reliability/test_courses.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from adapters.sandbox.authority import Authority
from adapters.sandbox.certificates import State
from tests.world.courses import COURSES as WAYS
from tests.world.courses import NEW
from tests.world.courses import Course as Way
from tests.world.person import ANSWERS
from workflow.definition import Asking, Definition
from workflow.definitions import DEFINITIONS

FILE = "{keystore}"
"""In a command: the path of the keystore of the beginning."""

IN_USE = "{certificate}"
"""In an answer: the PublicKeyIdentifier of the certificate in use."""

_ANSWERS: Mapping[str, Mapping[str, Any]] = {**ANSWERS, "certificate": {"certificate": IN_USE}}


class Start(Enum):
    """What a person has at the beginning of a course: always a card, and perhaps a keystore."""

    NEW = "no certificate"
    RENEWABLE = "a certificate in use that can be renewed"
    HALF_WAY = "a keystore whose certificate was requested by another program"


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One way through one definition, from a person with a card to the good end.

    `begin` is the first command; the others are `resume`. `way` is the same in one process, without files.
    `holding` are the conditions of states that hold in it, `skipped` the states that it passes by. `defaulted` are
    the forms that take what they offer. With `keeps_keystore` the file of the beginning stays as it is, byte for
    byte. `meanwhile` is what people do at the far side between two commands. `stride`: of how many system calls one
    is struck in a full run.
    """

    name: str
    way: Way
    begin: tuple[str, ...]
    sittings: tuple[str, ...]
    holding: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    defaulted: frozenset[str] = frozenset({"card", "password"})
    starts: Start = Start.RENEWABLE
    keeps_keystore: bool = True
    meanwhile: Callable[[Authority], None] = lambda authority: None
    stride: int = 1

    @property
    def definition(self) -> Definition:
        return DEFINITIONS[self.name]

    @property
    def accepted(self) -> Mapping[str, int]:
        """How many changes of each operation eHealth has carried out at the end."""
        return self.way.accepted

    def answers(self) -> dict[str, Mapping[str, Any]]:
        """By form. Raises `KeyError` for a form that has no answers and is not said to offer them."""
        forms = {state.form for state in self.definition.states if isinstance(state, Asking)} - self.defaulted
        return {form: _ANSWERS[form] for form in sorted(forms)}


def _confirm(authority: Authority) -> None:
    """A foreigner logs in at the address of his request; where its answer was lost, the contact centre tells him."""
    for record in authority.desk.certificates.all():
        if record.state is State.CONFIRMING:
            authority.confirm_foreigner(f"/{record.token}")


_ANSWERING = ("--answers", "answers.yaml", "--json")
RESUME = ("resume", *_ANSWERING)

COURSES: dict[str, Course] = {
    course.name: course
    for course in (
        Course(
            name="renew",
            way=WAYS["renew"],
            begin=("renew", *_ANSWERING),
            holding=("etk_waits_for_activation",),
            defaulted=frozenset({"card", "keystore", "password"}),
            sittings=("sending", "installing", "activating"),
        ),
        Course(
            name="renew_without_keystore",
            way=WAYS["renew without"],
            begin=("renew", "--without-old-keystore", *_ANSWERING),
            holding=("etk_waits_for_activation",),
            sittings=(),
        ),
        Course(
            name="request",
            way=WAYS["request"],
            begin=("request", *_ANSWERING),
            starts=Start.NEW,
            stride=4,
            sittings=("sending", "completing"),
        ),
        Course(
            name="request_foreigner",
            way=WAYS["request of a foreigner"],
            begin=("request", "--foreigner", *_ANSWERING),
            defaulted=frozenset({"password"}),
            starts=Start.NEW,
            meanwhile=_confirm,
            skipped=("awaiting_delivery",),
            stride=4,
            sittings=("sending", "completing"),
        ),
        Course(
            name="revoke",
            way=WAYS["revoke"],
            begin=("revoke", *_ANSWERING),
            stride=4,
            sittings=("sending", "completing"),
        ),
        Course(
            name="adopt",
            way=WAYS.get("adopt", Way("adopt", NEW)),
            begin=("adopt", FILE, *_ANSWERING),
            defaulted=frozenset({"keystore_to_adopt"}),
            starts=Start.HALF_WAY,
            stride=4,
            sittings=("looking", "completing"),
        ),
        Course(
            name="password",
            way=WAYS["password"],
            begin=("password", FILE, *_ANSWERING),
            defaulted=frozenset({"keystore_to_change", "other_password"}),
            keeps_keystore=False,
            sittings=("changing",),
        ),
    )
}
"""By definition. The sittings of `renew_without_keystore` are those of `renew`: they are not struck twice."""


def course_of(boundary: str) -> Course:
    """The course that passes a boundary."""
    return COURSES[boundary.partition(".")[0]]
