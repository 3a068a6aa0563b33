"""`ehcert request`: a first certificate, from the conditions to the finished keystore, and every way it can end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from signal import SIGKILL

from adapters.sandbox.desk import DELIVERY_DELAY
from tests.journeys.practice import PIN, Ended, Practice
from tests.journeys.quick import GIVEN, NEW, Quick, is_whole
from tests.journeys.test_terminal import BACK, typing
from workflow.definition import Final
from workflow.definitions import DEFINITIONS

TWO_DAYS = timedelta(days=2)


def the_team(practice: Practice, decides: str, key: str) -> Ended:
    """The support team of the far side decides on a request."""
    real = Practice(practice.home, practice.far_side, practice.person)  # its database is also open here
    return real.ehcert("sandbox", decides, key, "--json", EHCERT_HOME=str(practice.far_side.home))


def test_from_the_conditions_to_the_finished_keystore(practice: Practice) -> None:
    Quick(practice.home, practice.far_side, practice.person).answer()
    practice.issue_card()
    before = len(practice.far_side.accepted())

    begun = practice.ehcert("request", "--answers", "answers.yaml", "--json", secrets=GIVEN)
    waiting = practice.keystores()
    looked = practice.resume()
    practice.far_side.move(TWO_DAYS)
    ended = practice.resume()

    assert begun.code == 0, begun.err
    assert (begun.body["schema"], begun.body["procedure"]["definition"]) == ("ehcert.request/1", "request")
    assert begun.body["procedure"]["state"] == "awaiting_delivery"
    [unfinished] = waiting
    assert re.fullmatch(rf"pending/SSIN={practice.person.ssin} [0-9]{{8}}-[0-9]{{6}}\.sandbox\.p12", unfinished)
    assert (looked.code, looked.body["passed"]) == (0, [])
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert ended.body["passed"] == ["installing", "starting_etk", "completing_etk", "proving", "done"]
    [finished] = practice.keystores()
    assert finished == unfinished.removeprefix("pending/")
    assert is_whole(practice.keystore_folder / finished)
    assert practice.far_side.operations_since(before) == NEW
    assert practice.leaks([text for one in (begun, looked, ended) for text in (one.out, one.err)], GIVEN) == []


def test_it_goes_on_in_a_new_process_after_every_state(quick: Quick) -> None:
    before = len(quick.far_side.accepted())
    way = [state.name for state in DEFINITIONS["request"].states if not isinstance(state, Final) and not state.only_if]
    for state in way:
        ended = (quick.go_on if quick.stored() else quick.request)(EHCERT_HIT_AT=f"request.{state}.before")
        if ended.code == 0:  # it came to where it waits, and rests there
            assert quick.states() == [state]
            quick.far_side.move(TWO_DAYS)
            ended = quick.go_on(EHCERT_HIT_AT=f"request.{state}.before")
        assert ended.code == -SIGKILL, f"{state}: {ended.out} {ended.err}"

    last = quick.go_on()

    assert (last.code, last.body["procedure"]["state"]) == (0, "done")
    assert quick.far_side.operations_since(before) == NEW
    [file] = quick.keystores()
    assert is_whole(quick.keystore_folder / file)


def test_what_a_person_at_ehealth_approves_is_delivered(quick: Quick) -> None:
    quick.far_side.sandbox.know(replace(quick.person, automatic=False))
    begun = quick.request()
    key = begun.body["procedure"]["public_key_identifier"]
    quick.far_side.move(TWO_DAYS)
    looked = quick.go_on()

    approved = the_team(quick, "approve", key)
    quick.far_side.move(DELIVERY_DELAY)
    ended = quick.go_on()

    assert begun.body["procedure"]["state"] == looked.body["procedure"]["state"] == "awaiting_validation"
    assert "a person at eHealth checks your rights" in begun.body["procedure"]["says"]
    assert "Do not request again" in begun.body["procedure"]["todo"]
    assert (approved.code, approved.body["public_key_identifier"]) == (0, key)
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")


def test_what_a_person_at_ehealth_refuses_ends_and_says_whom_to_call(quick: Quick) -> None:
    quick.far_side.sandbox.know(replace(quick.person, automatic=False))
    key = quick.request().body["procedure"]["public_key_identifier"]
    refused = the_team(quick, "refuse", key)

    ended = quick.ehcert("resume", secrets=GIVEN)
    shown = quick.ehcert("show", quick.stored()[0][0], "--json")
    again = quick.request()

    assert refused.code == 0
    assert ended.code == 7
    told = " ".join(ended.out.split())
    assert "eHealth refused the request." in told
    assert "02 788 51 55" in told
    assert "SIM_REQUEST_REFUSED" in told
    assert shown.body["procedure"]["state"] == "refused"
    assert again.body["procedure"]["state"] == "awaiting_validation", "a refused request is not under way any more"


def test_who_is_no_care_provider_waits_for_a_person_at_ehealth(quick: Quick) -> None:
    quick.far_side.sandbox.know(replace(quick.person, care_provider=False))

    begun = quick.request()

    assert (begun.code, begun.body["procedure"]["state"]) == (0, "awaiting_validation")


def test_a_request_under_way_is_not_doubled(open_quick: Callable[[], Quick]) -> None:
    quick, other = open_quick(), open_quick()
    quick.request()
    other.person = quick.person
    for card in (other.sandbox_folder / "cards").iterdir():
        other.change_card(card, inserted=False)
    other.issue_card()
    before, others = quick.everything(), other.everything()

    here, elsewhere = quick.request(), other.request()

    for told in (here, elsewhere):
        assert (told.code, told.error["code"]) == (2, "request_under_way")
        assert "do not request again" in told.error["hint"]
        assert told.error["next"] == ["ehcert status", "ehcert adopt FILE"]
    assert (quick.everything(), other.everything()) == (before, others)


def test_a_request_that_was_not_sent_yet_is_gone_on_with(quick: Quick) -> None:
    quick.answer(approval={"approve": False})
    begun = quick.request()
    identifier = quick.stored()[0][0]
    before = quick.everything()

    again = quick.request()

    assert (begun.code, begun.error["code"]) == (1, "contract_not_approved")
    assert (again.code, again.error["code"]) == (2, "procedure_under_way")
    assert again.error["next"] == [f"ehcert resume {identifier}"]
    assert quick.everything() == before


def test_a_valid_certificate_outside_its_window_says_from_when_it_can_be_renewed(quick: Quick) -> None:
    quick.enrol(timedelta(days=300))
    before = quick.everything()

    told = quick.request()

    assert (told.code, told.error["code"]) == (8, "certificate_still_valid")
    assert re.search(r"until .*20[0-9]{2}.* renewed from .*20[0-9]{2}", told.error["message"])
    assert told.error["next"] == ["ehcert revoke"]
    assert quick.everything() == before


def test_a_valid_certificate_inside_its_window_is_renewed_instead(quick: Quick) -> None:
    quick.enrol(timedelta(days=60))
    before = quick.everything()

    told = quick.request()

    assert (told.code, told.error["code"]) == (2, "renew_instead")
    assert told.error["next"] == ["ehcert renew", "ehcert renew --without-old-keystore"]
    assert quick.everything() == before


def test_after_the_end_of_a_certificate_another_is_requested_and_the_old_file_stays(quick: Quick) -> None:
    quick.put_keystore(quick.enrol(timedelta(days=-10)))
    files = quick.keystores()
    quick.request()
    quick.far_side.move(TWO_DAYS)

    ended = quick.go_on()

    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert files.items() <= quick.keystores().items()


def test_before_it_is_sent_it_can_be_cancelled_and_afterwards_abandoned(quick: Quick) -> None:
    quick.answer(approval={"approve": False})
    quick.request()
    first = quick.stored()[0][0]
    too_soon = quick.ehcert("abandon", first, "--reason", "by mistake", "--json")
    cancelled = quick.ehcert("cancel", first, "--json")
    quick.answer(approval={"approve": True})
    second = quick.request().body["procedure"]["id"]

    too_late = quick.ehcert("cancel", second, "--json")
    without = quick.ehcert("abandon", second, "--json")
    abandoned = quick.ehcert("abandon", second, "--reason", "retired", "--json")

    assert (too_soon.code, too_soon.error["code"]) == (2, "action_not_possible")
    assert (cancelled.code, cancelled.body["procedure"]["state"]) == (0, "cancelled")
    assert (too_late.code, too_late.error["code"]) == (2, "action_not_possible")
    assert (without.code, without.error["code"]) == (2, "reason_missing")
    assert (abandoned.code, abandoned.body["procedure"]["state"]) == (0, "abandoned")
    assert "stays there" in abandoned.body["procedure"]["todo"]
    assert len(quick.keystores()) == 1, "the key of what was sent is kept"


def test_a_wrong_pin_sends_nothing_and_tells_the_tries(quick: Quick) -> None:
    before = quick.everything()

    told = quick.ehcert("request", "--answers", "answers.yaml", "--json", secrets={**GIVEN, "pin": "000000"})

    assert (told.code, told.error["code"]) == (4, "pin_wrong")
    assert "2" in told.error["message"]
    assert quick.everything() == before


def test_at_a_terminal_with_back_and_a_warning_for_a_stranger(quick: Quick) -> None:
    quick.far_side.sandbox.know(replace(quick.person, care_provider=False))
    before = len(quick.far_side.accepted())

    with typing(quick, "en", "request") as person:
        person.answers("Do you agree with these conditions?", "yes")
        person.answers("Which card?")
        person.sees("to sign in")
        person.types(PIN)
        person.sees("1. for myself: a personal certificate")
        person.sees("2. for an organisation that is not in this list")
        person.answers("For whom is the certificate?", "")
        person.answers("For whom is the certificate?", "2")
        person.answers("Kind of number", BACK)
        person.answers("For whom is the certificate?", "1")
        person.sees("eHealth does not know you as a care provider")
        person.answers("Private e-mail address", BACK)
        person.answers("For whom is the certificate?", "1")
        person.answers("Private e-mail address", "exemple@example.org")
        person.answers("Private phone number", "+32 470 00 00 00")
        person.answers("General e-mail address")
        person.answers("General phone number")
        person.sees("exemple@example.org")
        person.answers("Do you approve the contract?", BACK)
        person.answers("Private e-mail address", "zoe@example.org")
        for question in ("Private phone number", "General e-mail address", "General phone number"):
            person.answers(question)
        person.sees("zoe@example.org")
        person.answers("Do you approve the contract?", "yes")
        person.answers("New password", GIVEN["new_keystore_password"])
        person.answers("The same password again", GIVEN["new_keystore_password"])
        person.sees("to sign the request")
        person.types(PIN)
        person.sees("a person at eHealth checks your rights")
        person.ends(0)

    assert quick.states() == ["awaiting_validation"]
    assert quick.far_side.operations_since(before) == ["generateCertificate"]
