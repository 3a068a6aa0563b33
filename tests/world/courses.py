"""The ways through the procedures that tests take: one for each definition, and one for each branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from adapters.sandbox.people import MANAGER, SCRUTINIZED
from tests.world.person import FIRST
from tests.world.wire import Fault
from tests.world.world import World
from workflow.procedure import Procedure

NEW = {"generateCertificate": 1, "startETKRegistration": 1, "completeETKRegistration": 1}
"""What eHealth carries out for a certificate that replaces none."""

FOREIGN = {"submitCSRForForeigner": 1, "startETKRegistration": 1, "completeETKRegistration": 1}
"""What it carries out for a person without a card."""

RENEWED = {**NEW, "activateETK": 1}
"""What it carries out for one that replaces another."""


@dataclass(frozen=True)
class Course:
    """A way through one definition: the options of its world, the answers that differ, and how it ends.

    `only` names the states that this course is there for; without it, it is the usual one. `skips` names those that
    no way of this definition leads to at this far side. `lost` names the operation whose first answer gets lost.
    """

    definition: str
    accepted: Mapping[str, int]
    options: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    end: str = "done"
    lost: str = ""

    def world(self, **options: Any) -> World:
        """A new world in which `finish` takes this course."""
        world = World(definition=self.definition, **{**self.options, **options})
        for form, answers in self.answers.items():
            world.person.answers[form] = {**world.person.answers.get(form, {}), **answers}
        if self.lost:
            world.wire.fail(Fault.ANSWER_LOST, self.lost)
        return world

    def finish(self, world: World) -> Procedure:
        """Take a world to the end; where the support team has to look, it says yes."""
        procedure = world.finish(to="awaiting_validation")
        if procedure.state == "awaiting_validation":
            world.authority.approve(procedure.facts["key"]["public_key_identifier"])
            procedure = world.finish()
        return procedure


# Only a certificate that replaces another has an encryption key that waits.
_NOTHING_TO_ACTIVATE = ("awaiting_handover", "activating_etk")

COURSES: dict[str, Course] = {
    "renew": Course("renew", RENEWED),
    "renew, by hand": Course("renew", RENEWED, {"person": SCRUTINIZED}, only=("awaiting_validation",)),
    "renew without": Course("renew_without_keystore", RENEWED),
    "renew without, by hand": Course(
        "renew_without_keystore", RENEWED, {"person": SCRUTINIZED}, only=("awaiting_validation",)
    ),
    "request": Course("request", NEW, {"valid_for": None}, skips=_NOTHING_TO_ACTIVATE),
    "request, by hand": Course(
        "request", NEW, {"valid_for": None, "person": SCRUTINIZED}, only=("awaiting_validation",)
    ),
    "request for an organisation": Course(
        "request",
        NEW,
        {"valid_for": None, "person": MANAGER},
        {"kind": {"certificate_for": "typed"}, "application": {"application_id": "app-1"}},
        only=("awaiting_organization", "awaiting_application"),
    ),
    "request of a foreigner": Course("request_foreigner", FOREIGN, {"valid_for": None}, skips=_NOTHING_TO_ACTIVATE),
    "request of a foreigner, confirmed at the last moment": Course(
        "request_foreigner",
        FOREIGN,
        {"valid_for": None, "confirms_after": timedelta(days=6, hours=20)},
        only=("awaiting_delivery",),
    ),
    "request of a foreigner, its answer lost": Course(
        "request_foreigner", FOREIGN, {"valid_for": None}, only=("awaiting_address",), lost="submitCSRForForeigner"
    ),
    "revoke": Course("revoke", {"revoke": 1, **NEW}, skips=_NOTHING_TO_ACTIVATE),
    "revoke, by hand": Course("revoke", {"revoke": 1, **NEW}, {"person": SCRUTINIZED}, only=("awaiting_validation",)),
    "revoke only": Course(
        "revoke", {"revoke": 1}, answers={"reason": {"only": True}}, only=("revoking",), end="revoked"
    ),
    "adopt": Course(
        "adopt",
        NEW,
        {"valid_for": None, "begun_elsewhere": "request"},
        {"keystore_to_adopt": {"file": FIRST}},
    ),
    "adopt a renewal": Course(
        "adopt",
        RENEWED,
        {"begun_elsewhere": "renew"},
        {"keystore_to_adopt": {"file": FIRST}},
        only=_NOTHING_TO_ACTIVATE,
    ),
    "password": Course("password", {}, answers={"keystore_to_change": {"file": FIRST}}),
}


def course_to(definition: str, state: str) -> Course | None:
    """The course that passes a state; None when no way leads there."""
    ways = [course for course in COURSES.values() if course.definition == definition]
    special = next((course for course in ways if state in course.only), None)
    usual = next((course for course in ways if not course.only), None)
    return special or (None if usual is None or state in usual.skips else usual)
