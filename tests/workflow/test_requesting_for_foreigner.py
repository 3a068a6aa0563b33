"""The request of a person without a card: going back, cancelling, dying anywhere, and two at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.world.courses import COURSES
from tests.world.watched import Died
from tests.world.world import World
from workflow.errors import ActionNotPossibleError, ProcedureUnderWayError
from workflow.ports import Cancelled, GoBack

COURSE = COURSES["request of a foreigner"]


@pytest.fixture
def world() -> Iterator[World]:
    world = COURSE.world()
    yield world
    world.close()


def test_it_goes_back_to_the_names_from_every_form(world: World) -> None:
    asked = ["consent", "person", "contact", "overview", "password"]
    world.person.interrupts = {5: GoBack(), 6: GoBack(), 7: GoBack()}

    world.start()

    forms = [one.removeprefix("form ") for one in world.person.asked if one.startswith("form ")]
    assert forms == [*asked, "overview", "contact", "person", "contact", "overview", "password"]


def test_cancelling_before_sending_leaves_no_key(world: World) -> None:
    world.person.interrupts = {5: Cancelled()}

    report = world.start()

    assert report.procedure.state == "cancelled"
    assert list(world.keystores.files()) == []
    assert world.accepted == {}


def test_what_was_sent_cannot_be_cancelled(world: World) -> None:
    world.start()

    with pytest.raises(ActionNotPossibleError):
        world.cancel()


def test_the_same_person_is_not_requested_for_twice_at_a_time(world: World) -> None:
    world.start()

    with pytest.raises(ProcedureUnderWayError):
        world.start()

    assert world.accepted == {"submitCSRForForeigner": 1}


@pytest.mark.slow
def test_dying_after_any_call_nothing_is_lost_or_sent_twice() -> None:
    with_no_harm = COURSE.world()
    COURSE.finish(with_no_harm)

    for number in range(1, len(with_no_harm.trail.calls) + 1):
        world = COURSE.world()
        world.crash_at(number)
        with pytest.raises(Died) as died:
            COURSE.finish(world)

        procedure = world.finish()

        assert procedure.state == "done", died.value
        accepted = {**world.accepted, "startETKRegistration": 1}  # one challenge more does no harm
        assert accepted == COURSE.accepted, died.value
        assert len(world.keystores.files()) == 1, died.value
        world.close()
