"""Pseudonyms: what is not known to be harmless is replaced, the same value by the same one."""

from __future__ import annotations

import pytest

from tests.world.clock import START
from workflow.procedure import Line
from workflow.pseudonyms import Pseudonyms

KEY = "0123456789abcdef0123456789abcdef01234567"
MESSAGE = "_1a1c0a96-d422-494f-b275-f39c9c8c95b4"


@pytest.fixture
def names() -> Pseudonyms:
    return Pseudonyms(lambda text: text == "it holds another key")


def test_moments_keys_messages_codes_and_answers_stay(names: Pseudonyms) -> None:
    facts = {
        "key": {"public_key_identifier": KEY, "made_at": "2031-03-04T09:10:11+00:00"},
        "intent": {"operation": "revoke", "message_id": MESSAGE, "sha256": "ab" * 32, "clock_ahead": 0.5},
        "request": {"automatically_validated": False, "replaces": KEY},
        "kind": {"chosen": "person"},
        "to_confirm": None,
        "announced_for": {"date": "2031-03-09"},
    }

    assert names.facts(facts) == facts
    assert names.counts == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_key_identifier", "Zoé"),
        ("message_id", "75031299943"),
        ("code", "Zoé Exemple"),
        ("to", "75031299943"),
        ("operation", "a" * 65),
        ("reason", "Madame Exemple called"),
        ("date", "Zoé"),
        ("at", "2031-03-04T09:10:11 Zoé"),
        ("minutes", "75031299943"),
        ("chosen", "NIHII-HOSPITAL=71999932"),
        ("sha256", "ab" * 32),
        ("invented", "done"),
    ],
)
def test_what_only_looks_harmless_by_its_name_is_replaced(name: str, value: str, names: Pseudonyms) -> None:
    found = names.facts({"fact": {name: value}})["fact"][name]

    assert found != value
    assert found.rpartition("-")[2] == "1"


def test_names_of_values_and_long_numbers_are_replaced_too(names: Pseudonyms) -> None:
    found = names.facts({"fact": {"Zoé Exemple": {"n": 75031299943, "small": 12}}})

    assert found == {"fact": {"name-1": {"n": "value-1", "small": 12}}}


def test_a_value_keeps_its_pseudonym_everywhere(names: Pseudonyms) -> None:
    holder = names.facts({"holder": {"ssin": "75031299943"}})["holder"]["ssin"]
    line = names.line(
        Line(START, "moved", "awaiting_card", "card_read", changes={"learned": {"holder": {"ssin": "75031299943"}}})
    )

    assert holder == "national-number-1"
    assert line.changes["learned"]["holder"]["ssin"] == holder
    assert names.of("value", "75031299943") == holder


def test_files_show_which_folder_and_which_name_they_share(names: Pseudonyms) -> None:
    facts = {"a": {"path": "/home/zoe/a.p12"}, "b": {"path": "/home/zoe/b.p12"}, "c": {"path": "C:\\x\\a.p12"}}

    found = [fact["path"] for fact in names.facts(facts).values()]

    assert found == ["folder-1/file-1", "folder-1/file-2", "folder-2/file-1"]


def test_a_text_of_ours_stays_but_not_what_a_person_typed(names: Pseudonyms) -> None:
    ours = Line(START, "trouble", "installing", details={"code": "keystore_changed", "reason": "it holds another key"})
    typed = Line(START, "noted", "installing", details={"by": "zoe", "reason": "it holds another key"})

    assert names.line(ours).details["reason"] == "it holds another key"
    assert names.line(typed).details == {"by": "user-1", "reason": "note-1"}
