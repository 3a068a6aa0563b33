"""What a procedure looks like to people and to programs, in every state."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.cli import view
from workflow.definition import Asking, Final, State, Turn, Waiting
from workflow.definitions import DEFINITIONS
from workflow.definitions.renew import RENEW
from workflow.errors import ProcedureNewerError
from workflow.explanations.words import LINES
from workflow.procedure import Line, Procedure, ProcedureId, Trouble, WrittenLine
from workflow.status import Status

SSIN = "75031299943"
NOW = datetime(2026, 11, 23, 15, 10, tzinfo=UTC)
PATH = f"/home/zoe/ehealth/keystore/SSIN={SSIN} 20261123-150839.p12"
FACTS: dict[str, Any] = {
    "holder": {"ssin": SSIN, "first_names": "Zoé Élise", "surname": "Exemple"},
    "old_keystore": {"path": f"/home/zoe/SSIN={SSIN} 20231022-150836.p12", "valid_until": "2027-01-22T15:10:00+00:00"},
    "record": {"valid_until": "2027-01-22T15:10:00+00:00", "contact": {"email_private": "exemple@example.org"}},
    "contact": {"email_private": "exemple@example.org", "phone_private": "+32 470 00 00 00"},
    "contract": {"dn": f"CN=SSIN\\={SSIN}", "texts": {"fr": f"Zoé ({SSIN})"}},
    "key": {"public_key_identifier": "00112233445566778899aabbccddeeff00112233"},
    "new_keystore": {"name": f"SSIN={SSIN} 20261123-150839.p12", "path": PATH},
    "installed": {"valid_until": "2030-02-25T03:12:00+00:00"},
}
EXPECTED = {
    "checking": ("user", "waiting-user"),
    "awaiting_consent": ("user", "waiting-user"),
    "awaiting_card": ("user", "waiting-user"),
    "awaiting_keystore": ("user", "waiting-user"),
    "looking_up": ("user", "waiting-user"),
    "awaiting_contact": ("user", "waiting-user"),
    "making_contract": ("user", "waiting-user"),
    "awaiting_approval": ("user", "waiting-user"),
    "awaiting_password": ("user", "waiting-user"),
    "making_key": ("user", "waiting-user"),
    "submitting": ("user", "waiting-user"),
    "awaiting_validation": ("ehealth", "waiting-ehealth"),
    "awaiting_delivery": ("ehealth", "waiting-ehealth"),
    "installing": ("user", "waiting-user"),
    "starting_etk": ("user", "waiting-user"),
    "completing_etk": ("user", "waiting-user"),
    "awaiting_handover": ("user", "waiting-user"),
    "activating_etk": ("user", "waiting-user"),
    "proving": ("user", "waiting-user"),
    "done": ("nobody", "done"),
    "cancelled": ("nobody", "done"),
    "refused": ("nobody", "done"),
    "abandoned": ("nobody", "done"),
    "expired": ("nobody", "done"),
}
EVERY_STATE = [pytest.param(RENEW.state(name), id=name) for name in EXPECTED]


def standing(state: State, **more: Any) -> Procedure:
    """A procedure in a state, with every fact that it may have by then."""
    return Procedure(
        id=ProcedureId("23456789"),
        definition="renew",
        definition_version=RENEW.version,
        environment="production",
        state=state.name,
        turn=state.turn,
        facts={**FACTS, **more},
        created_at=NOW,
        since=NOW,
        revision=1,
        wake_at=NOW + timedelta(minutes=1) if isinstance(state, Waiting) else None,
        expected_by=NOW + timedelta(days=10) if isinstance(state, Waiting) else None,
        ended=isinstance(state, Final),
    )


def test_the_table_has_every_state() -> None:
    assert list(EXPECTED) == [state.name for state in RENEW.states]


@pytest.mark.parametrize("state", EVERY_STATE)
def test_each_state_says_whose_turn_it_is_and_how_it_is_doing(state: State) -> None:
    body = view.as_json(standing(state), NOW)

    assert (body["turn"], body["status"]) == EXPECTED[state.name]
    assert body["state"] == state.name
    assert body["says"] == state.says != ""


@pytest.mark.parametrize("state", EVERY_STATE)
def test_who_must_act_is_told_what_to_do(state: State) -> None:
    lines = list(view.as_lines(standing(state), NOW))

    if not isinstance(state, Final):
        assert f"  {state.todo}" in lines
        assert "  Go on with: ehcert resume 23456789" in lines
    assert any(state.says in line for line in lines)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_no_national_number_is_shown(state: State) -> None:
    procedure = standing(state)

    shown = json.dumps(view.as_json(procedure, NOW)) + "\n".join(view.as_lines(procedure, NOW))

    assert SSIN not in shown
    assert "Exemple" not in shown
    assert "example.org" not in shown


@pytest.mark.parametrize("state", [state for state in EVERY_STATE if isinstance(state.values[0], Final)])
def test_after_the_end_there_is_nothing_to_go_on_with(state: State) -> None:
    assert view.as_json(standing(state), NOW)["next"] == []


def test_cancelling_is_offered_until_something_was_sent() -> None:
    before = view.next_commands(standing(RENEW.state("awaiting_approval")))
    after = view.next_commands(standing(RENEW.state("awaiting_delivery"), request={"at": "x"}))

    assert before == ["ehcert resume 23456789", "ehcert cancel 23456789"]
    assert after == ["ehcert resume 23456789"]


def test_a_doubt_is_told_instead_of_what_the_state_asks() -> None:
    procedure = standing(RENEW.state("submitting"), intent={"operation": "generateCertificate"})

    body, lines = view.as_json(procedure, NOW), list(view.as_lines(procedure, NOW))

    assert body["in_doubt"] is True
    assert body["status"] == Status.RETRYING.value
    assert body["todo"] == view.DOUBT
    assert body["next"] == ["ehcert resume 23456789"]
    assert f"  {view.DOUBT}" in lines
    assert not any(RENEW.state("submitting").todo in line for line in lines)


def test_a_refusal_is_the_helpdesks() -> None:
    procedure = replace(standing(RENEW.state("awaiting_delivery")), trouble=Trouble("ehealth_refused", NOW))

    body = view.as_json(procedure, NOW)

    assert (body["turn"], body["status"]) == ("helpdesk", "blocked")
    assert body["trouble"] == {"code": "ehealth_refused", "at": "2026-11-23T15:10:00Z", "attempts": 1}


def test_an_unreachable_ehealth_will_be_tried_again() -> None:
    procedure = replace(standing(RENEW.state("awaiting_delivery")), trouble=Trouble("ehealth_unreachable", NOW, 3))

    assert view.as_json(procedure, NOW)["status"] == "retrying"


def test_a_certificate_that_ends_soon_puts_the_procedure_at_risk() -> None:
    procedure = standing(RENEW.state("awaiting_delivery"))

    body = view.as_json(procedure, datetime(2027, 1, 10, tzinfo=UTC))

    assert body["status"] == "at-risk"
    assert any("is at risk" in line for line in view.as_lines(procedure, datetime(2027, 1, 10, tzinfo=UTC)))


def test_a_wait_that_lasts_too_long_is_late() -> None:
    procedure = standing(RENEW.state("awaiting_delivery"))

    later = NOW + timedelta(days=11)

    assert view.as_json(procedure, later)["late"] is True
    assert any("it is late" in line for line in view.as_lines(procedure, later))


def test_moments_are_in_utc() -> None:
    body = view.as_json(standing(RENEW.state("awaiting_delivery")), NOW)

    assert body["expected_by"] == "2026-12-03T15:10:00Z"
    assert body["next_look"] == "2026-11-23T15:11:00Z"
    assert body["looked_at"] is None


def test_the_path_of_the_new_file_is_shown_in_full_and_in_one_piece(capsys: pytest.CaptureFixture[str]) -> None:
    view.print_file(standing(RENEW.state("awaiting_handover")))

    assert f"New keystore: {PATH}\n" in capsys.readouterr().out


def test_a_path_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    view.print_file(standing(RENEW.state("awaiting_handover"), new_keystore={"path": "/home/\x1b]52;c;x\x07"}))

    assert "\x1b" not in capsys.readouterr().out


def test_a_procedure_of_a_later_program_is_not_guessed_at() -> None:
    known = standing(RENEW.state("submitting"))

    for later in (replace(known, definition="dreams"), replace(known, definition_version=RENEW.version + 1)):
        with pytest.raises(ProcedureNewerError):
            view.definition_of(later)


def written(line: Line, sound: bool = True) -> WrittenLine:
    return WrittenLine(7, line, sound)


@pytest.mark.parametrize("kind", LINES)
def test_every_kind_of_line_has_its_text(kind: str) -> None:
    details = dict.fromkeys(("to", "operation", "message_id", "code", "stored", "by", "reason", "until", "date"), "x")

    text = view.line_text(written(Line(NOW, kind, "submitting", "registered", details)))

    assert text.startswith("  7  ")
    assert "{" not in text
    assert text != view.line_text(written(Line(NOW, "of another kind", "submitting")))


def test_a_line_without_its_details_is_still_shown() -> None:
    assert "moved" in view.line_text(written(Line(NOW, "moved", "submitting")))
    assert "back, to: unknown" in view.line_text(written(Line(NOW, "back", "submitting")))


def test_a_line_speaks_the_language_of_people() -> None:
    line = Line(NOW, "moved", "awaiting_card", "card_read", {"to": "awaiting_keystore", "learned": ["holder"]})

    text = view.line_text(written(line))

    assert text.endswith("Identity card: the identity card was read")


def test_a_changed_line_is_called_so() -> None:
    line = Line(NOW, "looked", "awaiting_delivery")

    assert "!!" in view.line_text(written(line, sound=False))
    assert view.line_json(written(line, sound=False))["sound"] is False


def test_a_line_shows_no_national_number_and_no_escape() -> None:
    line = Line(NOW, "trouble", "looking_up", details={"code": "x\x1b[2J", "path": PATH})

    text, body = view.line_text(written(line)), json.dumps(view.line_json(written(line)))

    assert SSIN not in text + body
    assert "\x1b" not in text


def test_every_definition_is_explained() -> None:
    for definition in DEFINITIONS.values():
        for state in definition.states:
            assert state.says.endswith(".")
            assert state.todo or isinstance(state, Final)
            assert state.turn is not Turn.NOBODY or isinstance(state, Final)
            assert not isinstance(state, Asking) or state.turn is Turn.USER
