"""R10: the clock is wrong for one look, in every state of a renewal; so is the service's, and the time zone changes.

The promise: no wrong 'expired', no lost look, no negative wait, and a wrong clock is named as such.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import pytest

from adapters.sandbox.certificates import State
from adapters.sandbox.desk import Rules
from tests.reliability import judging
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.world.keystores import MemoryKeystores
from tests.world.watched import Died
from tests.world.world import World
from workflow.definition import Final, Waiting
from workflow.definitions import DEFINITIONS
from workflow.errors import ClockOffError, EhcertError
from workflow.procedure import Procedure
from workflow.status import is_due, status_of

pytestmark = pytest.mark.slow

SKEWS = {
    "an hour ahead": timedelta(hours=1),
    "an hour behind": timedelta(hours=-1),
    "two days ahead": timedelta(days=2),
    "two days behind": timedelta(days=-2),
    "400 days ahead": timedelta(days=400),
    "in 1970": datetime(1970, 1, 1, 5, tzinfo=UTC) - datetime(2031, 3, 4, tzinfo=UTC),
}
STATES = [state.name for state in DEFINITIONS["renew"].states if not isinstance(state, Final)]
STORED = STATES[STATES.index("awaiting_keystore") :]

# The last Sundays of March and October 2031, at 01:00 UTC.
SPRING, AUTUMN = datetime(2031, 3, 30, 1, tzinfo=UTC), datetime(2031, 10, 26, 1, tzinfo=UTC)
_LONGEST_PAUSE = timedelta(hours=1)


def skewed(state: str, skew: timedelta) -> Verdict:
    """The computer's clock is wrong while the procedure is in a state, for one look."""
    with _world_at(state) as world:
        world.own_clock.skew = skew
        told = _look(world)
        world.own_clock.skew = timedelta(0)
        after = [*_of_the_look(world, told), *_of_the_plan(world)]
        return Verdict(True, tuple(after + _of_the_end(world)))


def service_skewed(state: str, skew: timedelta) -> Verdict:
    """The Date of the service's answers is wrong for one look; nobody can tell which clock it is."""
    with _world_at(state) as world:
        dated = world.wire._date
        shown = format_datetime(world.clock.now() + skew, usegmt=True)
        world.wire._date = lambda: shown  # type: ignore[method-assign]
        told = _look(world)
        world.wire._date = dated  # type: ignore[method-assign]
        after = [*_of_the_look(world, told), *_of_the_plan(world)]
        return Verdict(True, tuple(after + _of_the_end(world)))


def moved_over(state: str, change: datetime, zone: str) -> Verdict:
    """The hour changes, or a traveller sets another time zone, between a death in a state and the next look."""
    with _time_zone("Europe/Brussels"), _world_at(state, just_before=change) as world:
        offset = time.localtime().tm_gmtoff
        world.clock.move(hours=1)
        with _time_zone(zone):
            local = world.clock.now().astimezone().utcoffset()
            problems = _of_the_end(world)
        before = (change - timedelta(minutes=30)).astimezone().utcoffset()
        assert offset is not None
        return Verdict(local != before, tuple(problems))


@contextmanager
def _world_at(state: str, just_before: datetime | None = None) -> Iterator[World]:
    """A world in which the program died on its way into a state, or waits there."""
    world = World(rules=Rules(manual_validation=state == "awaiting_validation"))
    try:
        if just_before is not None:
            _travel(world, just_before - timedelta(minutes=30))
        if state in STATES[: STATES.index("awaiting_keystore")]:
            yield world
            return
        world.crash_at(f"renew.{state}.before")
        for _ in range(10):
            try:
                world.finish(to=state)
            except Died:
                break
            if state in (one.state for one in world.under_way()):
                break
        world.trail.die_at = None
        yield world
    finally:
        world.close()


def _travel(world: World, moment: datetime) -> None:
    """Begin later: the present certificate ends later too, so it is enrolled anew."""
    world.clock.move_to(moment)
    assert isinstance(world.keystores, MemoryKeystores)
    world.keystores.content.clear()
    world.old_keystore, world.old_path = world._present_keystore(timedelta(days=60))


def _look(world: World) -> EhcertError | None:
    try:
        world.resume() if world.under_way() else world.renew()
    except EhcertError as error:
        return error
    return None


def _of_the_look(world: World, told: EhcertError | None) -> Iterator[Problem]:
    if told is not None and not isinstance(told, ClockOffError):
        yield Problem(Harm.LOST, f"the clock was wrong, told was: {told}")
    for procedure in world.all_procedures():
        if procedure.ended and procedure.state != "done":
            yield Problem(Harm.LOST, f"ended as {procedure.state}")


def _of_the_plan(world: World) -> Iterator[Problem]:
    """What was planned by the wrong clock, seen with the right one."""
    for procedure in world.under_way():
        status_of(procedure, world.clock.now())
        if procedure.wake_at is None:
            if _waits(procedure):
                yield Problem(Harm.STUCK, f"nobody will look at {procedure.state}")
            continue
        if procedure.wake_at < max(procedure.since, procedure.looked_at or procedure.since):
            yield Problem(Harm.STUCK, f"a negative wait: {procedure.wake_at}")
        if not any(is_due(procedure, world.clock.now() + later) for later in (timedelta(0), _LONGEST_PAUSE)):
            yield Problem(Harm.STUCK, f"a look is lost: planned for {procedure.wake_at}")


def _waits(procedure: Procedure) -> bool:
    return isinstance(DEFINITIONS[procedure.definition].state(procedure.state), Waiting)


def _of_the_end(world: World) -> list[Problem]:
    """With the right clock it comes to its good end, with every change carried out once."""
    for record in world.authority.desk.certificates.all():
        if record.state is State.WAITING:
            world.authority.approve(record.key)
    try:
        end = world.finish()
    except (EhcertError, AssertionError) as error:
        return [Problem(Harm.STUCK, str(error))]
    found = [] if end.state == "done" else [Problem(Harm.LOST, f"ended as {end.state}")]
    assert isinstance(world.keystores, MemoryKeystores)
    opened = [keystore for keystore, _ in world.keystores.content.values() if keystore is not None]
    return found + judging.check(world.sandbox, opened)


@contextmanager
def _time_zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def cases() -> Sequence[Case]:
    """Every state with every wrong clock; the changes of the hour in the states that name files or wait."""
    skews = [Case(f"{state}, {name}", partial(skewed, state, skew)) for state in STATES for name, skew in SKEWS.items()]
    services = [
        Case(f"{state}, the service {minutes} minutes off", partial(service_skewed, state, timedelta(minutes=minutes)))
        for state in STATES
        for minutes in (10, -10)
    ]
    hours = [
        Case(f"{state}, {name}", partial(moved_over, state, change, zone))
        for state in STORED
        for name, change, zone in (
            ("summer time begins", SPRING, "Europe/Brussels"),
            ("summer time ends", AUTUMN, "Europe/Brussels"),
            ("far away", SPRING - timedelta(days=3), "Pacific/Auckland"),
        )
    ]
    return [*skews, *services, *hours]


R10 = register(Row("R10", "clock jumps", cases, share=1.0))


@pytest.mark.parametrize("case", R10.chosen(), ids=str)
def test_a_wrong_clock_does_no_harm(case: Case) -> None:
    assert_clean(case)
