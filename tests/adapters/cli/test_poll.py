"""`ehcert poll`: what can be asked without card and password, and notifications that come once."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.wiring import Wiring
from adapters.sandbox.people import PEOPLE
from adapters.system.locks import FileLocks
from tests.adapters.cli.furnished import NOW, FurnishedHome
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World
from workflow.errors import EhealthNoAnswerError
from workflow.procedure import Procedure, ProcedureId

DAY = timedelta(days=1)
TELL = """
import json, os, sys
told = {name: value for name, value in os.environ.items() if name.startswith("EHCERT_NOTICE_")}
with open(sys.argv[1], "a") as file:
    file.write(json.dumps(told) + chr(10))
"""


class Home(FurnishedHome):
    """A home whose eHealth is that of a world in this process; notifications go to a file."""

    world: World

    def connect(self, world: World) -> None:
        self.world = world
        self.monkeypatch.setattr(Wiring, "authority", lambda wiring, environment: world.services)
        self.notes = self.root / "notes"
        self.monkeypatch.setenv("EHCERT_NOTIFY", json.dumps([sys.executable, "-c", TELL, str(self.notes)]))

    def move(self, **by: float) -> None:
        """Time passes here and at eHealth."""
        self.world.clock.move(**by)
        self.at(self.world.clock.now())

    def poll(self, *options: str) -> dict[str, Any]:
        body: dict[str, Any] = self.run("poll", *options).body
        return body

    def told(self) -> list[dict[str, str]]:
        """The notifications so far: their variables without the prefix."""
        if not self.notes.exists():
            return []
        lines = [json.loads(line) for line in self.notes.read_text().splitlines()]
        return [{name.removeprefix("EHCERT_NOTICE_").lower(): value for name, value in one.items()} for one in lines]

    def shown(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.run("show", name).body["procedure"]
        return found


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    home = Home(tmp_path / "home", capsys, monkeypatch)
    world = World(keystores=home.folder())
    home.connect(world)
    yield home
    world.close()


@pytest.fixture
def waiting(home: Home) -> Home:
    """A renewal that waits for eHealth."""
    home.store(home.world.renew().procedure)
    return home


@pytest.fixture
def handed(home: Home) -> Home:
    """A renewal that waits for its person to load the new file."""
    home.store(home.world.finish("awaiting_handover"))
    home.at(home.world.clock.now())
    return home


def name(home: Home) -> str:
    return home.world.all_procedures()[0].id


# --- asking -----------------------------------------------------------------------------------------------------------


def test_nothing_to_ask_needs_no_services(home: Home) -> None:
    told = home.run("poll")

    assert told.code == 0
    assert told.body == {
        "schema": "ehcert.poll/1",
        "asked": 0,
        "more": False,
        "changed": [],
        "needs": [],
        "passed_over": [],
        "failed": [],
        "unreachable": [],
        "notified": [],
    }
    assert home.world.wire.sent == []


def test_a_delivered_certificate_is_found_and_told_once(waiting: Home) -> None:
    waiting.move(days=2)

    first, second = waiting.poll(), waiting.poll()

    assert [(one["from"], one["to"]) for one in first["changed"]] == [("awaiting_delivery", "installing")]
    assert first["changed"][0]["next"][0] == f"ehcert resume {name(waiting)}"
    assert (second["asked"], second["changed"], second["notified"]) == (0, [], [])
    [note] = waiting.told()
    assert (note["event"], note["about"], note["environment"]) == ("changed", name(waiting), "sandbox")
    assert note["text"].startswith("The certificate was delivered")
    assert note["command"] == f"ehcert resume {name(waiting)}"
    assert waiting.world.holder.ssin not in json.dumps(note)


def test_nothing_is_changed_at_ehealth_and_no_card_and_no_person_is_asked(waiting: Home) -> None:
    waiting.move(days=2)
    accepted, asked = waiting.world.accepted, list(waiting.world.person.asked)
    sent = len(waiting.world.wire.sent)

    waiting.poll()

    assert waiting.world.accepted == accepted
    assert waiting.world.person.asked == asked
    assert {one.operation for one in waiting.world.wire.sent[sent:]} == {"getCertificate"}


def test_it_is_asked_in_the_rhythm_of_the_wait(waiting: Home) -> None:
    waiting.move(seconds=5)
    early = waiting.poll()["asked"]
    waiting.move(seconds=6)
    first = waiting.poll()["asked"]
    again = waiting.poll()["asked"]

    assert (early, first, again) == (0, 1, 0)


def test_a_key_that_was_activated_elsewhere_is_told_and_left_to_its_person(handed: Home) -> None:
    before = handed.poll()
    _activated_elsewhere(handed)
    handed.move(hours=7)

    first, second = handed.poll(), handed.poll()

    assert (before["asked"], before["changed"]) == (1, [])
    assert [one["to"] for one in first["changed"]] == ["awaiting_handover"]
    assert second["asked"] == 0
    [note] = [one for one in handed.told() if one["event"] == "changed"]
    assert "already in use" in note["text"]


def test_a_key_that_was_activated_while_the_answer_got_lost_needs_no_password(handed: Home) -> None:
    handed.world.wire.fail(Fault.ANSWER_LOST, "activateETK")
    with pytest.raises(EhealthNoAnswerError):
        handed.world.resume()
    lost = handed.world.procedure
    other = Home(handed.root.parent / "other", handed.capsys, handed.monkeypatch)
    other.connect(handed.world)
    other.store(lost)
    other.move(minutes=10)

    told = other.poll()

    assert [(one["from"], one["to"]) for one in told["changed"]] == [("activating_etk", "proving")]
    assert not other.shown(lost.id)["in_doubt"]


def _activated_elsewhere(home: Home) -> None:
    home.world.finish()


@pytest.mark.parametrize("kept", ["installing", "completing_etk"])
def test_a_state_that_needs_the_password_is_left_alone(home: Home, kept: str) -> None:
    home.world.crash_at(f"renew.{kept}.before")
    with pytest.raises(Died):
        home.world.finish()
    [procedure] = home.world.under_way()
    home.store(procedure)
    home.at(home.world.clock.now())

    assert home.poll()["asked"] == 0


def test_a_doubt_about_a_request_is_settled(home: Home) -> None:
    home.world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")
    with pytest.raises(EhealthNoAnswerError):
        home.world.renew()
    home.store(home.world.procedure)
    home.move(minutes=10)

    told = home.poll()

    assert [(one["from"], one["to"]) for one in told["changed"]] == [("submitting", "awaiting_delivery")]
    assert home.world.wire.count("generateCertificate") == 1


def test_what_only_the_card_can_tell_is_said(home: Home) -> None:
    home.world.wire.fail(Fault.REQUEST_LOST, "generateCertificate")
    with pytest.raises(EhealthNoAnswerError):
        home.world.renew()
    home.store(home.world.procedure)
    home.move(minutes=10)

    told = home.run("poll", json=False)

    assert told.code == 0
    assert "only the card can tell" in told.out
    assert home.shown(name(home))["in_doubt"]


# --- several ----------------------------------------------------------------------------------------------------------


def others(home: Home, count: int) -> list[ProcedureId]:
    """More renewals of other people that wait, in the same store; of two the keys are unknown to eHealth."""
    first: Procedure = home.world.procedure
    found = []
    for number, person in enumerate([one for one in PEOPLE if one != home.world.holder][:count]):
        key = {**first.facts["key"], "public_key_identifier": f"{number:02}" * 20}
        facts = {**first.facts, "holder": {**first.facts["holder"], "ssin": person.ssin}, "key": key}
        made = replace(first, id=ProcedureId(f"zzzzzzz{number + 2}"), facts=facts, created_at=NOW, since=NOW)
        home.store(made)
        found.append(made.id)
    return found


def test_one_that_fails_does_not_stop_the_others(waiting: Home) -> None:
    failing = others(waiting, 2)
    waiting.move(days=2)

    told = waiting.run("poll")

    assert told.code == 1
    assert {one["procedure"] for one in told.body["failed"]} == set(failing)
    assert {one["code"] for one in told.body["failed"]} == {"ehealth_refused"}
    assert [one["procedure"] for one in told.body["changed"]] == [name(waiting)]
    assert sorted(one["event"] for one in waiting.told()) == ["changed", "trouble", "trouble"]


def test_one_that_another_process_holds_is_passed_over(waiting: Home) -> None:
    waiting.move(days=2)
    locks = FileLocks(waiting.root / "data" / "locks", waiting.world.clock.now)

    with locks.hold(ProcedureId(name(waiting))):
        told = waiting.run("poll")

    assert (told.code, told.body["passed_over"]) == (0, [name(waiting)])


def test_one_pass_at_a_time(waiting: Home) -> None:
    locks = FileLocks(waiting.root / "data" / "locks", waiting.world.clock.now)

    with locks.hold(ProcedureId("poll")):
        told = waiting.run("poll")

    assert (told.code, told.error) == (9, "poll_under_way")


def test_without_a_network_one_question_is_enough(waiting: Home) -> None:
    others(waiting, 2)
    waiting.move(days=2)
    waiting.world.wire.fail(Fault.UNREACHABLE, times=99)
    sent = len(waiting.world.wire.sent)

    told = waiting.run("poll")

    assert told.code == 6
    assert len(told.body["unreachable"]) == 1
    assert len(waiting.world.wire.sent) - sent == 1
    assert waiting.told() == []


def test_so_many_at_once_and_the_rest_in_the_next_pass(waiting: Home) -> None:
    others(waiting, 2)
    waiting.move(days=2)

    first = waiting.poll("--limit", "2")
    second = waiting.poll("--limit", "2")

    assert (first["asked"], first["more"]) == (2, True)
    assert (second["asked"], second["more"]) == (1, False)


# --- notifications ----------------------------------------------------------------------------------------------------


def test_a_failing_command_is_told_is_not_fatal_and_is_tried_again(waiting: Home) -> None:
    waiting.move(days=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EHCERT_NOTIFY", json.dumps([sys.executable, "-c", "raise SystemExit(3)"]))
        failed = waiting.run("poll")

    waiting.poll()

    assert failed.code == 0
    assert failed.body["notified"][0]["failure"] == {"reason": "it ended with an error", "exit": 3}
    assert [one["event"] for one in waiting.told()] == ["changed"]


def test_a_crash_before_the_command_loses_nothing(waiting: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.move(days=2)
    with monkeypatch.context() as patch:
        patch.setattr("adapters.cli.notifying.notify", _die)
        waiting.run("poll")
    assert waiting.told() == []

    waiting.poll()

    assert [one["event"] for one in waiting.told()] == ["changed"]


def _die(*arguments: Any) -> None:
    raise MemoryError("stands for a crash")


def test_without_a_command_nothing_is_marked_as_told(waiting: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.move(days=2)
    with monkeypatch.context() as patch:
        patch.delenv("EHCERT_NOTIFY")
        waiting.poll()

    waiting.poll()

    assert [one["event"] for one in waiting.told()] == ["changed"]


def test_what_the_person_has_seen_meanwhile_is_no_news(waiting: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.move(days=2)
    with monkeypatch.context() as patch:
        patch.delenv("EHCERT_NOTIFY")
        waiting.poll()
    gone_on = waiting.run("resume", secrets={"new_keystore_password": "new-password"})
    assert gone_on.body["procedure"]["state"] != "installing"

    waiting.poll()

    assert waiting.told() == []


def test_a_forgotten_step_is_told_once_for_each_deadline(handed: Home) -> None:
    for _ in range(3):
        handed.move(hours=25)
        handed.poll()
    handed.move(days=5)
    handed.poll()

    notes = [one for one in handed.told() if one["event"] == "forgotten"]
    assert len(notes) == 2
    assert "not activated" in notes[0]["text"]
    assert notes[0]["deadline"]


def test_people_are_told_what_changed(waiting: Home) -> None:
    waiting.move(days=2)

    told = waiting.run("poll", json=False)

    assert "Asked about 1; something new about 1." in told.out
    assert f"Go on with: ehcert resume {name(waiting)}" in told.out
    assert f"{name(waiting)}: told with your command" in told.out
