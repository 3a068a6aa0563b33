"""The courses of the matrix: for each definition the commands, answers and secrets that take it to its good end.

Declared here once; every row of real processes goes through them. A definition without a course, a form without
answers and a secret without a canary fail a test (tests/reliability/test_courses.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.sandbox.authority import Authority
from adapters.sandbox.certificates import State
from tests.world.courses import COURSES as WAYS
from tests.world.courses import Course as Way
from tests.world.person import ANSWERS
from workflow.definition import Asking, Definition
from workflow.definitions import DEFINITIONS

FILE = "{keystore}"
"""In a command: the path of the keystore in use."""

IN_USE = "{certificate}"
"""In an answer: the PublicKeyIdentifier of the certificate in use."""

_ANSWERS: Mapping[str, Mapping[str, Any]] = {**ANSWERS, "certificate": {"certificate": IN_USE}}


@dataclass(frozen=True, slots=True)
class Sitting:
    """One command of a course, and how many calls of the system it makes of each kind, as measured by strace.

    `writes`: those that change the disk; `alone`: the writes proper; the others as in `striking.FAILING`.
    """

    name: str
    writes: int
    alone: int
    fsync: int
    rename: int
    read: int
    read_only: int


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One way through one definition, from a person with a card to the good end.

    `begin` is the first command; the others are `resume`. `way` is the same in one process, without files.
    `holding` are the conditions of states that hold in it, `skipped` the states that it passes by. `defaulted` are
    the forms that take what they offer. With `has_keystore` there is a certificate in use at the beginning, and
    with `keeps_keystore` its file stays as it is, byte for byte. `meanwhile` is what people do at the far side
    between two commands. `stride`: of how many system calls one is struck in a full run.
    """

    name: str
    way: Way
    begin: tuple[str, ...]
    sittings: tuple[Sitting, ...]
    holding: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    defaulted: frozenset[str] = frozenset({"card", "password"})
    has_keystore: bool = True
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
            sittings=(
                Sitting("sending", writes=460, alone=380, fsync=60, rename=3, read=30, read_only=17),
                Sitting("installing", writes=270, alone=225, fsync=34, rename=5, read=27, read_only=11),
                Sitting("activating", writes=260, alone=235, fsync=22, rename=2, read=30, read_only=6),
            ),
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
            has_keystore=False,
            stride=4,
            sittings=(
                Sitting("sending", writes=375, alone=300, fsync=52, rename=3, read=20, read_only=15),
                Sitting("completing", writes=340, alone=280, fsync=38, rename=5, read=28, read_only=12),
            ),
        ),
        Course(
            name="request_foreigner",
            way=WAYS["request of a foreigner"],
            begin=("request", "--foreigner", *_ANSWERING),
            defaulted=frozenset({"password"}),
            has_keystore=False,
            meanwhile=_confirm,
            skipped=("awaiting_delivery",),
            stride=4,
            sittings=(
                Sitting("sending", writes=320, alone=255, fsync=48, rename=3, read=18, read_only=14),
                Sitting("completing", writes=310, alone=255, fsync=38, rename=5, read=26, read_only=12),
            ),
        ),
        Course(
            name="revoke",
            way=WAYS["revoke"],
            begin=("revoke", *_ANSWERING),
            stride=4,
            sittings=(
                Sitting("sending", writes=630, alone=520, fsync=78, rename=4, read=28, read_only=20),
                Sitting("completing", writes=350, alone=290, fsync=38, rename=5, read=28, read_only=12),
            ),
        ),
        Course(
            name="password",
            way=WAYS["password"],
            begin=("password", FILE, *_ANSWERING),
            defaulted=frozenset({"keystore_to_change", "other_password"}),
            keeps_keystore=False,
            sittings=(Sitting("changing", writes=160, alone=118, fsync=27, rename=3, read=11, read_only=9),),
        ),
    )
}
"""By definition. The sittings of `renew_without_keystore` are those of `renew`: they are not struck twice."""


def course_of(boundary: str) -> Course:
    """The course that passes a boundary."""
    return COURSES[boundary.partition(".")[0]]
