"""The helpdesk at the command line: it sees why a procedure does not move, and does something about it, on record."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pexpect
import pytest

from adapters.sandbox.fault_folder import PLAN_FILE, arm
from adapters.sandbox.fault_plan import FaultPlan
from adapters.system.whoami import user_name
from tests.journeys.practice import ANSWERS, ROOT, SECRETS, Practice

PIN = {"pin": SECRETS["pin"]}
NEW = {"new_keystore_password": SECRETS["new_keystore_password"]}


@pytest.fixture
def in_doubt(practice: Practice) -> Practice:
    """A practice whose request was sent, and whose answer was lost."""
    practice.furnish(with_etk=True)
    arm(practice.far_side.folder, FaultPlan.once("answer_lost", "generateCertificate"))
    try:
        told = practice.renew("--json")
    finally:
        (practice.far_side.folder / PLAN_FILE).unlink()
    assert (told.code, told.error["code"]) == (6, "ehealth_no_answer")
    return practice


@pytest.fixture
def unsent(practice: Practice) -> Practice:
    """A practice whose procedure stands before the contract."""
    practice.furnish()
    (practice.home / "answers.yaml").write_text(ANSWERS.replace("approve: true", "approve: false"))
    assert practice.renew("--json").code == 1
    return practice


def identifier(practice: Practice) -> str:
    return str(practice.stored()[0][0])


def test_from_the_call_to_the_solution(in_doubt: Practice) -> None:
    procedure = identifier(in_doubt)

    explained = in_doubt.ehcert("explain", procedure[:5], "--json")
    retried = in_doubt.ehcert("retry", procedure, "--reason", "the user called", "--json", secrets=PIN)
    in_doubt.far_side.move(timedelta(seconds=30))
    day = retried.body["procedure"]["since"][:10]
    announced = in_doubt.ehcert("resume", procedure, "--announced-for", day, "--json")
    noted = in_doubt.ehcert("note", procedure, "the mails go to the secretary", "--json")
    history = in_doubt.ehcert("history", procedure)
    graph = in_doubt.ehcert("graph", procedure, "--format", "mermaid")

    assert explained.body["cause"] == "doubt.request"
    assert explained.body["do"][0]["command"] == f"ehcert resume {procedure}"
    assert explained.body["error"]["code"] == "ehealth_no_answer"
    assert any("Do not start again" in text for text in explained.body["never"])
    assert (retried.code, retried.body["procedure"]["state"]) == (0, "awaiting_delivery"), retried.err
    assert announced.code == 0, announced.err
    assert announced.body["procedure"]["expected_by"] < retried.body["procedure"]["expected_by"]
    assert noted.code == 0
    assert f"{user_name()} let eHealth be asked at once. Reason: the user called" in history.out
    assert f"note of {user_name()}: the mails go to the secretary" in history.out
    assert "Delivery by eHealth" in history.out.split("How long each state lasted")[1]
    assert "class awaiting_delivery here" in graph.out
    told = [explained, retried, noted, history, graph]
    assert in_doubt.leaks([text for one in told for text in (one.out, one.err)], SECRETS) == []


def test_what_would_send_twice_is_refused_and_changes_nothing(in_doubt: Practice) -> None:
    procedure, before = identifier(in_doubt), in_doubt.everything()

    told = in_doubt.ehcert("back", procedure, "awaiting_contact", "--reason", "start anew", "--json")

    assert (told.code, told.error["code"]) == (2, "doubt_open")
    assert told.error["next"] == [f"ehcert resume {procedure}"]
    assert in_doubt.everything() == before


def test_back_postpone_and_retry_before_anything_is_sent(unsent: Practice) -> None:
    procedure = identifier(unsent)
    (unsent.home / "answers.yaml").write_text(ANSWERS)

    back = unsent.ehcert("back", procedure, "awaiting_contact", "--reason", "another address", "--json")
    put_off = unsent.ehcert("postpone", procedure, "3d", "--reason", "holidays", "--json")
    retried = unsent.ehcert(
        "retry", procedure, "--reason", "now", "--answers", "answers.yaml", "--json", secrets={**PIN, **NEW}
    )
    given_up = unsent.ehcert("abandon", procedure, "--reason", "the wrong person", "--json")

    assert (back.code, back.body["procedure"]["state"]) == (0, "awaiting_contact")
    assert put_off.body["procedure"]["next_look"] is not None
    assert retried.body["procedure"]["state"] == "awaiting_delivery", retried.err
    assert given_up.body["procedure"]["state"] == "abandoned"
    assert any("The request stays at eHealth" in text for text in given_up.body["left_behind"])


def test_in_a_terminal_the_reason_is_asked_for(unsent: Practice) -> None:
    procedure = identifier(unsent)
    arguments = ["-m", "adapters.cli.app", "postpone", procedure[:6], "3d"]
    terminal = pexpect.spawn(
        sys.executable, arguments, env=unsent.variables(), cwd=str(unsent.home), encoding="utf-8", timeout=60
    )

    terminal.expect("Why")
    terminal.sendline("the reader is being repaired")
    terminal.expect("Next look from")
    terminal.expect(pexpect.EOF)

    assert "Reason: the reader is being repaired" in unsent.ehcert("history", procedure).out
    assert "put it off until" in unsent.ehcert("explain", procedure).out


def test_bad_input_is_told_with_its_own_code_and_changes_nothing(unsent: Practice) -> None:
    procedure, before = identifier(unsent), unsent.everything()
    why = ("--reason", "x")

    told = {
        name: unsent.ehcert(*arguments, "--json")
        for name, arguments in {
            "unknown": ("explain", "zzzzzzzz"),
            "no letters": ("history", "é"),
            "no reason": ("postpone", procedure, "3d"),
            "an empty reason": ("abandon", procedure, "--reason", " "),
            "an empty note": ("note", procedure, " "),
            "a day that is none": ("postpone", procedure, "2031-02-30", *why),
            "the past": ("postpone", procedure, "2001-01-01", *why),
            "no state": ("back", procedure, "nowhere", *why),
            "a later state": ("back", procedure, "installing", *why),
            "nothing announced": ("resume", procedure, "--announced-for", "2031-03-04"),
            "nothing sent": ("abandon", procedure, *why),
        }.items()
    }

    assert {name: (one.code, one.error["code"]) for name, one in told.items()} == {
        "unknown": (3, "no_such_procedure"),
        "no letters": (3, "no_such_procedure"),
        "no reason": (2, "reason_missing"),
        "an empty reason": (2, "reason_missing"),
        "an empty note": (2, "bad_value"),
        "a day that is none": (2, "malformed_date"),
        "the past": (2, "date_out_of_range"),
        "no state": (2, "not_an_earlier_state"),
        "a later state": (2, "not_an_earlier_state"),
        "nothing announced": (2, "action_not_possible"),
        "nothing sent": (2, "action_not_possible"),
    }
    assert unsent.everything() == before


def test_what_only_looks_loads_no_library_for_messages_or_cards(unsent: Practice) -> None:
    heavy = {"zeep", "lxml", "pkcs11", "signxml", "requests"}
    for command in ("explain", "history", "graph"):
        program = (
            "import sys\n"
            "from adapters.cli.app import run\n"
            f"code = run([{command!r}, {identifier(unsent)!r}])\n"
            "print(' '.join(sys.modules), file=sys.stderr)\n"
            "sys.exit(code)"
        )

        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=unsent.variables(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        loaded = {name.split(".")[0] for name in done.stderr.split()}
        assert done.returncode == 0, done.stderr[-500:]
        assert not loaded & heavy
        assert not [name for name in done.stderr.split() if name.startswith(("adapters.ehealth", "adapters.sandbox"))]
