"""A look without a person: it only asks, moves one state at the most, and stops where a secret is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.workflow.toy import DELIVERED, HOUR, SENT, Scripted, Toy
from workflow.definition import STAY
from workflow.errors import BusyError, EhealthNoAnswerError, EhealthUnreachableError, RefusedError
from workflow.forms import NEW_KEYSTORE_PASSWORD, PIN
from workflow.ports import InDoubt, NotArrived, Outcome, Work
from workflow.unattended import WATCH_EVERY, Looked, Need

NO_ANSWER = EhealthNoAnswerError(reason="the time ran out")
REFUSED = RefusedError(refusal_code="SIM_NO", refusal="No.")


@dataclass
class Watched(Scripted):
    """A step of a person's state that can be watched, as told; `orders` is what the watch finds."""

    def watch(self, work: Work) -> Any:
        return self(work)


def look(toy: Toy) -> Looked:
    return toy.engine.poll(toy.stored.id, toy.steps)


@pytest.fixture
def waiting() -> Toy:
    """A procedure that waits for eHealth, and is due."""
    toy = Toy()
    toy.start()
    toy.clock.move(minutes=1)
    return toy


@pytest.fixture
def handing(waiting: Toy) -> Toy:
    """A procedure that waits for its person."""
    waiting.steps["look"] = Scripted([DELIVERED])
    waiting.resume()
    return waiting


@pytest.fixture
def in_doubt() -> Toy:
    """A procedure whose message was sent, without an answer; it is time to ask."""
    toy = Toy()
    toy.change.sending = Scripted([NO_ANSWER, SENT])
    with pytest.raises(EhealthNoAnswerError):
        toy.start()
    toy.clock.move(minutes=10)
    return toy


# --- waits ------------------------------------------------------------------------------------------------------------


def test_nothing_new_plans_the_next_look(waiting: Toy) -> None:
    looked = look(waiting)

    assert (looked.asked, looked.changed, waiting.kinds[-1]) == (True, False, "looked")
    assert waiting.stored.wake_at == waiting.clock.now() + timedelta(minutes=1)


def test_what_comes_is_kept_and_noticed_and_the_next_state_is_left_to_its_person(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([DELIVERED])

    looked = look(waiting)

    assert (looked.changed, waiting.stored.state) == (True, "handing")
    assert waiting.kinds[-2:] == ["noticed", "moved"]
    assert waiting.person.asked.count("form handover") == 0


def test_a_step_after_the_wait_is_not_run(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([Outcome("delivered", {"certificate": {}, "handover": {}})])
    waiting.definitions = {"toy": _straight_to_proving(waiting)}

    look(waiting)

    assert waiting.stored.state == "proving"
    assert waiting.steps["prove"].works == []


def _straight_to_proving(toy: Toy) -> Any:
    from dataclasses import replace

    toy_definition = toy.definitions["toy"]
    ways = [replace(way, dest="proving") if way.trigger == "delivered" else way for way in toy_definition.transitions]
    return replace(toy_definition, transitions=tuple(ways))


def test_before_it_is_time_nothing_is_asked(waiting: Toy) -> None:
    look(waiting)
    waiting.clock.move(seconds=59)
    before = waiting.stored

    looked = look(waiting)

    assert not looked.asked
    assert waiting.stored == before


def test_a_look_that_was_planned_with_a_clock_ahead_happens_now(waiting: Toy) -> None:
    waiting.clock.move(days=400)
    look(waiting)
    waiting.clock.move(days=-400)

    assert look(waiting).asked


def test_a_failure_is_remembered_and_raised(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([EhealthUnreachableError(address="eHealth", reason="no network")])

    with pytest.raises(EhealthUnreachableError):
        look(waiting)

    assert waiting.stored.trouble is not None
    assert "noticed" not in waiting.kinds


def test_what_a_person_must_see_to_is_noticed_once(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([REFUSED])

    for _ in range(3):
        with pytest.raises(RefusedError):
            look(waiting)
        waiting.clock.move(hours=2)

    assert waiting.kinds.count("noticed") == 1
    assert waiting.kinds.count("trouble") == 3


def test_a_procedure_that_another_process_holds_is_left_to_it(waiting: Toy) -> None:
    waiting.locks.held.add(waiting.stored.id)

    with pytest.raises(BusyError):
        look(waiting)


def test_what_has_ended_is_not_asked_about(handing: Toy) -> None:
    handing.resume()
    assert handing.stored.ended

    assert not look(handing).asked


# --- doubts -----------------------------------------------------------------------------------------------------------


def test_a_doubt_is_settled_without_sending_again(in_doubt: Toy) -> None:
    in_doubt.change.finding = Scripted([SENT])

    looked = look(in_doubt)

    assert (looked.changed, in_doubt.stored.state) == (True, "waiting")
    assert in_doubt.kinds[-3:] == ["arrived", "noticed", "moved"]
    assert len(in_doubt.change.sent) == 1


def test_what_did_not_arrive_is_not_sent_by_a_look(in_doubt: Toy) -> None:
    in_doubt.change.finding = Scripted([NotArrived()])

    looked = look(in_doubt)

    assert (looked.changed, in_doubt.stored.state) == (True, "sending")
    assert "intent" not in in_doubt.stored.facts
    assert len(in_doubt.change.sent) == 1
    assert in_doubt.kinds[-2:] == ["noticed", "not_arrived"]


def test_a_doubt_that_only_the_card_settles_says_so(in_doubt: Toy) -> None:
    in_doubt.change.finding = Scripted([lambda work: InDoubt(work.now, needs_card=True)])

    looked = look(in_doubt)

    assert looked.needs is Need.CARD
    assert in_doubt.stored.wake_at is not None
    assert in_doubt.stored.wake_at > in_doubt.clock.now()


@pytest.mark.parametrize(("name", "need"), [(PIN, Need.CARD), (NEW_KEYSTORE_PASSWORD, Need.PASSWORD)])
def test_a_secret_is_never_asked_for_and_its_lack_leaves_no_trace(in_doubt: Toy, name: str, need: Need) -> None:
    in_doubt.definitions = {"toy": _with_secret(in_doubt, name)}
    in_doubt.change.finding = Scripted([lambda work: work.secret(name, "to ask")])
    before = in_doubt.stored
    in_doubt.person.asked.clear()

    looked = look(in_doubt)

    assert looked.needs is need
    assert in_doubt.stored == before
    assert in_doubt.person.asked == []


def _with_secret(toy: Toy, name: str) -> Any:
    from dataclasses import replace

    states = [
        replace(state, secrets=(name,)) if state.name == "sending" else state  # type: ignore[call-arg]
        for state in toy.definitions["toy"].states
    ]
    return replace(toy.definitions["toy"], states=tuple(states))


# --- states of a person -----------------------------------------------------------------------------------------------


def test_a_persons_state_is_not_touched_when_nothing_can_be_watched(handing: Toy) -> None:
    before = handing.stored

    assert not look(handing).asked
    assert handing.stored == before


def test_a_watch_that_finds_something_keeps_it_once(handing: Toy) -> None:
    handing.steps["hand"] = Watched([Outcome(STAY, {"seen_active": {}}), Outcome(STAY)])

    looked = look(handing)
    handing.clock.move(hours=7)
    again = look(handing)

    assert (looked.changed, again.changed) == (True, False)
    assert handing.kinds[-2:] == ["noticed", "looked"]
    assert handing.stored.state == "handing"


def test_a_watch_keeps_its_rhythm_and_a_reminder_its_day(handing: Toy) -> None:
    handing.steps["hand"] = Watched([Outcome(STAY)])

    first = look(handing)
    handing.clock.move(hours=5)
    second = look(handing)
    handing.clock.move(hours=1)
    third = look(handing)

    assert (first.asked, second.asked, third.asked) == (True, False, True)
    assert timedelta(hours=6) == WATCH_EVERY
    assert handing.stored.wake_at is None


def test_a_watch_may_lead_on(handing: Toy) -> None:
    handing.steps["hand"] = Watched([Outcome("handed", {"handover": {}})])

    look(handing)

    assert handing.stored.state == "proving"
    assert handing.steps["prove"].works == []
    assert handing.clock.now() - handing.stored.since < HOUR
