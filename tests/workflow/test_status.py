"""How a procedure is doing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.world.clock import START
from workflow import errors
from workflow.definition import Turn
from workflow.procedure import Procedure, ProcedureId, Trouble
from workflow.status import Status, is_late, status_of, turn_of

DAY = timedelta(days=1)


def procedure(**values: Any) -> Procedure:
    usual: dict[str, Any] = {
        "id": ProcedureId("abcdefgh"),
        "definition": "renew",
        "definition_version": 1,
        "environment": "sandbox",
        "state": "awaiting_delivery",
        "turn": Turn.EHEALTH,
        "facts": {},
        "created_at": START,
        "since": START,
    }
    return Procedure(**usual | values)


def trouble(error: type[errors.EhcertError]) -> Trouble:
    return Trouble(error.code, START)


def valid_for(days: float) -> dict[str, Any]:
    return {"record": {"valid_until": (START + days * DAY).isoformat()}}


@pytest.mark.parametrize(
    ("case", "values", "status"),
    [
        ("it waits for a person", {"turn": Turn.USER}, Status.WAITING_USER),
        ("it waits for eHealth", {}, Status.WAITING_EHEALTH),
        ("it has ended", {"ended": True, "turn": Turn.NOBODY}, Status.DONE),
        ("it has ended, whatever was", {"ended": True, "trouble": trouble(errors.RefusedError)}, Status.DONE),
        ("the network is down", {"trouble": trouble(errors.EhealthUnreachableError)}, Status.RETRYING),
        ("eHealth's depot is late", {"trouble": trouble(errors.NotProvenError)}, Status.RETRYING),
        ("a message is in doubt", {"turn": Turn.USER, "facts": {"intent": {}}}, Status.RETRYING),
        ("a PIN was wrong", {"turn": Turn.USER, "trouble": trouble(errors.WrongPinError)}, Status.WAITING_USER),
        ("eHealth refused", {"trouble": trouble(errors.RefusedError)}, Status.BLOCKED),
        ("another certificate came", {"trouble": trouble(errors.WrongCertificateError)}, Status.BLOCKED),
        ("another contract came", {"trouble": trouble(errors.ContractMismatchError)}, Status.BLOCKED),
        ("another ETK came", {"trouble": trouble(errors.WrongEtkError)}, Status.BLOCKED),
        ("the program contradicts itself", {"trouble": trouble(errors.DefinitionError)}, Status.BLOCKED),
        ("the old certificate ends soon", {"facts": valid_for(13.9)}, Status.AT_RISK),
        ("the old certificate ends in two weeks", {"facts": valid_for(14)}, Status.WAITING_EHEALTH),
        ("it ends soon, and a doubt", {"facts": valid_for(1) | {"intent": {}}}, Status.AT_RISK),
        (
            "it ends soon, and is blocked",
            {"facts": valid_for(1), "trouble": trouble(errors.RefusedError)},
            Status.BLOCKED,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_status(case: str, values: dict[str, Any], status: Status) -> None:
    assert status_of(procedure(**values), START) is status


def test_the_helpdesk_must_act_on_what_is_blocked() -> None:
    assert turn_of(procedure(trouble=trouble(errors.RefusedError)), START) is Turn.HELPDESK
    assert turn_of(procedure(), START) is Turn.EHEALTH


def test_a_wait_is_late_after_its_expected_date() -> None:
    waits = procedure(expected_by=START + DAY)

    assert not is_late(waits, START + DAY)
    assert is_late(waits, START + DAY + timedelta(seconds=1))
    assert not is_late(procedure(expected_by=START, ended=True), START + DAY)
    assert not is_late(procedure(), START + 1000 * DAY)


def test_every_temporary_error_is_tried_again() -> None:
    from workflow.status import TEMPORARY

    assert {"ehealth_unreachable", "ehealth_no_answer", "in_doubt", "certificate_not_yet_valid"} <= TEMPORARY
    assert not TEMPORARY & {"ehealth_refused", "pin_wrong", "keystore_password_wrong", "store_damaged"}


def test_the_words_of_the_status_are_public() -> None:
    assert [status.value for status in Status] == [
        "waiting-user",
        "waiting-ehealth",
        "retrying",
        "blocked",
        "at-risk",
        "done",
    ]
