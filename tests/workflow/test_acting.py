"""What the helpdesk does: on record, and never so that something is sent twice or a key is lost."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta

import pytest

from adapters.sandbox.desk import Rules
from steps.late_arrival import LATE_ARRIVAL
from tests.workflow.toy import DELIVERED, SENT, Scripted, Toy
from tests.world.stuck import go, unapproved
from tests.world.wire import Fault
from tests.world.world import World
from workflow.acting import Act, left_behind
from workflow.definitions import DEFINITIONS
from workflow.errors import (
    ActionNotPossibleError,
    BusyError,
    DateOutOfRangeError,
    DoubtOpenError,
    EhcertError,
    EhealthNoAnswerError,
    KeyWouldBeLostError,
    LookedJustNowError,
    NotAnEarlierStateError,
    ProcedureEndedError,
    SentSinceError,
)
from workflow.expecting import ANNOUNCED
from workflow.ports import Cancelled, GoBack, NotArrived
from workflow.procedure import Line
from workflow.replaying import replayed, standing
from workflow.status import is_late

ACT = Act("jan", "the user called")
DAY = timedelta(days=1)


@pytest.fixture
def waiting() -> Toy:
    """A procedure that waits for eHealth."""
    toy = Toy()
    toy.start()
    toy.clock.move(minutes=1)
    return toy


def last(toy: Toy) -> Line:
    return toy.store.journal(toy.stored.id)[-1].line


# --- retry ------------------------------------------------------------------------------------------------------------


def test_a_retry_looks_now_and_is_on_record(waiting: Toy) -> None:
    before = waiting.stored
    waiting.steps["look"] = Scripted([DELIVERED])

    report = waiting.engine.retry(before.id, waiting.sit(), ACT)

    told = next(w.line for w in waiting.store.journal(before.id) if w.line.kind == "retried")
    assert before.wake_at is not None
    assert before.wake_at > waiting.clock.now() - DAY
    assert report.procedure.state == "handing"
    assert told.details == {"by": "jan", "reason": "the user called"}


def test_a_retry_that_finds_nothing_new_says_so(waiting: Toy) -> None:
    report = waiting.engine.retry(waiting.stored.id, waiting.sit(), ACT)

    assert report.passed == ()
    assert waiting.kinds[-2:] == ["retried", "looked"]


def test_a_retry_right_after_a_look_is_refused_rather_than_told_as_done(waiting: Toy) -> None:
    waiting.engine.retry(waiting.stored.id, waiting.sit(), ACT)
    before = waiting.stored
    waiting.clock.move(seconds=5)

    with pytest.raises(LookedJustNowError):
        waiting.engine.retry(before.id, waiting.sit(), ACT)

    assert waiting.stored == before


def test_a_retry_of_a_doubt_asks_and_sends_nothing(waiting: Toy) -> None:
    toy = Toy()
    toy.change.sending = Scripted([EhealthNoAnswerError(reason="gone"), SENT])
    with pytest.raises(EhealthNoAnswerError):
        toy.start()
    toy.change.finding = Scripted([SENT])

    report = toy.engine.retry(toy.stored.id, toy.sit(), ACT)

    assert report.procedure.state == "waiting"
    assert len(toy.change.sent) == 1


# --- postpone ---------------------------------------------------------------------------------------------------------


def test_what_is_postponed_is_looked_at_then(waiting: Toy) -> None:
    until = waiting.clock.now() + 3 * DAY

    waiting.engine.postpone(waiting.stored.id, until, ACT)

    assert waiting.stored.wake_at == until
    assert last(waiting).details == {"by": "jan", "reason": "the user called", "until": until.isoformat()}


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_nothing_is_postponed_to_the_past_or_for_ever(days: int, waiting: Toy) -> None:
    before = waiting.stored

    with pytest.raises(DateOutOfRangeError):
        waiting.engine.postpone(before.id, waiting.clock.now() + days * DAY, ACT)

    assert waiting.stored == before


def test_a_renewal_is_not_postponed_beyond_the_end_of_the_present_certificate() -> None:
    world = World()
    world.renew()

    with pytest.raises(DateOutOfRangeError):
        world.engine().postpone(world.procedure.id, world.clock.now() + 61 * DAY, ACT)

    world.engine().postpone(world.procedure.id, world.clock.now() + 59 * DAY, ACT)


# --- the date of the second mail --------------------------------------------------------------------------------------


def test_the_announced_date_is_what_is_expected_from_then_on() -> None:
    world = World(rules=Rules(delivery_delay=timedelta(days=30)))
    world.renew()

    world.engine().announce(world.procedure.id, date(2031, 3, 20))

    procedure = world.procedure
    assert procedure.facts[ANNOUNCED]["date"] == "2031-03-20"
    assert not is_late(procedure, datetime.fromisoformat("2031-03-20T23:59:00+00:00"))
    assert is_late(procedure, datetime.fromisoformat("2031-03-21T00:01:00+00:00"))
    assert world.journal(procedure.id)[-1].line.kind == "announced"


def test_the_announced_date_is_kept_by_the_journal_and_by_every_look() -> None:
    world = World(rules=Rules(delivery_delay=timedelta(days=30)))
    world.renew()
    world.engine().announce(world.procedure.id, date(2031, 3, 20))
    expected = world.procedure.expected_by
    world.clock.move(days=1)
    world.resume()

    rebuilt = replayed(world.procedure.id, [written.line for written in world.journal(world.procedure.id)])

    assert rebuilt is not None
    again = standing(DEFINITIONS["renew"], rebuilt, rebuilt.facts, world.clock.now())
    assert (world.procedure.expected_by, again.expected_by) == (expected, expected)


@pytest.mark.parametrize("day", [date(2031, 3, 3), date(2032, 3, 10)])
def test_a_date_before_the_request_or_in_another_year_is_mistyped(day: date) -> None:
    world = World()
    world.renew()

    with pytest.raises(DateOutOfRangeError):
        world.engine().announce(world.procedure.id, day)

    assert ANNOUNCED not in world.procedure.facts


def test_nothing_is_announced_where_nothing_is_awaited_from_ehealth() -> None:
    world = World()
    unapproved(world)

    with pytest.raises(ActionNotPossibleError):
        world.engine().announce(world.procedure.id, date(2031, 3, 20))


# --- going back -------------------------------------------------------------------------------------------------------


def back(world: World, to: str) -> None:
    world.engine().back(world.procedure.id, to, world.steps(), ACT)


@pytest.mark.parametrize("to", ["awaiting_card", "awaiting_keystore", "looking_up", "awaiting_contact"])
def test_before_anything_is_sent_it_goes_back_and_on_again(to: str) -> None:
    world = World()
    unapproved(world)

    back(world, to)

    assert world.procedure.state == to
    assert world.journal(world.procedure.id)[-1].line.details == {"by": "jan", "reason": "the user called", "to": to}
    assert world.finish().state == "done"


def test_going_back_before_the_key_takes_the_unfinished_keystore_away() -> None:
    world = World()
    unapproved(world)
    world.cards.remove()
    go(world)
    assert world.procedure.state == "submitting"
    files = len(world.keystores.files())

    back(world, "awaiting_password")

    assert len(world.keystores.files()) == files - 1
    world.cards.insert(world.card)
    assert world.finish().state == "done"
    assert world.accepted["generateCertificate"] == 1


def test_nothing_goes_back_before_what_was_sent() -> None:
    world = World()
    world.renew()
    before = world.procedure

    for to in ("awaiting_card", "awaiting_contact", "submitting"):
        with pytest.raises(SentSinceError):
            back(world, to)

    assert world.procedure == before


def test_an_activation_is_not_forgotten() -> None:
    world = World()
    world.finish(to="awaiting_handover")
    world.crash_at("renew.proving.before")
    go(world)
    assert world.procedure.state == "proving"

    with pytest.raises(SentSinceError):
        back(world, "awaiting_handover")


def test_a_delivered_certificate_can_be_fetched_again() -> None:
    world = World()
    world.finish(to="awaiting_delivery")
    world.clock.move(days=2)
    world.crash_at("renew.installing.before")
    go(world)

    back(world, "awaiting_delivery")

    assert world.procedure.state == "awaiting_delivery"
    assert world.finish().state == "done"
    assert world.accepted["generateCertificate"] == 1


def test_in_a_doubt_nothing_goes_back() -> None:
    world = World()
    world.wire.fail(Fault.REQUEST_LOST, "generateCertificate")
    go(world)
    before = world.procedure

    with pytest.raises(DoubtOpenError):
        back(world, "awaiting_contact")

    assert world.procedure == before


def test_a_key_that_may_have_been_sent_is_never_lost() -> None:
    world = World()
    world.wire.fail(Fault.REQUEST_LATE, "generateCertificate")
    go(world)
    world.clock.move(minutes=6)
    world.person.secrets["pin"] = ["1234", "0000"]  # the doubt is settled; then the PIN for the new message is wrong
    go(world)
    assert "intent" not in world.procedure.facts
    assert world.procedure.state == "submitting"

    with pytest.raises(KeyWouldBeLostError):
        back(world, "awaiting_contact")

    assert world.new_keystore() is not None


def test_a_key_that_certainly_never_left_may_be_made_anew() -> None:
    world = World()
    world.wire.fail(Fault.UNREACHABLE, "generateCertificate")
    go(world)

    back(world, "awaiting_contact")

    assert world.finish().state == "done"


@pytest.mark.parametrize("to", ["awaiting_delivery", "awaiting_approval", "done", "nowhere", ""])
def test_only_an_earlier_state_can_be_gone_back_to(to: str) -> None:
    world = World()
    unapproved(world)

    with pytest.raises(NotAnEarlierStateError) as told:
        back(world, to)

    assert "awaiting_contact" in told.value.details["possible"]


def test_a_state_that_was_passed_over_is_not_gone_back_to() -> None:
    world = World()
    world.finish(to="awaiting_delivery")

    with pytest.raises(NotAnEarlierStateError):
        back(world, "awaiting_validation")


def test_a_settled_message_counts_as_one_that_may_still_arrive(waiting: Toy) -> None:
    toy = Toy()
    toy.change.prepare.orders[0].intent["public_key_identifier"] = "ab"  # type: ignore[index,union-attr]
    toy.change.sending = Scripted([EhealthNoAnswerError(reason="gone")])
    toy.change.finding = Scripted([NotArrived()])
    for _sitting in range(2):
        with pytest.raises(EhealthNoAnswerError):
            toy.resume() if toy.store.procedures() else toy.start()

    with pytest.raises((DoubtOpenError, KeyWouldBeLostError)):
        toy.engine.back(toy.stored.id, "choosing", toy.steps, ACT)


# --- notes, and giving up ---------------------------------------------------------------------------------------------


def test_a_note_changes_nothing_else(waiting: Toy) -> None:
    before = waiting.stored

    waiting.engine.note(before.id, Act("jan", "he will look in his mail"))

    assert waiting.stored.facts == before.facts
    assert (waiting.stored.state, waiting.stored.wake_at) == (before.state, before.wake_at)
    assert (last(waiting).kind, last(waiting).details["reason"]) == ("noted", "he will look in his mail")


def test_a_note_can_be_added_to_what_has_ended() -> None:
    world = World()
    procedure = world.finish()

    world.engine().note(procedure.id, ACT)

    assert world.journal(procedure.id)[-1].line.kind == "noted"
    assert world.all_procedures()[0].ended


def test_abandoning_says_who_and_why_and_what_stays_behind() -> None:
    world = World()
    world.renew()
    files = world.keystores.files()

    report = world.engine().abandon(world.procedure.id, ACT)

    stays = " ".join(left_behind(report.procedure))
    assert report.procedure.state == "abandoned"
    assert world.journal(report.procedure.id)[-1].line.details == {"by": "jan", "reason": "the user called"}
    assert world.keystores.files() == files, "no key is removed"
    assert "The request stays at eHealth" in stays
    assert "only copy of its key" in stays
    assert "revoked" not in stays.split("until it ends or is revoked")[0]


def test_what_has_ended_is_not_acted_upon() -> None:
    world = World()
    procedure = world.finish()
    engine, steps = world.engine(), world.steps()

    for act in (
        lambda: engine.retry(procedure.id, world.sitting(), ACT),
        lambda: engine.postpone(procedure.id, world.clock.now() + DAY, ACT),
        lambda: engine.back(procedure.id, "awaiting_card", steps, ACT),
    ):
        with pytest.raises(ProcedureEndedError):
            act()

    assert world.all_procedures()[0] == procedure


def test_nobody_acts_on_what_another_process_works_on() -> None:
    world = World()
    world.renew()
    world.locks.held.add(world.procedure.id)
    engine, identifier = world.engine(), world.procedure.id

    for act in (
        lambda: engine.retry(identifier, world.sitting(), ACT),
        lambda: engine.note(identifier, ACT),
        lambda: engine.back(identifier, "awaiting_card", world.steps(), ACT),
        lambda: engine.abandon(identifier, ACT),
    ):
        with pytest.raises(BusyError):
            act()


def test_every_refusal_leaves_the_journal_as_it_was() -> None:
    world = World()
    world.renew()
    engine, identifier = world.engine(), world.procedure.id
    before = len(world.journal(identifier))

    for to in ("awaiting_card", "nowhere", "done"):
        with pytest.raises(EhcertError):
            engine.back(identifier, to, world.steps(), ACT)

    assert len(world.journal(identifier)) == before


@pytest.mark.parametrize("leave", [Cancelled(), GoBack()], ids=["cancel", "back"])
def test_leaving_keeps_a_key_of_which_a_message_may_still_arrive(leave: Exception) -> None:
    world = World()
    world.wire.fail(Fault.REQUEST_LATE, "generateCertificate")
    with pytest.raises(EhealthNoAnswerError):
        world.renew()
    world.clock.move(LATE_ARRIVAL * 2)
    made = world.new_keystore()
    world.person.asked.clear()
    world.person.interrupts = {3: leave, 4: Cancelled()}  # 1 to ask with the card, 2 the keystore, 3 to sign

    with contextlib.suppress(EhcertError):
        world.resume()
    world.wire.arrive()

    assert "not_arrived" in [one.line.kind for one in world.journal(world.all_procedures()[0].id)]
    assert world.all_procedures()[0].state == "cancelled"
    assert world.accepted == {"generateCertificate": 1}
    assert made is not None
    assert world.new_keystore() == made
    world.close()
