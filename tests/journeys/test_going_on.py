"""Going on with a procedure: which one, who else works on it, and what can be done with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta

import pexpect
import pytest

from tests.journeys.practice import ANSWERS, NEW_PASSWORD, SECRETS, Practice, fictive

Open = Callable[[], Practice]


def begun(practice: Practice) -> str:
    """A procedure that rests before the contract is approved; nothing was sent."""
    (practice.home / "answers.yaml").write_text(ANSWERS.replace("approve: true", "approve: false"))
    told = practice.renew("--json")
    assert (told.code, told.error["code"]) == (1, "contract_not_approved")
    return str(practice.stored()[-1][0])


@pytest.fixture
def waiting(practice: Practice) -> Practice:
    """A practice whose procedure stands at the contract."""
    practice.furnish()
    begun(practice)
    return practice


def test_an_id_that_there_is_not(practice: Practice) -> None:
    told = [practice.ehcert(command, "zzzzzzzz", "--json") for command in ("resume", "show", "cancel")]

    assert [(one.code, one.error["code"]) for one in told] == [(3, "no_such_procedure")] * 3
    assert practice.stored() == []


def test_nothing_to_resume(practice: Practice) -> None:
    told = practice.ehcert("resume", "--json")

    assert (told.code, told.error["code"]) == (3, "nothing_to_resume")


def test_with_several_open_one_must_be_named(waiting: Practice) -> None:
    other = fictive(9100)
    for card in (waiting.sandbox_folder / "cards").iterdir():
        waiting.change_card(card, inserted=False)
    waiting.issue_card(other)
    waiting.person = other
    waiting.put_keystore(waiting.enrol())
    begun(waiting)
    one, two = (identifier for identifier, *_rest in waiting.stored())

    told = waiting.ehcert("resume", "--json")
    listed = waiting.ehcert("status", "--json")

    assert (told.code, told.error["code"]) == (2, "which_procedure")
    assert one in told.error["message"]
    assert two in told.error["message"]
    assert {procedure["id"] for procedure in listed.body["procedures"]} == {one, two}


def test_a_second_request_of_the_same_person_is_refused(waiting: Practice) -> None:
    before = waiting.everything()

    told = waiting.renew("--json")

    assert (told.code, told.error["code"]) == (2, "procedure_under_way")
    assert told.error["next"] == [f"ehcert resume {before[0][0][0]}"]
    assert waiting.everything() == before


def test_a_beginning_of_an_id_is_enough_and_cancelling_leaves_nothing_behind(waiting: Practice) -> None:
    identifier = waiting.stored()[0][0]
    files = waiting.keystores()

    cancelled = waiting.ehcert("cancel", identifier[:5], "--json")
    again = waiting.ehcert("resume", identifier, "--json")

    assert (cancelled.code, cancelled.body["procedure"]["state"]) == (0, "cancelled")
    assert waiting.keystores() == files
    assert (again.code, again.error["code"]) == (2, "action_not_possible")


def test_another_ehcert_on_the_same_procedure_is_told_who_works_on_it(waiting: Practice) -> None:
    identifier = waiting.stored()[0][0]
    arguments = ["-m", "adapters.cli.app", "resume"]
    first = pexpect.spawn(
        sys.executable, arguments, env=waiting.variables(), cwd=str(waiting.home), encoding="utf-8", timeout=60
    )
    first.expect("Do you approve the contract")
    before = waiting.everything()

    second = waiting.ehcert("resume", identifier, "--json")

    assert (second.code, second.error["code"]) == (9, "busy")
    assert f"process {first.pid}" in second.error["message"]
    assert waiting.everything() == before
    first.sendintr()
    first.expect(pexpect.EOF)
    first.close()
    assert first.exitstatus == 130


def test_after_sending_there_is_no_cancelling(practice: Practice) -> None:
    practice.furnish()
    sent = practice.renew("--json", "--exit-code", "detailed")
    identifier = sent.body["procedure"]["id"]

    told = practice.ehcert("cancel", identifier, "--json")
    looked = practice.ehcert("resume", "--json", "--exit-code", "detailed")

    assert (sent.code, sent.body["procedure"]["state"]) == (11, "awaiting_delivery")
    assert (told.code, told.error["code"]) == (2, "action_not_possible")
    assert (looked.code, looked.body["passed"]) == (11, [])


def test_detailed_exit_codes_tell_successes_apart_and_nothing_leaks(practice: Practice) -> None:
    practice.furnish(with_etk=True)
    new = {"new_keystore_password": NEW_PASSWORD}

    told = [practice.renew("--exit-code", "detailed")]
    practice.far_side.move(timedelta(days=2))
    told.append(practice.ehcert("resume", "--exit-code", "detailed", secrets=new))
    told.append(practice.ehcert("status", "--json"))
    handover = ("--answers", "handover.yaml", "--exit-code", "detailed", "--json")
    told.append(practice.ehcert("resume", *handover, secrets=new))
    identifier = practice.stored()[0][0]
    told.append(practice.ehcert("show", identifier))
    told.append(practice.ehcert("show", identifier, "--json"))
    told.append(practice.ehcert("status", "--all"))

    assert [one.code for one in told] == [11, 12, 0, 10, 0, 0, 0], [one.err for one in told]
    assert practice.leaks([text for one in told for text in (one.out, one.err)], SECRETS) == []
