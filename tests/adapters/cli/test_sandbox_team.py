"""`ehcert sandbox approve`, `refuse`, `confirm`, and the options of `serve` and `person`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.app import run
from adapters.sandbox.desk import Rules
from adapters.sandbox.files import private_folder
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import SCRUTINIZED
from adapters.sandbox.rule_file import kept_rules
from tests.adapters.sandbox.client import World, key_identifier
from tests.world.keys import KeyPool
from tests.world.world import shared_pki

ROOT = Path(__file__).parents[3]
Told = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs `ehcert sandbox … --json`; gives its exit code and what it said."""
    monkeypatch.setenv("EHCERT_HOME", str(tmp_path))

    def told(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = run(["sandbox", *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return told


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The sandbox of the home, opened, and somebody whose requests are looked at."""
    folder = tmp_path / "data" / "sandbox"
    shared_pki().save(private_folder(folder / "pki"), b"passphrase")
    sandbox = Sandbox.open(folder, keys=KeyPool(30))
    cards = {SCRUTINIZED: sandbox.make_card(SCRUTINIZED, "ec")}
    return World(sandbox, sandbox.clock, cards, lambda service, body, answered: None)  # type: ignore[arg-type]


def test_the_support_team_approves_the_request_that_waits(told: Told, world: World) -> None:
    key = world.sandbox.keys.make()
    world.done(world.request(SCRUTINIZED, key))

    code, answer = told("approve")

    assert (code, answer) == (0, {"schema": "ehcert.sandbox.approve/1", "public_key_identifier": key_identifier(key)})
    assert world.authority.waiting() == []


def test_the_support_team_refuses_a_request_by_its_name(told: Told, world: World) -> None:
    key = world.sandbox.keys.make()
    world.done(world.request(SCRUTINIZED, key))

    code, answer = told("refuse", key_identifier(key)[:8])

    assert (code, answer["public_key_identifier"]) == (0, key_identifier(key))
    assert world.post(world.certificate(key)).code == "SIM_REQUEST_REFUSED"


def test_where_nothing_waits_it_says_so(told: Told, world: World) -> None:
    code, answer = told("approve")

    assert (code, answer["error"]["code"]) == (3, "sandbox_nothing_waits")


def test_a_foreigner_confirms(told: Told, world: World) -> None:
    address = world.done(world.foreigner()).text("r:ValidationUrl")

    codes = [told("confirm", address), told("confirm", address)]

    assert codes[0] == (0, {"schema": "ehcert.sandbox.confirm/1", "confirmed": True})
    assert (codes[1][0], codes[1][1]["error"]["code"]) == (3, "sandbox_nothing_to_confirm")


def test_people_are_told_what_was_done(told: Told, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    key = world.sandbox.keys.make()
    world.done(world.request(SCRUTINIZED, key))
    address = world.done(world.foreigner()).text("r:ValidationUrl")

    run(["sandbox", "approve"])
    run(["sandbox", "confirm", address])

    assert capsys.readouterr().out == f"Approved: {key_identifier(key)}\nConfirmed.\n"


@pytest.mark.slow
def test_the_manager_of_an_organisation_gets_a_card_and_its_keystore(told: Told, world: World, tmp_path: Path) -> None:
    code, answer = told("person", "manager", "--organization", "--card", "ec")

    assert code == 0
    assert Path(answer["keystore"]).name.startswith("NIHII-HOSPITAL=71999932 ")
    (card,) = (tmp_path / "data" / "sandbox" / "cards").glob("*/card.json")
    assert json.loads(card.read_text())["inserted"]


def test_who_manages_no_organisation_has_no_keystore_of_one(told: Told, world: World, tmp_path: Path) -> None:
    code, answer = told("person", "colleague", "--organization")

    assert (code, answer["error"]["code"]) == (2, "usage")
    assert list((tmp_path / "data" / "sandbox" / "cards").glob("*/card.json")) == []


@pytest.mark.soap
@pytest.mark.slow
def test_the_rules_of_a_served_sandbox_hold_for_everybody(world: World, tmp_path: Path) -> None:
    options = ["--manual-validation", "--old-key-needed", "--revocation-delay", "1m"]
    command = [sys.executable, "-m", "adapters.cli.app", "sandbox", "serve", *options, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "EHCERT_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()

            rules = kept_rules(tmp_path / "data" / "sandbox")
        finally:
            process.send_signal(signal.SIGTERM)

    assert rules == Rules(manual_validation=True, old_key_needed=True, revocation_delay=timedelta(minutes=1))
