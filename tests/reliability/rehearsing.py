"""Takes a procedure in one process through a plan of faults, as a patient person would, and judges how it went."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.sandbox.authority import Authority
from adapters.sandbox.fault_folder import Fired
from adapters.sandbox.fault_plan import FaultPlan
from adapters.sandbox.faults import Faulty, read_head
from adapters.sandbox.replies import Reply
from steps.late_arrival import LATE_ARRIVAL
from steps.ports.keystore import Keystore
from tests.reliability.counting import Harm, Problem, Verdict, problems_of
from tests.reliability.judging import REPEATABLE, check, leaks, unproven
from tests.world.cards import PIN
from tests.world.courses import COURSES, Course
from tests.world.keystores import MemoryKeystores
from tests.world.world import NEW_PASSWORD, OLD_PASSWORD, World
from workflow.errors import EhcertError, StillInDoubtError, TemporaryError
from workflow.procedure import Procedure

RENEWAL = COURSES["renew"]
CONFIRMING = ("awaiting_confirmation", "awaiting_address")
FEW, MANY = 40, 400
"""Sittings until a procedure counts as stuck: with a few faults, and with faults that do not stop."""
CANARIES = {"the old password": OLD_PASSWORD, "the new password": NEW_PASSWORD}


@dataclass
class Journey:
    """What happened: each error by its code, the words that were shown, and how it ended."""

    errors: list[EhcertError] = field(default_factory=list)
    ended: Procedure | None = None
    installed: list[str] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in order."""
        return [error.code for error in self.errors]


@dataclass(frozen=True)
class Hurting:
    """The far side of a world: `Faulty` as a client in the same process meets it.

    `again` names the changes that were sent once more although they had been carried out: that they are refused is
    the far side's merit, not the client's.
    """

    authority: Authority
    faulty: Faulty
    again: list[str] = field(default_factory=list)

    def answer(self, service: str, body: bytes) -> Reply:
        operation, _ = read_head(service, body)
        name = operation.name if operation else ""
        if name not in REPEATABLE and self.authority.accepted_counts().get(name):
            self.again.append(name)
        return self.faulty.simulate(service, body)


@contextlib.contextmanager
def hurt(plan: FaultPlan, seed: int = 1, way: Course = RENEWAL) -> Iterator[tuple[World, Hurting]]:
    """A world whose far side follows a plan."""
    world = way.world(seed=seed)
    try:
        faulty = Faulty(world.authority, world.clock.now, plan=plan)
        world.wire.far_side = hurting = Hurting(world.authority, faulty)
        yield world, hurting
    finally:
        world.close()


def take_to_the_end(world: World, sittings: int = FEW) -> Journey:
    """Sit down again and again, whatever happened; the person begins anew when nothing was kept."""
    journey = Journey()
    for _ in range(sittings):
        known = world.all_procedures()
        if known and known[0].ended:
            journey.ended = known[0]
            break
        try:
            report = world.resume() if known else world.start()
        except EhcertError as error:
            journey.errors.append(error)
            world.clock.move(_pause(error))
        else:
            if report.procedure.state in CONFIRMING:
                world.log_in(report.procedure)
            world.clock.move(days=1)
        journey.installed += unproven(world.sandbox, keystores_of(world))
    return journey


def _pause(error: EhcertError) -> timedelta:
    if isinstance(error, StillInDoubtError):
        return LATE_ARRIVAL
    return timedelta(minutes=2) if isinstance(error, TemporaryError) else timedelta(hours=1)


def keystores_of(world: World) -> list[Keystore]:
    """Every keystore that opens, pending ones too."""
    assert isinstance(world.keystores, MemoryKeystores)
    return [content for content, _ in world.keystores.content.values() if content is not None]


def judge(world: World, journey: Journey, way: Course = RENEWAL) -> list[Problem]:
    """All harm that can be seen from outside."""
    ended = journey.ended
    problems = check(world.sandbox, keystores_of(world), accepted=way.accepted)
    problems += problems_of(Harm.LOST, journey.installed)
    if has_keystore(world) and world.keystores.open(world.old_path, OLD_PASSWORD) != world.old_keystore:
        problems.append(Problem(Harm.LOST, "the keystore in use has changed"))
    if ended is None:
        problems.append(Problem(Harm.STUCK, f"no end after {journey.codes[-5:]}"))
    elif ended.state != way.end:
        problems.append(Problem(Harm.LOST, f"it ended as '{ended.state}' after {journey.codes}"))
    unhelpful = [error.code for error in journey.errors if not error.hint]
    return problems + problems_of(Harm.STUCK, (f"{code} names no next action" for code in unhelpful))


def has_keystore(world: World) -> bool:
    """Whether there was a certificate in use at the beginning."""
    return hasattr(world, "old_path")


def verdict(
    plan: FaultPlan, *, sittings: int = FEW, seed: int = 1, way: Course = RENEWAL
) -> tuple[Verdict, Journey, list[Fired]]:
    """One procedure through a plan."""
    with hurt(plan, seed, way) as (world, hurting), _listening() as logged:
        journey = take_to_the_end(world, sittings)
        problems = judge(world, journey, way)
        problems += problems_of(Harm.DOUBLED, (f"{name} was sent again" for name in hurting.again))
        sinks = {"the log": "\n".join(logged).encode(), "the errors": _told(journey), "the store": _stored(world)}
        problems += leaks(CANARIES, sinks)
        problems += leaks({"the PIN": PIN}, {"the errors": _told(journey)})
        problems += leaks({"the national number": world.holder.ssin}, {"the log": sinks["the log"]})
        fired = hurting.faulty.fired()
        return Verdict(bool(fired), tuple(problems)), journey, fired


def _told(journey: Journey) -> bytes:
    return "\n".join(f"{error} {error.hint} {error.details}" for error in journey.errors).encode()


def _stored(world: World) -> bytes:
    procedures = world.all_procedures()
    lines = [line for procedure in procedures for line in world.journal(procedure.id)]
    return json.dumps([dict(procedure.facts) for procedure in procedures] + [str(line) for line in lines]).encode()


@contextlib.contextmanager
def _listening() -> Iterator[list[str]]:
    """Everything that is logged, at every level."""
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(self.format(record))

    root, listener = logging.getLogger(), Listener()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(listener)
        root.setLevel(before)
