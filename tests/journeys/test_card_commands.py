"""`ehcert card`: what is in the readers, what is on the card, whether its keys sign; and the last try of a PIN."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.practice import OLD_PASSWORD, PIN, Practice
from tests.journeys.test_terminal import typing, up_to_the_keystore

CARD = {"pin": PIN}


def tries(folder: Path) -> object:
    return json.loads((folder / "card.json").read_text())["attempts_left"]


def test_list_names_the_person_and_covers_the_number(practice: Practice) -> None:
    practice.issue_card()

    shown, body = practice.ehcert("card", "list"), practice.ehcert("card", "list", "--json").body

    [reader] = body["readers"]
    assert shown.code == 0
    assert "Zoé Élise Exemple" in shown.out
    assert practice.person.ssin not in shown.out + json.dumps(body)
    assert body["schema"] == "ehcert.card.list/1"
    assert (reader["card"]["surname"], reader["problem"]) == ("Exemple", None)
    assert reader["card"]["serial"] in shown.out


def test_list_shows_an_empty_reader(practice: Practice) -> None:
    practice.change_card(practice.issue_card(), inserted=False)

    assert practice.ehcert("card", "list").out == "Sandbox reader: empty\n"
    assert practice.ehcert("card", "show", "--json").error["code"] == "card_absent"


def test_show_tells_everything_and_reveals_only_when_asked(practice: Practice) -> None:
    practice.issue_card()

    covered, revealed = practice.ehcert("card", "show"), practice.ehcert("card", "show", "--reveal")
    body = practice.ehcert("card", "show", "--json").body

    assert practice.person.ssin not in covered.out + json.dumps(body)
    assert practice.person.ssin in revealed.out
    assert (body["schema"], body["pin_mode"], body["tries_left"]) == ("ehcert.card.show/1", "prompt", 3)
    assert [one["key"] for one in body["certificates"]] == ["authentication", "signature"]
    assert all(one["algorithm"] == "secp384r1" for one in body["certificates"])
    for text in ("Sandbox reader", "signs in", "signs contracts", "until", "ehcert asks for the PIN"):
        assert text in covered.out


def test_show_says_that_a_card_is_not_fully_active(practice: Practice) -> None:
    card = practice.issue_card()
    for name in ("signature.pem", "signature-chain.pem"):
        (card / name).unlink()

    assert "not fully active" in practice.ehcert("card", "show").out


def test_test_signs_with_both_keys_and_sends_nothing(practice: Practice) -> None:
    practice.issue_card()
    before = practice.everything()

    told = practice.ehcert("card", "test", "--json", secrets=CARD)
    shown = practice.ehcert("card", "test", secrets=CARD)

    assert (told.code, told.body["schema"]) == (0, "ehcert.card.test/1")
    assert [(key["key"], key["outcome"]) for key in told.body["keys"]] == [
        ("authentication", "signed"),
        ("signature", "signed"),
    ]
    assert shown.out.count("signed and verified") == 2
    assert practice.everything() == before


def test_test_reports_each_key_apart(practice: Practice) -> None:
    card = practice.issue_card()
    for name in ("signature.pem", "signature-chain.pem"):
        (card / name).unlink()

    told = practice.ehcert("card", "test", "--json", secrets=CARD)

    assert told.code == 4
    assert [key["outcome"] for key in told.body["keys"]] == ["signed", "failed"]
    assert told.body["keys"][1]["error"]["code"] == "card_not_active"


def test_test_tries_no_pin_twice(practice: Practice) -> None:
    card = practice.issue_card()

    told = practice.ehcert("card", "test", "--json", secrets={"pin": "0000"})

    assert told.code == 4
    assert [key["outcome"] for key in told.body["keys"]] == ["failed", "not_tried"]
    assert tries(card) == 2


def test_a_card_that_is_not_there_is_named(practice: Practice) -> None:
    practice.issue_card()

    error = practice.ehcert("card", "show", "--card", "0123", "--json").error

    assert (error["code"], error["exit"], error["next"]) == ("card_not_there", 4, ["ehcert card list"])
    assert "0123" in error["message"]


def test_a_library_that_is_not_there_is_named(practice: Practice) -> None:
    error = practice.ehcert("card", "list", "--module", "/nowhere/lib.so", "--json").error

    assert (error["code"], error["exit"]) == ("card_module_missing", 4)
    assert "/nowhere/lib.so" in error["message"]


# --- the last try -------------------------------------------------------------------------------------------------


def test_a_script_does_not_spend_the_last_try(practice: Practice) -> None:
    practice.furnish()
    [card] = (practice.sandbox_folder / "cards").iterdir()
    practice.change_card(card, attempts_left=1)
    before = practice.everything()

    told = practice.renew("--json", secrets={"pin": "0000"})

    assert (told.code, told.error["code"]) == (4, "pin_last_try")
    assert tries(card) == 1
    assert practice.everything() == before


def test_a_script_that_says_so_does(practice: Practice) -> None:
    card = practice.issue_card()
    practice.change_card(card, attempts_left=1)

    told = practice.ehcert("card", "test", "--json", "--last-try", secrets=CARD)

    assert told.code == 0, told.out
    assert tries(card) == 3


@pytest.mark.parametrize(("answer", "left", "code"), [("no", 1, 4), ("yes", 0, 4)])
def test_a_person_is_asked_before_the_last_try(practice: Practice, answer: str, left: int, code: int) -> None:
    practice.furnish()
    [card] = (practice.sandbox_folder / "cards").iterdir()
    practice.change_card(card, attempts_left=1)

    with typing(practice, "en", "renew") as person:
        up_to_the_keystore(person, "en")
        person.answers("Password of this keystore", OLD_PASSWORD)
        person.sees("One try is left for the PIN of this card.")
        person.answers("Do you want to use it?", answer)
        if answer == "yes":
            person.answers("to sign in", "0000")
            person.sees("the PIN of this card is blocked")
        else:
            person.sees("the PIN was not given")
        person.ends(code)

    assert tries(card) == left
