"""`ehcert request --foreigner`: a person without a Belgian card, from his BIS number to the finished keystore."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.journeys.practice import NEW_PASSWORD, Ended, Practice

SECRETS = {"new_keystore_password": NEW_PASSWORD}
ANSWERS = """\
consent:
  agree: true
person:
  bis: "{bis}"
  surname: Ausländer
  first_names: Anna
contact:
  email_private: anna@example.org
  phone_private: "+32 470 00 00 00"
overview:
  approve: true
"""


def bis_number(day: int) -> str:
    """The number of nobody: 999 is not given out."""
    born = date(1950, 1, 1) + timedelta(days=day)
    body = f"{born:%y}{born.month + 40}{born:%d}999"
    return f"{body}{97 - int(body) % 97:02}"


@pytest.fixture
def bis(practice: Practice) -> str:
    """The number of a person of his own; his answers are in a file."""
    number = bis_number(practice.far_side.people)
    (practice.home / "foreigner.yaml").write_text(ANSWERS.format(bis=number))
    return number


def request(practice: Practice, *arguments: str) -> Ended:
    return practice.ehcert("request", "--foreigner", "--answers", "foreigner.yaml", *arguments, secrets=SECRETS)


def confirm(practice: Practice, address: str) -> Ended:
    """At the far side's own computer."""
    return practice.ehcert("sandbox", "confirm", address, EHCERT_HOME=str(practice.far_side.home))


def test_a_foreigner_confirms_on_the_web_and_gets_his_certificate(practice: Practice, bis: str) -> None:
    begun = request(practice, "--json")
    assert begun.code == 0, begun.err
    confirmation = begun.body["confirmation"]
    looked = practice.resume()

    confirmed = confirm(practice, confirmation["address"])
    practice.far_side.move(timedelta(days=2))
    ended = practice.resume()

    assert begun.body["schema"] == "ehcert.request/1"
    assert begun.body["procedure"]["state"] == looked.body["procedure"]["state"] == "awaiting_confirmation"
    assert begun.body["procedure"]["turn"] == "user"
    assert confirmation["until"].endswith("Z")
    assert (confirmed.code, confirmed.out) == (0, "Confirmed.\n")
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done"), ended.err
    assert "confirmation" not in ended.body
    [name] = practice.keystores()
    assert name.startswith(f"SSIN={bis} ")
    assert Path(ended.body["keystore"]).name == name


def test_people_see_where_to_log_in_and_their_number_is_covered(practice: Practice, bis: str) -> None:
    begun = request(practice)
    shown = practice.ehcert("show", begun.out.split()[0])

    assert begun.code == 0
    for ended in (begun, shown):
        assert "Log in at: https://confirmation.ehealth-sandbox.invalid/" in ended.out
        assert bis not in (ended.out + ended.err).replace(f"SSIN={bis} ", "")


def test_programs_see_where_to_log_in_when_they_look_again(practice: Practice, bis: str) -> None:
    begun = request(practice, "--json")

    shown = practice.ehcert("show", begun.body["procedure"]["id"], "--json")

    assert shown.body["confirmation"] == begun.body["confirmation"]


def test_who_does_not_confirm_in_time_is_told_so_and_asks_again(practice: Practice, bis: str) -> None:
    request(practice, "--json")
    practice.far_side.move(timedelta(days=8))

    ended = practice.resume()
    again = request(practice, "--json")

    assert (ended.code, ended.body["procedure"]["state"]) == (8, "expired")
    assert ended.body["refusal"]["code"] == "SIM_VALIDATION_EXPIRED"
    assert (again.code, again.body["procedure"]["state"]) == (0, "awaiting_confirmation")


def test_an_answer_that_gets_lost_takes_the_address_with_it(practice: Practice, bis: str) -> None:
    faults = practice.home / "lost.yaml"
    faults.write_text("rules:\n  - fault: answer_lost\n    operation: submitCSRForForeigner\n")
    armed = practice.ehcert("sandbox", "faults", str(faults), EHCERT_HOME=str(practice.far_side.home))
    begun = request(practice, "--json")
    practice.ehcert("sandbox", "faults", "--clear", EHCERT_HOME=str(practice.far_side.home))

    found = practice.resume()

    assert (armed.code, begun.code, begun.error["code"]) == (0, 6, "ehealth_no_answer")
    assert found.body["procedure"]["state"] == "awaiting_address"
    assert "02 788 51 55" in found.body["procedure"]["todo"]
    assert "confirmation" not in found.body
    assert [operation for operation, _ in practice.far_side.accepted()].count("submitCSRForForeigner") >= 1


def test_the_number_of_somebody_with_a_card_is_refused(practice: Practice) -> None:
    (practice.home / "foreigner.yaml").write_text(ANSWERS.format(bis="75031299943"))

    ended = request(practice, "--json")

    assert (ended.code, ended.error["code"]) == (2, "not_a_bis_number")
    assert "75031299943" not in ended.out + ended.err
    assert practice.stored() == []


def test_nothing_of_it_is_readable_at_rest(practice: Practice, bis: str) -> None:
    begun = request(practice, "--json")
    token = begun.body["confirmation"]["address"].rpartition("/")[2]

    database = (practice.home / "data" / "procedures.sqlite").read_bytes()

    for secret in (bis, "Ausländer", "anna@example.org", token, NEW_PASSWORD):
        assert secret.encode() not in database
    assert json.loads(begun.out)["procedure"]["state"] == "awaiting_confirmation"
