"""`ehcert sandbox faults` and `ehcert sandbox serve --faults`: rehearse failures from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.app import run
from adapters.sandbox.fault_folder import armed
from adapters.sandbox.fault_plan import ANY_FAULT, FAULTS, FaultPlan

ROOT = Path(__file__).parents[3]
PLAN = "rules:\n  - fault: maintenance\n    operation: getEtk\n    call: 2\n"

Told = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs `ehcert sandbox faults … --json`; gives its exit code and what it said."""
    monkeypatch.setenv("EHCERT_HOME", str(tmp_path))

    def told(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = run(["sandbox", "faults", *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return told


def folder(home: Path) -> Path:
    return home / "data" / "sandbox"


def test_the_list_names_every_fault_with_what_becomes_of_the_change(faults: Told) -> None:
    code, answer = faults("--list")

    assert code == 0
    assert {fault["name"]: fault["carried_out"] for fault in answer["faults"]} == {
        name: fault.carried_out for name, fault in FAULTS.items()
    }
    assert all(fault["says"] for fault in answer["faults"])


def test_a_file_is_armed_shown_and_cleared(faults: Told, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)

    code, answer = faults(str(tmp_path / "plan.yaml"))
    shown = faults()
    cleared = faults("--clear")

    assert code == 0
    assert answer["rules"][0]["operation"] == "getEtk"
    assert shown == (0, answer)
    assert cleared[1]["rules"] == []
    assert armed(folder(tmp_path)) is None


def test_chance_needs_no_file(faults: Told, tmp_path: Path) -> None:
    faults("--rate", "0.1", "--seed", "42")

    known = armed(folder(tmp_path))
    assert known is not None
    assert known[1] == FaultPlan.random(0.1, 42, *ANY_FAULT)


def test_a_wrong_file_changes_nothing(faults: Told, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    faults(str(tmp_path / "plan.yaml"))
    before = armed(folder(tmp_path))
    (tmp_path / "plan.yaml").write_text("rules:\n  - fault: boom\n")

    code, answer = faults(str(tmp_path / "plan.yaml"))

    assert code == 2
    assert answer["error"]["code"] == "bad_fault_plan"
    assert "line 2: unknown fault 'boom'" in answer["error"]["message"]
    assert armed(folder(tmp_path)) == before


def test_two_wishes_at_once_are_refused(faults: Told) -> None:
    code, answer = faults("--list", "--clear")

    assert (code, answer["error"]["code"]) == (2, "usage")


def test_people_get_lines(faults: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)

    run(["sandbox", "faults", "--list"])
    listed = capsys.readouterr().out
    run(["sandbox", "faults"])
    nothing = capsys.readouterr().out
    run(["sandbox", "faults", str(tmp_path / "plan.yaml")])
    planned = capsys.readouterr().out

    assert "late\n  carried out, answered only after some seconds (seconds: 40)" in listed
    assert "No faults are planned." in nothing
    assert "getEtk  #2 x1  maintenance" in planned


@pytest.mark.soap
@pytest.mark.slow
def test_a_served_sandbox_follows_its_plan_and_takes_up_another(faults: Told, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("rules:\n  - fault: unavailable\n")
    command = [sys.executable, "-m", "adapters.cli.app", "sandbox", "serve", "--faults", str(tmp_path / "plan.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "EHCERT_HOME": str(tmp_path)}
    with subprocess.Popen([*command, "--json"], env=environment, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["address"]

            statuses = [ask(address), ask(address)]
            (tmp_path / "plan.yaml").write_text("rules:\n  - fault: maintenance\n")
            faults(str(tmp_path / "plan.yaml"))
            statuses += [ask(address), ask(address)]
        finally:
            process.send_signal(signal.SIGTERM)

    assert [status for status, _ in statuses] == [503, 500, 200, 500]
    assert b"Maintenance" in statuses[2][1]
    assert [fired["fault"] for fired in faults()[1]["fired"]] == ["unavailable", "maintenance"]


def ask(address: str) -> tuple[int, bytes]:
    """Nothing that the interface knows: honestly answered, it is a fault with status 500."""
    try:
        with urllib.request.urlopen(f"{address}/EtkDepot/v1", b"<nothing/>", timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
