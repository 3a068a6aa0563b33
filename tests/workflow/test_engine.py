"""The engine: what it runs, what it remembers, and what it does when something goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.workflow.toy import DELIVERED, HOLDER, HOUR, SENT, TOY, Scripted, Toy
from tests.world.clock import START
from tests.world.watched import Died
from workflow.definition import STAY, Turn
from workflow.errors import (
    ActionNotPossibleError,
    BusyError,
    CertificateExpiredError,
    ConsentRefusedError,
    DefinitionError,
    EhealthNoAnswerError,
    EhealthUnreachableError,
    KeystorePasswordError,
    NoSuchProcedureError,
    ProcedureNewerError,
    RefusedError,
    StillInDoubtError,
    StoreUnusableError,
    TooEarlyError,
    WrongPinError,
)
from workflow.forms import NEW_KEYSTORE_PASSWORD, PIN
from workflow.ports import Cancelled, GoBack, InDoubt, NotArrived, Outcome, Prepared
from workflow.procedure import ProcedureId

NO_ANSWER = EhealthNoAnswerError(reason="the time ran out")
UNREACHABLE = EhealthUnreachableError(address="eHealth", reason="no network")
REFUSED = RefusedError(refusal_code="SIM_NO", refusal="No.")


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def waiting(toy: Toy) -> Toy:
    """A procedure that waits for eHealth."""
    toy.start()
    toy.clock.move(minutes=1)
    return toy


@pytest.fixture
def in_doubt(toy: Toy) -> Toy:
    """A procedure whose message was sent, without an answer."""
    toy.change.sending = Scripted([NO_ANSWER, SENT])
    with pytest.raises(EhealthNoAnswerError):
        toy.start()
    return toy


# --- starting and going on --------------------------------------------------------------------------------------------


def test_a_start_goes_on_until_somebody_else_must_act(toy: Toy) -> None:
    report = toy.start()

    assert report.passed == ("knowing", "asking", "choosing", "making", "sending", "waiting")
    assert report.procedure == toy.stored
    assert toy.stored.state == "waiting"
    assert toy.stored.turn is Turn.EHEALTH
    assert toy.stored.since == toy.stored.created_at == START
    assert (toy.stored.wake_at, toy.stored.expected_by) == (START + timedelta(minutes=1), START + timedelta(days=2))


def test_the_person_hears_of_each_state_that_is_entered(toy: Toy) -> None:
    toy.start()

    assert toy.person.entered_states == [s.name for s in TOY.states[:7]]


def test_the_journal_tells_every_move(toy: Toy) -> None:
    toy.start()

    lines = [written.line for written in toy.store.journal(toy.stored.id)]
    assert [(line.kind, line.trigger) for line in lines] == [
        ("started", ""),
        ("moved", "agreed"),
        ("moved", "known"),
        ("moved", "recorded"),
        ("moved", "chosen"),
        ("moved", "made"),
        ("intent", ""),
        ("moved", "sent"),
    ]
    assert [line.state for line in lines if line.trigger] == [s.name for s in TOY.states[:6]]
    assert lines[-1].details == {"to": "waiting", "learned": ["request"]}


def test_a_resume_takes_it_to_the_end(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([DELIVERED])

    waiting.resume()
    report = waiting.resume()

    assert report.passed == ("proving", "done")
    assert waiting.stored.ended
    assert waiting.stored.turn is Turn.NOBODY
    assert (waiting.stored.wake_at, waiting.stored.expected_by) == (None, None)


def test_a_resume_of_what_has_ended_does_nothing(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([DELIVERED])
    waiting.resume()
    ended = waiting.resume().procedure

    report = waiting.resume()

    assert report.passed == ()
    assert report.procedure == ended == waiting.stored


def test_a_resume_of_an_unknown_procedure_says_so(toy: Toy) -> None:
    with pytest.raises(NoSuchProcedureError):
        toy.engine.resume(ProcedureId("nonesuch"), toy.sit())


def test_the_form_of_its_own_sitting_is_not_asked_in_the_sitting_that_arrives_there(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([DELIVERED])
    waiting.person.asked.clear()

    report = waiting.resume()

    assert report.procedure.state == "handing"
    assert waiting.person.asked == []


def test_one_worker_for_each_procedure(waiting: Toy) -> None:
    waiting.locks.held.add(waiting.stored.id)
    before = waiting.stored

    with pytest.raises(BusyError):
        waiting.resume()
    with pytest.raises(BusyError):
        waiting.engine.cancel(before.id, waiting.sit())

    assert waiting.stored == before


def test_the_lock_is_let_go_whatever_happens(toy: Toy) -> None:
    for order in (NO_ANSWER, Died("crash"), ValueError("a bug")):
        toy.steps["ask"] = Scripted([order])
        with pytest.raises(type(order)):
            toy.start()
        for procedure in toy.store.procedures():
            toy.store.forget(procedure.id)

        assert toy.locks.held == set()


# --- a start that comes to nothing ------------------------------------------------------------------------------------


def test_nothing_is_stored_before_a_person_is_known(toy: Toy) -> None:
    toy.steps["agree"] = Scripted([ConsentRefusedError()])

    with pytest.raises(ConsentRefusedError):
        toy.start()

    assert toy.store.procedures(ended=True) == []


def test_a_start_that_is_refused_before_it_is_worth_keeping_leaves_nothing(toy: Toy) -> None:
    toy.steps["ask"] = Scripted([TooEarlyError(replaceable_from="later", until="then")])

    with pytest.raises(TooEarlyError):
        toy.start()

    assert toy.store.procedures(ended=True) == []


def test_any_error_of_a_start_leaves_nothing_while_it_is_not_worth_keeping(toy: Toy) -> None:
    toy.steps["ask"] = Scripted([NO_ANSWER])

    with pytest.raises(EhealthNoAnswerError):
        toy.start()

    assert toy.store.procedures(ended=True) == []


def test_a_start_that_fails_later_is_kept(toy: Toy) -> None:
    toy.steps["make"] = Scripted([KeystorePasswordError(path="new.p12")])

    with pytest.raises(KeystorePasswordError):
        toy.start()

    assert toy.stored.state == "making"
    assert toy.stored.trouble is not None


def test_a_resume_that_finds_out_that_it_is_pointless_forgets_the_procedure(toy: Toy) -> None:
    toy.steps["ask"] = Scripted([Died("crash"), CertificateExpiredError(until="then")])
    with pytest.raises(Died):
        toy.start()
    assert toy.stored.state == "asking"

    with pytest.raises(CertificateExpiredError):
        toy.resume()

    assert toy.store.procedures(ended=True) == []


def test_a_resume_that_fails_otherwise_keeps_the_procedure(toy: Toy) -> None:
    toy.steps["ask"] = Scripted([Died("crash"), NO_ANSWER])
    with pytest.raises(Died):
        toy.start()

    with pytest.raises(EhealthNoAnswerError):
        toy.resume()

    assert toy.stored.state == "asking"


def test_a_pointless_procedure_that_has_sent_something_is_never_forgotten(in_doubt: Toy) -> None:
    in_doubt.change.finding = Scripted([TooEarlyError(replaceable_from="later", until="then")])

    with pytest.raises(TooEarlyError):
        in_doubt.resume()

    assert in_doubt.stored.facts["intent"]


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_a_look_in_vain_says_when_to_look_again(waiting: Toy) -> None:
    report = waiting.resume()

    assert report.passed == ()
    assert waiting.stored.state == "waiting"
    assert waiting.stored.looked_at == waiting.clock.now()
    assert waiting.stored.wake_at == waiting.clock.now() + timedelta(minutes=1)
    assert waiting.kinds[-1] == "looked"


def test_the_pauses_grow_as_the_definition_says(waiting: Toy) -> None:
    waiting.clock.move(HOUR)

    waiting.resume()

    assert waiting.stored.wake_at == waiting.clock.now() + HOUR
    assert waiting.stored.expected_by == START + timedelta(days=2)


def test_who_looked_just_now_does_not_look_again(waiting: Toy) -> None:
    waiting.resume()
    looks = len(waiting.steps["look"].works)

    waiting.clock.move(seconds=9)
    report = waiting.resume()

    assert len(waiting.steps["look"].works) == looks
    assert report.passed == ()


def test_after_ten_seconds_it_looks_again(waiting: Toy) -> None:
    waiting.resume()
    looks = len(waiting.steps["look"].works)

    waiting.clock.move(seconds=10)
    waiting.resume()

    assert len(waiting.steps["look"].works) == looks + 1


def test_a_clock_that_was_put_back_does_not_stop_the_looking(waiting: Toy) -> None:
    waiting.resume()
    looks = len(waiting.steps["look"].works)

    waiting.clock.move(hours=-1)
    waiting.resume()

    assert len(waiting.steps["look"].works) == looks + 1


def test_a_look_that_failed_counts_as_a_look(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([NO_ANSWER, Outcome(STAY)])
    with pytest.raises(EhealthNoAnswerError):
        waiting.resume()

    waiting.resume()

    assert len(waiting.steps["look"].works) == 1


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_a_secret_is_asked_once_in_a_sitting(toy: Toy) -> None:
    toy.steps["make"] = Scripted([_secret(NEW_KEYSTORE_PASSWORD, "made", {"key": {}}, times=3)])
    toy.start()

    assert toy.person.asked.count(f"secret {NEW_KEYSTORE_PASSWORD}") == 0, "the form gave it"
    assert toy.person.asked == ["form consent", "form password"]


def test_a_secret_is_asked_again_in_the_next_sitting(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([DELIVERED])
    waiting.steps["prove"] = Scripted([_secret(NEW_KEYSTORE_PASSWORD, "proved", {"proof": {}}, times=2)])
    waiting.resume()
    waiting.person.asked.clear()

    waiting.resume()

    assert waiting.person.asked == ["form handover", f"secret {NEW_KEYSTORE_PASSWORD}"]


def test_a_wrong_secret_is_dropped_and_asked_again(toy: Toy) -> None:
    def wrong_once(work: Any) -> Outcome:
        if work.secret(PIN, "card") == "0000":
            work.wrong_secret(PIN)
            raise WrongPinError(attempts_left=2)
        return SENT

    toy.person.secrets[PIN] = ["0000", "1234"]
    toy.change.sending = Scripted([wrong_once])
    toy.change.prepare = Scripted([wrong_once])
    with pytest.raises(WrongPinError):
        toy.start()

    toy.engine.resume(toy.stored.id, toy.sitting)

    assert toy.person.asked.count("secret pin") == 2
    assert toy.stored.state == "waiting"


def test_secrets_are_dropped_after_the_last_step_that_needs_them(toy: Toy) -> None:
    toy.steps["know"] = Scripted([Outcome("known", {"holder": HOLDER})])
    toy.change.prepare = Scripted([lambda work: (work.secret(PIN, "card"), Prepared({}, b""))[1]])
    toy.start()
    toy.person.asked.clear()

    toy.sitting.secret((PIN,), PIN, "")
    toy.sitting.secret((NEW_KEYSTORE_PASSWORD,), NEW_KEYSTORE_PASSWORD, "")

    assert toy.person.asked == ["secret pin", f"secret {NEW_KEYSTORE_PASSWORD}"], "both were forgotten at the wait"


def test_a_secret_is_kept_while_a_later_step_of_the_sitting_needs_it(toy: Toy) -> None:
    toy.change.prepare = Scripted([Died("crash")])
    with pytest.raises(Died):
        toy.start()
    toy.person.asked.clear()

    toy.sitting.secret((NEW_KEYSTORE_PASSWORD,), NEW_KEYSTORE_PASSWORD, "")

    assert toy.person.asked == [f"secret {NEW_KEYSTORE_PASSWORD}"], "no state after 'making' needs it in this sitting"


def test_a_secret_that_the_state_does_not_declare_is_refused(toy: Toy) -> None:
    toy.steps["make"] = Scripted([_secret(PIN, "made", {"key": {}})])

    with pytest.raises(DefinitionError, match="'pin' is not declared"):
        toy.start()

    assert "secret pin" not in toy.person.asked


def test_no_secret_is_among_the_answers_the_facts_or_the_journal(toy: Toy) -> None:
    toy.start()

    assert toy.steps["choose"].works[-1].answers == {}
    stored = f"{toy.stored} {toy.store.journal(toy.stored.id)}"
    assert "new-password" not in stored
    assert "1234" not in stored.replace("2031-05-01T00:00:00", "")


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_an_error_is_noted_and_the_state_kept(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([NO_ANSWER])

    with pytest.raises(EhealthNoAnswerError):
        waiting.resume()

    trouble = waiting.stored.trouble
    assert trouble is not None
    assert (trouble.code, trouble.at, trouble.attempts) == ("ehealth_no_answer", waiting.clock.now(), 1)
    assert waiting.stored.state == "waiting"
    assert waiting.kinds[-1] == "trouble"


def test_the_pauses_after_the_same_error_double_up_to_an_hour(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([NO_ANSWER])
    pauses = []
    for _ in range(8):
        waiting.clock.move(hours=2)
        with pytest.raises(EhealthNoAnswerError):
            waiting.resume()
        pauses.append((waiting.stored.wake_at or START) - waiting.clock.now())

    assert [pause.total_seconds() / 60 for pause in pauses] == [2, 4, 8, 16, 32, 60, 60, 60]
    assert waiting.stored.trouble is not None
    assert waiting.stored.trouble.attempts == 8


def test_another_error_counts_from_one_again(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([NO_ANSWER, UNREACHABLE])
    for expected in (EhealthNoAnswerError, EhealthUnreachableError):
        waiting.clock.move(hours=1)
        with pytest.raises(expected):
            waiting.resume()

    assert waiting.stored.trouble is not None
    assert waiting.stored.trouble.attempts == 1


def test_what_only_a_person_can_solve_is_not_tried_again_by_itself(toy: Toy) -> None:
    toy.steps["make"] = Scripted([KeystorePasswordError(path="new.p12")])

    with pytest.raises(KeystorePasswordError):
        toy.start()

    assert toy.stored.wake_at is None


def test_trouble_is_over_when_a_look_succeeds(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([NO_ANSWER, Outcome(STAY)])
    with pytest.raises(EhealthNoAnswerError):
        waiting.resume()
    waiting.clock.move(minutes=2)

    waiting.resume()

    assert waiting.stored.trouble is None


def test_trouble_is_over_when_the_procedure_moves(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([NO_ANSWER, DELIVERED])
    with pytest.raises(EhealthNoAnswerError):
        waiting.resume()
    waiting.clock.move(minutes=2)

    waiting.resume()

    assert waiting.stored.trouble is None
    assert waiting.stored.state == "handing"


def test_a_bug_is_no_trouble_and_leaves_the_procedure_as_it_was(waiting: Toy) -> None:
    before = waiting.stored
    waiting.steps["look"] = Scripted([ValueError("a bug")])

    with pytest.raises(ValueError, match="a bug"):
        waiting.resume()

    assert waiting.stored == before


def test_trouble_with_the_store_is_not_written_in_the_store(waiting: Toy) -> None:
    before = waiting.stored
    waiting.steps["look"] = Scripted([StoreUnusableError(path="store", reason="the disk is full")])

    with pytest.raises(StoreUnusableError):
        waiting.resume()

    assert waiting.stored == before


def test_the_same_question_is_asked_again_as_long_as_the_person_wants(toy: Toy) -> None:
    toy.steps["agree"] = Scripted([ConsentRefusedError(), ConsentRefusedError(), Outcome("agreed", {"consent": {}})])
    toy.person.patience = 2

    report = toy.start()

    assert report.procedure.state == "waiting"
    assert toy.person.asked.count("form consent") == 3


def test_a_step_without_a_form_is_never_repeated_in_the_same_sitting(toy: Toy) -> None:
    toy.steps["make"] = Scripted([KeystorePasswordError(path="new.p12")])
    toy.person.patience = 5

    with pytest.raises(KeystorePasswordError):
        toy.start()

    assert len(toy.steps["make"].works) == 1


def test_a_value_that_was_wrong_is_not_kept_in_the_journal(toy: Toy) -> None:
    from workflow.errors import MalformedPhoneError

    toy.steps["choose"] = Scripted([MalformedPhoneError(field="phone_private", value="not a phone")])

    with pytest.raises(MalformedPhoneError):
        toy.start()

    line = toy.store.journal(toy.stored.id)[-1].line
    assert line.details == {"code": "malformed_phone", "field": "phone_private"}


# --- changing something at eHealth ------------------------------------------------------------------------------------


def test_the_intent_is_durable_before_the_message_leaves(toy: Toy) -> None:
    toy.trail.die_at = "toy.sending.intent_written"

    with pytest.raises(Died):
        toy.start()

    assert toy.change.sent == []
    assert toy.stored.facts["intent"] == {
        "operation": "generateCertificate",
        "at": START.isoformat(),
        "sha256": "ab",
    }
    assert toy.kinds[-1] == "intent"


def test_the_intent_is_gone_when_the_answer_is_remembered(toy: Toy) -> None:
    toy.start()

    assert "intent" not in toy.stored.facts
    assert toy.stored.facts["request"] == {"at": "then"}


def test_what_needs_no_message_leaves_no_intent(toy: Toy) -> None:
    toy.change.prepare = Scripted([Outcome("refused")])

    toy.start()

    assert toy.stored.state == "refused"
    assert "intent" not in toy.kinds
    assert toy.change.sent == []


def test_without_an_answer_the_intent_stays(in_doubt: Toy) -> None:
    assert in_doubt.stored.facts["intent"]
    assert in_doubt.stored.state == "sending"
    assert in_doubt.stored.trouble is not None


def test_a_doubt_is_settled_by_asking_before_anything_is_sent(in_doubt: Toy) -> None:
    in_doubt.change.finding = Scripted([Outcome("sent", {"request": {"found_by_asking": True}})])

    report = in_doubt.resume()

    assert report.procedure.state == "waiting"
    assert in_doubt.change.sent == [b"message"]
    assert "arrived" in in_doubt.kinds
    assert "intent" not in in_doubt.stored.facts


def test_what_did_not_arrive_is_prepared_and_sent_anew(in_doubt: Toy) -> None:
    in_doubt.change.finding = Scripted([NotArrived()])

    report = in_doubt.resume()

    assert report.procedure.state == "waiting"
    assert len(in_doubt.change.sent) == 2
    assert in_doubt.kinds[-4:] == ["trouble", "not_arrived", "intent", "moved"]


def test_a_doubt_that_cannot_be_settled_yet_stays(in_doubt: Toy) -> None:
    later = START + timedelta(minutes=5)
    in_doubt.change.finding = Scripted([InDoubt(later, needs_card=True)])

    with pytest.raises(StillInDoubtError) as raised:
        in_doubt.resume()

    assert raised.value.details["needs_card"] is True
    assert in_doubt.stored.wake_at == later
    assert in_doubt.stored.facts["intent"]
    assert in_doubt.change.sent == [b"message"]


def test_a_question_that_gets_no_answer_keeps_the_doubt(in_doubt: Toy) -> None:
    in_doubt.change.finding = Scripted([NO_ANSWER])

    with pytest.raises(EhealthNoAnswerError):
        in_doubt.resume()

    assert in_doubt.stored.facts["intent"]
    assert in_doubt.change.sent == [b"message"]


@pytest.mark.parametrize(
    ("error", "kind"), [(UNREACHABLE, "not_arrived"), (REFUSED, "refused")], ids=["unreachable", "refused"]
)
def test_what_surely_changed_nothing_closes_the_intent(toy: Toy, error: Exception, kind: str) -> None:
    toy.change.sending = Scripted([error])

    with pytest.raises(type(error)):
        toy.start()

    assert "intent" not in toy.stored.facts
    assert toy.kinds[-2:] == [kind, "trouble"]
    assert toy.stored.state == "sending"


@pytest.mark.parametrize("where", ["sending.intent_written", "sending.answered", "waiting.before_moved"])
def test_after_a_crash_around_a_message_eHealth_is_asked_first(toy: Toy, where: str) -> None:
    toy.trail.die_at = f"toy.{where}"
    with pytest.raises(Died):
        toy.start()
    sent = len(toy.change.sent)

    toy.change.finding = Scripted([Outcome("sent", {"request": {}})])
    toy.resume()

    assert len(toy.change.sent) == sent
    assert toy.stored.state == "waiting"


def test_the_boundaries_of_a_change_come_in_order(toy: Toy) -> None:
    toy.start()

    assert toy.trail.boundaries[-7:] == [
        "toy.sending.before",
        "toy.sending.before_intent",
        "toy.sending.after_intent",
        "toy.sending.intent_written",
        "toy.sending.answered",
        "toy.waiting.before_moved",
        "toy.waiting.after_moved",
    ]


# --- stored otherwise than the facts say ------------------------------------------------------------------------------


def test_where_the_stored_state_and_the_facts_differ_the_facts_win(waiting: Toy) -> None:
    waiting.store.save(replace(waiting.stored, state="making", turn=Turn.USER), [])

    report = waiting.resume()

    assert report.procedure.state == "waiting"
    assert report.procedure.turn is Turn.EHEALTH
    corrected = [w.line for w in waiting.store.journal(waiting.stored.id) if w.line.kind == "corrected"]
    assert [(line.state, line.details) for line in corrected] == [("waiting", {"stored": "making"})]


def test_a_look_brings_the_state_up_to_date_without_writing(waiting: Toy) -> None:
    altered = waiting.store.save(replace(waiting.stored, state="making"), [])

    assert waiting.engine.current(altered).state == "waiting"
    assert waiting.stored.state == "making"


def test_a_procedure_of_a_newer_program_is_refused_and_left_alone(waiting: Toy) -> None:
    newer = waiting.store.save(replace(waiting.stored, definition_version=2), [])

    with pytest.raises(ProcedureNewerError):
        waiting.resume()

    assert waiting.stored == newer


def test_a_procedure_of_an_unknown_definition_is_refused(waiting: Toy) -> None:
    waiting.definitions = {}

    with pytest.raises(ProcedureNewerError):
        waiting.resume()


def test_facts_that_contradict_the_trigger_are_never_stored(waiting: Toy) -> None:
    before = waiting.stored
    waiting.steps["look"] = Scripted([Outcome("delivered", {"something_else": {}})])

    with pytest.raises(DefinitionError, match="facts give 'waiting', the trigger 'handing'"):
        waiting.resume()

    assert (waiting.stored.state, waiting.stored.facts) == (before.state, before.facts)


def test_a_trigger_that_leads_nowhere_is_a_fault_of_ours(waiting: Toy) -> None:
    waiting.steps["look"] = Scripted([Outcome("proved", {"certificate": {}})])

    with pytest.raises(DefinitionError, match="no transition 'proved' from 'waiting'"):
        waiting.resume()


# --- back and cancel --------------------------------------------------------------------------------------------------


def test_back_asks_the_question_before_again(toy: Toy) -> None:
    toy.person.interrupts = {2: GoBack()}  # 1 consent, 2 password

    report = toy.start()

    assert toy.person.asked[:3] == ["form consent", "form password", "form consent"]
    assert report.procedure.state == "waiting"
    assert "back" in toy.kinds


def test_back_at_a_secret_clears_away_what_was_made(toy: Toy) -> None:
    toy.change.prepare = Scripted(
        [lambda work: (work.secret(PIN, "card"), Prepared({}, b""))[1]],
    )
    toy.person.interrupts = {3: GoBack()}  # 1 consent, 2 password, 3 PIN

    toy.start()

    made = toy.steps["make"].works
    assert len(made) == 3, "made, cleared away, made again"
    assert "key" in made[1], "what was cleared away is the fact of the first one"
    assert toy.person.asked[3] == "form password"


def test_back_where_there_is_no_way_back_asks_the_same_again(toy: Toy) -> None:
    toy.person.interrupts = {1: GoBack()}

    toy.start()

    assert toy.person.asked[:2] == ["form consent", "form consent"]


def test_who_cancels_before_a_person_is_known_leaves_nothing(toy: Toy) -> None:
    toy.person.interrupts = {1: Cancelled()}

    report = toy.start()

    assert report.procedure.state == "cancelled"
    assert report.procedure.ended
    assert toy.store.procedures(ended=True) == []


def test_who_cancels_at_a_question_ends_the_procedure(toy: Toy) -> None:
    toy.person.interrupts = {2: Cancelled()}

    report = toy.start()

    assert report.procedure.state == "cancelled"
    assert toy.stored.ended
    assert toy.stored.facts["end"] == {"state": "cancelled", "at": START.isoformat()}


def test_cancel_clears_away_the_key_that_was_made(toy: Toy) -> None:
    toy.change.prepare = Scripted([NO_ANSWER])
    with pytest.raises(EhealthNoAnswerError):
        toy.start()

    report = toy.engine.cancel(toy.stored.id, toy.sit())

    assert report.passed == ("cancelled",)
    assert len(toy.steps["make"].works) == 2
    assert toy.kinds[-1] == "ended"


def test_what_may_have_been_sent_cannot_be_cancelled(in_doubt: Toy) -> None:
    before = in_doubt.stored

    with pytest.raises(ActionNotPossibleError):
        in_doubt.engine.cancel(before.id, in_doubt.sit())

    assert in_doubt.stored == before
    assert len(in_doubt.steps["make"].works) == 1, "the key is kept"


def test_what_was_sent_cannot_be_cancelled(waiting: Toy) -> None:
    with pytest.raises(ActionNotPossibleError) as raised:
        waiting.engine.cancel(waiting.stored.id, waiting.sit())

    assert raised.value.details == {"action": "cancel", "state": "waiting", "id": waiting.stored.id}


def test_cancelling_at_a_question_in_doubt_is_refused_and_keeps_everything(in_doubt: Toy) -> None:
    def asks(work: Any) -> Outcome:
        work.secret(PIN, "card")
        return SENT

    in_doubt.change.finding = Scripted([asks])
    in_doubt.person.interrupts = {len(in_doubt.person.asked) + 1: Cancelled()}

    with pytest.raises(ActionNotPossibleError):
        in_doubt.resume()

    assert in_doubt.stored.facts["intent"]


def test_going_back_at_a_question_in_doubt_is_refused_and_keeps_everything(in_doubt: Toy) -> None:
    def asks(work: Any) -> Outcome:
        work.secret(PIN, "card")
        return SENT

    in_doubt.change.finding = Scripted([asks])
    in_doubt.person.interrupts = {len(in_doubt.person.asked) + 1: GoBack()}

    with pytest.raises(ActionNotPossibleError):
        in_doubt.resume()

    assert in_doubt.stored.facts["intent"]
    assert len(in_doubt.steps["make"].works) == 1


def _secret(name: str, trigger: str, learned: dict[str, Any], times: int = 1) -> Any:
    def asks(work: Any) -> Outcome:
        for _ in range(times):
            work.secret(name, "a file")
        return Outcome(trigger, learned)

    return asks
