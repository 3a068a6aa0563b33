"""`ehcert revoke`: a certificate is revoked for good, and its successor requested in the same procedure."""

from __future__ import annotations

from datetime import timedelta
from signal import SIGKILL

import pytest

from tests.journeys.practice import PIN, Practice
from tests.journeys.quick import GIVEN, NEW, Quick, is_whole, key_of
from tests.journeys.test_terminal import BACK, typing
from workflow.definition import Final
from workflow.definitions import DEFINITIONS

TWO_DAYS = timedelta(days=2)
A_YEAR = timedelta(days=300)


def in_use(quick: Quick, valid_for: timedelta = A_YEAR) -> str:
    """A certificate in use whose file is there; the answers choose it. Returns its key."""
    content = quick.enrol(valid_for)
    quick.put_keystore(content)
    key = key_of(content)
    quick.answer(certificate={"certificate": key})
    return key


@pytest.fixture
def user(quick: Quick) -> Quick:
    """A practice with a certificate in use, outside its window."""
    in_use(quick)
    return quick


def revoked(practice: Practice) -> list[str]:
    """The certificates of this person that eHealth counts as revoked."""
    certificates = practice.far_side.sandbox.authority.desk.certificates
    return [record.key for record in certificates.of_actor("SSIN", practice.person.ssin) if record.revoked_at]


def test_a_certificate_is_revoked_and_a_new_one_requested_to_the_end(practice: Practice) -> None:
    quick = Quick(practice.home, practice.far_side, practice.person)
    quick.issue_card()
    key = in_use(quick)
    files, before = practice.keystores(), len(practice.far_side.accepted())

    begun = practice.ehcert("revoke", "--answers", "answers.yaml", "--json", secrets=GIVEN)
    practice.far_side.move(TWO_DAYS)
    ended = practice.resume()

    assert begun.code == 0, begun.err
    assert (begun.body["schema"], begun.body["procedure"]["definition"]) == ("ehcert.revoke/1", "revoke")
    assert begun.body["procedure"]["state"] == "awaiting_delivery"
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert ended.body["passed"] == ["installing", "starting_etk", "completing_etk", "proving", "done"]
    assert "nothing is to be activated" in ended.body["procedure"]["todo"]
    assert practice.far_side.operations_since(before) == ["revoke", *NEW]
    assert revoked(practice) == [key]
    assert files.items() < practice.keystores().items(), "the keystore in use is as it was"
    [new] = practice.keystores().keys() - files.keys()
    assert is_whole(practice.keystore_folder / new)
    assert practice.leaks([text for one in (begun, ended) for text in (one.out, one.err)], GIVEN) == []


def test_it_goes_on_in_a_new_process_after_every_state(user: Quick) -> None:
    """Also between the revocation and the request: that is awaiting_contact."""
    files, before = user.keystores(), len(user.far_side.accepted())
    way = [state.name for state in DEFINITIONS["revoke"].states if not isinstance(state, Final) and not state.only_if]
    for state in way:
        ended = (user.go_on if user.stored() else user.revocation)(EHCERT_HIT_AT=f"revoke.{state}.before")
        if ended.code == 0:  # it came to where it waits, and rests there
            assert user.states() == [state]
            user.far_side.move(TWO_DAYS)
            ended = user.go_on(EHCERT_HIT_AT=f"revoke.{state}.before")
        assert ended.code == -SIGKILL, f"{state}: {ended.out} {ended.err}"
        if state == "awaiting_contact":
            assert user.far_side.operations_since(before) == ["revoke"]

    last = user.go_on()

    assert (last.code, last.body["procedure"]["state"]) == (0, "done")
    assert user.far_side.operations_since(before) == ["revoke", *NEW]
    assert files.items() < user.keystores().items()
    [new] = user.keystores().keys() - files.keys()
    assert is_whole(user.keystore_folder / new)


@pytest.mark.parametrize("moment", ["revoking.intent_written", "revoking.answered"])
def test_killed_while_the_revocation_is_sent_it_is_not_sent_twice(user: Quick, moment: str) -> None:
    before = len(user.far_side.accepted())
    killed = user.revocation(EHCERT_HIT_AT=f"revoke.{moment}")
    doubtful = user.ehcert("status", "--json").body["procedures"][0]["in_doubt"]
    user.far_side.move(timedelta(minutes=6))

    ended = user.go_on()

    assert (killed.code, doubtful) == (-SIGKILL, True)
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "awaiting_delivery")
    assert user.far_side.operations_since(before) == ["revoke", "generateCertificate"]


def test_without_the_card_a_doubt_about_the_revocation_stays_open(user: Quick) -> None:
    user.revocation(EHCERT_HIT_AT="revoke.revoking.answered")
    [card] = (user.sandbox_folder / "cards").iterdir()
    user.change_card(card, inserted=False)
    user.far_side.move(timedelta(minutes=6))

    told = user.go_on()
    user.change_card(card, inserted=True)
    ended = user.go_on()

    assert (told.code, told.error["code"]) == (6, "in_doubt")
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "awaiting_delivery")


@pytest.mark.parametrize(
    ("arguments", "reason"), [(["--only"], {}), (["--only"], {"only": False}), ([], {"only": True})]
)
def test_with_only_it_ends_after_the_revocation(user: Quick, arguments: list[str], reason: dict[str, bool]) -> None:
    user.answer(reason={"reason": "file_lost", **reason})
    files, before = user.keystores(), len(user.far_side.accepted())

    ended = user.revocation(*arguments)

    assert (ended.code, ended.body["procedure"]["state"]) == (0, "revoked")
    assert "no new one was requested" in ended.body["procedure"]["says"]
    assert user.far_side.operations_since(before) == ["revoke"]
    assert user.keystores() == files


@pytest.mark.parametrize(("words", "state"), [("stolen", "awaiting_delivery"), ("stopped", "revoked")])
def test_who_stopped_working_gets_no_new_certificate(user: Quick, words: str, state: str) -> None:
    user.answer(reason={"reason": words})

    ended = user.revocation()

    assert (ended.code, ended.body["procedure"]["state"]) == (0, state)
    assert len(revoked(user)) == 1


def test_after_a_revocation_alone_a_new_certificate_can_be_requested_later(user: Quick) -> None:
    user.revocation("--only")

    ended = user.request()

    assert (ended.code, ended.body["procedure"]["state"]) == (0, "awaiting_delivery")


def test_who_has_nothing_to_revoke_is_told(quick: Quick) -> None:
    quick.answer(certificate={"certificate": "00" * 20})
    before = quick.everything()

    told = quick.revocation()

    assert (told.code, told.error["code"]) == (2, "nothing_to_revoke")
    assert told.error["next"] == ["ehcert request"]
    assert quick.everything() == before


def test_what_is_revoked_cannot_be_revoked_again(user: Quick) -> None:
    user.revocation("--only")
    before = user.everything()

    told = user.revocation("--only")

    assert (told.code, told.error["code"]) == (2, "nothing_to_revoke")
    assert "one that is revoked or ended needs no revocation" in told.error["hint"]
    assert user.everything() == before


@pytest.mark.parametrize("typed", ["", "yes", "oui"])
def test_without_the_typed_word_nothing_is_sent(user: Quick, typed: str) -> None:
    user.answer(revocation={"confirmation": typed})
    before = user.far_side.accepted()

    told = user.revocation()

    assert (told.code, told.error["code"]) == (2, "revocation_not_confirmed")
    assert user.states() == ["awaiting_revocation_approval"]
    assert user.far_side.accepted() == before
    assert revoked(user) == []


@pytest.mark.parametrize(
    ("form", "answers", "code"),
    [
        ("certificate", {}, "answer_missing"),
        ("certificate", {"certificate": ""}, "bad_value"),
        ("certificate", {"certificate": "00" * 20}, "bad_value"),
        ("reason", {}, "answer_missing"),
        ("reason", {"reason": "superseded"}, "bad_value"),
        ("revocation", {}, "answer_missing"),
    ],
)
def test_no_certificate_and_no_reason_is_ever_chosen_by_itself(
    user: Quick, form: str, answers: dict[str, str], code: str
) -> None:
    user.answer(**{form: answers})
    before = user.far_side.accepted()

    told = user.revocation()

    assert (told.code, told.error["code"]) == (2, code)
    assert user.far_side.accepted() == before


def test_a_wrong_pin_revokes_nothing(user: Quick) -> None:
    before = user.everything()

    told = user.ehcert("revoke", "--answers", "answers.yaml", "--json", secrets={**GIVEN, "pin": "000000"})

    assert (told.code, told.error["code"]) == (4, "pin_wrong")
    assert user.everything() == before


def test_before_the_revocation_it_can_be_cancelled_and_leaves_the_certificate(user: Quick) -> None:
    user.answer(revocation={"confirmation": "no"})
    user.revocation()
    identifier = user.stored()[0][0]
    too_soon = user.ehcert("abandon", identifier, "--reason", "by mistake", "--json")

    cancelled = user.ehcert("cancel", identifier, "--json")

    assert (too_soon.code, too_soon.error["code"]) == (2, "action_not_possible")
    assert (cancelled.code, cancelled.body["procedure"]["state"]) == (0, "cancelled")
    assert revoked(user) == []


def test_after_the_revocation_it_can_only_be_abandoned_and_a_request_begins_anew(user: Quick) -> None:
    user.answer(approval={"approve": False})
    user.revocation()
    identifier, state, *_rest = user.stored()[0]
    too_late = user.ehcert("cancel", identifier, "--json")
    without = user.ehcert("abandon", identifier, "--json")

    abandoned = user.ehcert("abandon", identifier, "--reason", "retired", "--json")
    user.answer(approval={"approve": True})
    requested = user.request()

    assert state == "awaiting_approval"
    assert (too_late.code, too_late.error["code"]) == (2, "action_not_possible")
    assert (without.code, without.error["code"]) == (2, "reason_missing")
    assert (abandoned.code, abandoned.body["procedure"]["state"]) == (0, "abandoned")
    assert "a revoked certificate stays revoked" in abandoned.body["procedure"]["todo"]
    assert len(revoked(user)) == 1
    assert (requested.code, requested.body["procedure"]["state"]) == (0, "awaiting_delivery")


def test_the_older_of_two_certificates_is_revoked_without_a_new_request(quick: Quick) -> None:
    in_use(quick, timedelta(days=60))
    older = quick.answered["certificate"]["certificate"]
    quick.enrol(timedelta(days=1000))
    before = len(quick.far_side.accepted())

    ended = quick.revocation()

    assert (ended.code, ended.body["procedure"]["state"]) == (0, "revoked")
    assert quick.far_side.operations_since(before) == ["revoke"]
    assert revoked(quick) == [older]


def test_after_the_newer_of_two_was_revoked_the_next_one_replaces_the_older(quick: Quick) -> None:
    older = quick.enrol(timedelta(days=60), with_etk=True)
    quick.put_keystore(older)
    newer = quick.enrol(timedelta(days=1000))
    quick.answer(certificate={"certificate": key_of(newer)}, handover={"loaded": True})
    before = len(quick.far_side.accepted())
    quick.revocation()
    quick.far_side.move(TWO_DAYS)
    waiting = quick.go_on()

    ended = quick.go_on()

    assert waiting.body["procedure"]["state"] == "awaiting_handover"
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert quick.far_side.operations_since(before) == ["revoke", *NEW, "activateETK"]


def test_at_a_terminal_the_choices_are_listed_and_none_is_preset(user: Quick) -> None:
    user.enrol(timedelta(days=30))
    before = len(user.far_side.accepted())
    chosen = user.answered["certificate"]["certificate"]

    with typing(user, "en", "revoke", "--only") as person:
        person.answers("Do you agree with these conditions?", "yes")
        person.answers("Which card?")
        person.sees("to sign in")
        person.types(PIN)
        person.sees("Compare the serial number and the dates")
        person.sees("1. ")
        person.sees("VALID_ACTIVE")
        person.sees("2. ")
        person.sees("VALID_ACTIVE")
        person.answers("Which certificate is to be revoked?", "")
        person.answers("Which certificate is to be revoked?", "3")
        person.sees("choose a number")
        person.answers("Which certificate is to be revoked?", number_of(user, chosen))
        person.sees("2. the file is lost")
        person.answers("Why is the certificate to be revoked?", "")
        person.answers("Why is the certificate to be revoked?", BACK)
        person.answers("Which certificate is to be revoked?", number_of(user, chosen))
        person.answers("Why is the certificate to be revoked?", "2")
        person.sees("This is final")
        person.sees("can only be opened with its file and password")
        person.answers("Type the word revoke to confirm", "yes")
        person.sees("without your typed confirmation nothing is revoked")
        person.answers("Type the word revoke to confirm", "revoke")
        person.sees("to sign the revocation")
        person.types(PIN)
        person.sees("The certificate is revoked, for good; no new one was requested.")
        screen = person.ends(0)

    assert revoked(user) == [chosen]
    assert user.far_side.operations_since(before) == ["revoke"]
    assert user.leaks([screen], GIVEN) == []


def number_of(user: Quick, key: str) -> str:
    """The place of a certificate in eHealth's list: the oldest request is the first."""
    certificates = user.far_side.sandbox.authority.desk.certificates
    keys = [record.key for record in certificates.of_actor("SSIN", user.person.ssin)]
    return str(keys.index(key) + 1)
