"""A timer looks while nobody is there: what was delivered meanwhile is found, and told once."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from tests.journeys.practice import NEW_PASSWORD, SECRETS, Practice

TELL = """
import json, os, sys
told = {name: value for name, value in os.environ.items() if name.startswith("EHCERT_")}
with open(sys.argv[1], "a") as file:
    file.write(json.dumps(told) + chr(10))
"""


def polled(practice: Practice) -> tuple[int, list[str], list[str]]:
    """One pass: its exit code, the states that were come to, and the notifications so far."""
    command = json.dumps([sys.executable, "-c", TELL, str(practice.home / "told")])
    told = practice.ehcert("poll", "--json", EHCERT_NOTIFY=command, EHCERT_SECRET_PIN=SECRETS["pin"])
    return told.code, [one["to"] for one in told.body["changed"]], [one["event"] for one in told.body["notified"]]


def test_a_delivery_is_found_without_card_and_password_and_told_once(practice: Practice) -> None:
    practice.furnish(with_etk=True)
    identifier = practice.renew("--json").body["procedure"]["id"]
    accepted = practice.far_side.accepted()

    too_early = polled(practice)
    practice.far_side.move(timedelta(days=2))
    for card in (practice.sandbox_folder / "cards").iterdir():
        practice.change_card(card, inserted=False)
    found, again = polled(practice), polled(practice)

    assert too_early == (0, [], [])
    assert found == (0, ["installing"], ["changed"])
    assert again == (0, [], [])
    assert practice.far_side.accepted() == accepted
    [told] = [json.loads(line) for line in (practice.home / "told").read_text().splitlines()]
    assert told["EHCERT_NOTICE_ABOUT"] == identifier
    assert told["EHCERT_NOTICE_COMMAND"] == f"ehcert resume {identifier}"
    assert told["EHCERT_HOME"] == str(practice.home)
    assert not [name for name in told if name.startswith("EHCERT_SECRET")]
    assert practice.leaks([json.dumps(told)], SECRETS) == []

    handover = practice.resume(password=NEW_PASSWORD)
    practice.far_side.move(timedelta(days=2))
    forgotten, silent = polled(practice), polled(practice)
    due = practice.ehcert("due", "--json").body["due"]

    assert handover.body["procedure"]["state"] == "awaiting_handover"
    assert (forgotten, silent) == ((0, [], ["forgotten"]), (0, [], []))
    assert (due[0]["kind"], due[0]["procedure"]) == ("activation", identifier)
