"""`ehcert renew --without-old-keystore`: the old file is gone, the card renews all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.journeys.practice import NEW_PASSWORD, PIN, Practice

SECRETS = {"new_keystore_password": NEW_PASSWORD, "pin": PIN}


def without(practice: Practice, *arguments: str):
    return practice.ehcert("renew", "--without-old-keystore", "--answers", "answers.yaml", *arguments, secrets=SECRETS)


def test_without_the_old_file_it_is_renewed_to_the_end(practice: Practice) -> None:
    practice.issue_card()
    practice.enrol()
    begun = without(practice, "--json")
    practice.far_side.move(timedelta(days=2))

    ended = practice.resume()

    assert begun.code == 0, begun.err
    procedure = begun.body["procedure"]
    assert (begun.body["schema"], procedure["definition"]) == ("ehcert.renew/1", "renew_without_keystore")
    assert procedure["state"] == "awaiting_delivery"
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert practice.leaks([begun.out, begun.err, ended.out, ended.err], SECRETS) == []


def test_people_are_told_before_that_it_may_be_refused(practice: Practice) -> None:
    practice.issue_card()
    practice.enrol()

    begun = without(practice)

    assert begun.code == 0
    first, *_ = begun.err.splitlines()
    assert first == "ehcert: eHealth may refuse a renewal without the old keystore; nothing is lost by trying"


def test_who_has_no_certificate_is_sent_to_the_request(practice: Practice) -> None:
    practice.issue_card()

    ended = without(practice, "--json")

    assert (ended.code, ended.error["code"], ended.error["next"]) == (3, "nothing_to_renew", ["ehcert request"])
    assert practice.stored() == []


def test_a_forgotten_password_leads_there(practice: Practice) -> None:
    practice.furnish()

    ended = practice.renew("--json", secrets={"keystore_password": "forgotten"})

    assert (ended.code, ended.error["code"]) == (5, "old_keystore_password_wrong")
    assert "ehcert renew --without-old-keystore" in ended.error["next"]


def test_too_early_says_from_when(open_practice: Callable[[], Practice]) -> None:
    practice = open_practice()
    practice.issue_card()
    practice.enrol(timedelta(days=300))

    ended = without(practice, "--json")

    assert (ended.code, ended.error["code"]) == (8, "too_early")
    assert practice.stored() == []
