"""A rerun gives the journal that the bundle has, and the sandbox's log; what is not in a journal it cannot give."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.bundling.reading import Bundle
from adapters.cli.rerunning.course import told_by
from adapters.cli.rerunning.playing import Rerun, rerun
from adapters.cli.wiring import Wiring
from adapters.keystore import bags, writing
from adapters.sandbox.faults import read_head
from adapters.sandbox.people import SCRUTINIZED
from adapters.sandbox.refusal import Refusal
from adapters.sandbox.replies import Reply, refused
from adapters.system.folders import user_folders
from adapters.system.settings import Settings
from tests.adapters.cli.bundles import bundle_of
from tests.reliability.processes import _believed
from tests.world.courses import COURSES
from tests.world.keys import KeyPool
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World
from workflow.acting import Act
from workflow.errors import (
    EhcertError,
    LineNotReplayableError,
    NoSuchLineError,
    RerunDivergedError,
    RerunHomeTakenError,
)
from workflow.ports import GoBack
from workflow.procedure import Line, WrittenLine

pytestmark = pytest.mark.slow
ACT = Act("zoe", "Madame Exemple called")


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The strength of keystores is not tried here."""
    monkeypatch.setattr(writing, "USUAL", writing.Rounds(2, 2))
    monkeypatch.setattr(bags, "load_der_private_key", _believed)


@pytest.fixture
def worlds() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: Any) -> World:
        made.append(World(**options))
        return made[-1]

    yield make
    for world in made:
        world.close()


def home_of(tmp_path: Path) -> Wiring:
    return Wiring(user_folders({"EHCERT_HOME": str(tmp_path / "home")}), Settings(environment="sandbox"))


def played(bundle: Bundle, tmp_path: Path, to: int | None = None) -> Rerun:
    return rerun(bundle, tmp_path / "home", to, KeyPool())


def assert_same(world: World, bundle: Bundle, ended: Rerun, tmp_path: Path) -> None:
    """The same journal, but for Ids and names, even at the same moments; and the same log of the sandbox."""
    wiring = home_of(tmp_path)
    journal = wiring.store.journal(ended.procedure.id)
    assert [told_by(one.line) for one in journal] == [told_by(one.line) for one in bundle.journal]
    assert [one.line.at for one in journal] == [one.line.at for one in bundle.journal]
    assert all(one.sound for one in journal)
    assert ended.procedure.state == bundle.procedure.state
    assert sorted(ended.procedure.facts) == sorted(bundle.procedure.facts)
    assert list(ended.accepted) == [one.operation for one in world.authority.accepted()]


def assert_rerun(world: World, tmp_path: Path) -> Rerun:
    bundle = bundle_of(world, tmp_path)
    ended = played(bundle, tmp_path)
    assert_same(world, bundle, ended, tmp_path)
    return ended


def tried(sitting: Callable[[], Any]) -> None:
    """A sitting that may end with an error or a crash."""
    with contextlib.suppress(EhcertError, Died):
        sitting()


# --- every course -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COURSES)
def test_each_course_is_played_to_the_same_end(name: str, tmp_path: Path) -> None:
    world = COURSES[name].world()
    COURSES[name].finish(world)

    ended = assert_rerun(world, tmp_path)

    assert all(one.real for one in ended.acted)
    world.close()


@pytest.mark.parametrize("line", [1, 4, 9, 13, 14, 19, 23])
def test_it_stops_after_any_line_in_the_state_of_that_line(
    line: int, worlds: Callable[..., World], tmp_path: Path
) -> None:
    world = worlds()
    world.finish()
    bundle = bundle_of(world, tmp_path)
    together = 4  # until the card is read nobody is known, and nothing is stored

    ended = played(bundle, tmp_path, line)

    assert ended.lines == max(line, together)
    last = bundle.journal[ended.lines - 1].line
    assert ended.procedure.state == last.details.get("to", last.state)
    assert ("intent" in ended.procedure.facts) == (last.kind == "intent")


# --- faults -----------------------------------------------------------------------------------------------------------

LOST = [
    (fault, operation)
    for operation in ("generateCertificate", "completeETKRegistration", "activateETK")
    for fault in (
        Fault.UNREACHABLE,
        Fault.REQUEST_LOST,
        Fault.ANSWER_LOST,
        Fault.NONSENSE,
        Fault.FAULT_AFTERWARDS,
        Fault.UNAVAILABLE,
    )
] + [(Fault.ANSWER_LOST, "startETKRegistration"), (Fault.UNREACHABLE, "startETKRegistration")]


@pytest.mark.parametrize(("fault", "operation"), LOST, ids=lambda value: getattr(value, "name", value))
def test_a_lost_message_is_lost_again(
    fault: Fault, operation: str, worlds: Callable[..., World], tmp_path: Path
) -> None:
    world = worlds()
    world.wire.fail(fault, operation)
    world.finish()

    ended = assert_rerun(world, tmp_path)

    assert ended.acted
    assert all(one.real for one in ended.acted)


@pytest.mark.parametrize("operation", ["generateContract", "getCertificate", "getGenericOrganizationTypes"])
def test_a_question_without_an_answer_has_none_again(
    operation: str, worlds: Callable[..., World], tmp_path: Path
) -> None:
    world = worlds()
    world.crash_at("renew.making_contract.before")
    tried(world.start)
    if operation != "generateContract":
        world.resume()
        world.clock.move(days=2)
    world.wire.fail(Fault.REQUEST_LOST, operation)
    world.finish()

    ended = assert_rerun(world, tmp_path)

    assert [one.how for one in ended.acted] == ["request_lost"]


@pytest.mark.parametrize(
    "boundary",
    [
        "renew.submitting.intent_written",
        "renew.submitting.answered",
        "renew.submitting.after_intent",
        "renew.completing_etk.answered",
        "renew.activating_etk.intent_written",
        "renew.making_key.before",
        "renew.looking_up.before",
    ],
)
def test_a_process_that_ended_ends_again(boundary: str, worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.crash_at(boundary)
    tried(world.start)
    tried(world.finish)
    world.finish()

    assert_rerun(world, tmp_path)


def test_an_open_doubt_stays_open(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")
    tried(world.start)

    ended = assert_rerun(world, tmp_path)

    assert "intent" in ended.procedure.facts


class Refusing:
    """A far side that refuses an operation."""

    def __init__(self, world: World, operation: str, times: int = 1) -> None:
        self.world, self.operation, self.left = world, operation, times

    def answer(self, service: str, body: bytes) -> Reply:
        operation, message = read_head(service, body)
        if operation is None or operation.name != self.operation or not self.left:
            return self.world.authority.answer(service, body)
        self.left -= 1
        desk = self.world.authority.desk
        return refused(operation, desk.identifier(), message, self.world.clock.now(), Refusal("SIM_REQUEST_REFUSED"))


@pytest.mark.parametrize(
    "operation", ["generateCertificate", "completeETKRegistration", "activateETK", "getCertificate"]
)
def test_a_refusal_is_given_again(operation: str, worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.wire.far_side = Refusing(world, operation)
    for _ in range(6):
        tried(world.finish)

    ended = assert_rerun(world, tmp_path)

    assert "SIM_REQUEST_REFUSED" in [one.how for one in ended.acted]


def test_a_revocation_that_was_refused_is_refused_again(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds(definition="revoke")
    world.wire.far_side = Refusing(world, "revoke")
    tried(world.start)

    assert_rerun(world, tmp_path)


def test_what_the_support_team_refused_is_refused_again(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds(person=SCRUTINIZED)
    waiting = world.finish("awaiting_validation")
    world.authority.refuse(waiting.facts["key"]["public_key_identifier"])
    world.clock.move(days=1)
    tried(world.resume)

    ended = assert_rerun(world, tmp_path)

    assert ended.procedure.state == "refused"


def test_a_wrong_clock_is_wrong_again(worlds: Callable[..., World], tmp_path: Path) -> None:
    from datetime import timedelta

    world = worlds()
    world.person.interrupts = {4: KeyboardInterrupt()}
    with contextlib.suppress(KeyboardInterrupt):
        world.start()
    world.person.interrupts = {}
    world.own_clock.skew = timedelta(hours=1)
    tried(world.resume)
    world.own_clock.skew = timedelta(0)
    world.clock.move(hours=2)
    world.finish()

    ended = assert_rerun(world, tmp_path)

    assert [one.how for one in ended.acted] == ["the clock of the computer is wrong"]


# --- people -----------------------------------------------------------------------------------------------------------


def test_wrong_pins_and_absent_cards_are_raised_for_the_step_and_told(
    worlds: Callable[..., World], tmp_path: Path
) -> None:
    world = worlds()
    world.person.interrupts = {5: KeyboardInterrupt()}
    with contextlib.suppress(KeyboardInterrupt):
        world.start()
    world.person.interrupts = {}
    world.cards.remove()
    tried(world.resume)
    world.cards.insert(world.card)
    world.person.secrets["pin"] = ["9999", "1234"]
    tried(world.resume)
    world.finish()

    ended = assert_rerun(world, tmp_path)

    assert ended.acted
    assert {one.real for one in ended.acted} == {False}


@pytest.mark.parametrize("question", [5, 6, 7, 8])
def test_somebody_who_went_back_goes_back_again(question: int, worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.person.interrupts = {question: GoBack()}
    world.finish()

    assert_rerun(world, tmp_path)


def test_a_cancelled_procedure_is_cancelled_again(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.crash_at("renew.submitting.before")
    tried(world.start)
    world.cancel()

    ended = assert_rerun(world, tmp_path)

    assert ended.procedure.state == "cancelled"


def test_what_the_helpdesk_did_is_done_again(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    waiting = world.start().procedure
    engine = world.engine()
    engine.note(waiting.id, ACT)
    world.clock.move(hours=1)
    engine.postpone(waiting.id, world.clock.now().replace(hour=23), ACT)
    engine.announce(waiting.id, world.clock.now().date())
    world.clock.move(minutes=5)
    world.engine().retry(waiting.id, world.sitting(), ACT)
    world.clock.move(hours=2)
    world.resume()
    world.engine().abandon(waiting.id, ACT)

    ended = assert_rerun(world, tmp_path)

    assert ended.procedure.state == "abandoned"


def test_the_helpdesk_that_went_back_goes_back_again(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.crash_at("renew.submitting.before")
    tried(world.start)
    procedure = world.procedure
    world.engine().back(procedure.id, "awaiting_contact", world.steps(), ACT)
    world.finish()

    assert_rerun(world, tmp_path)


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_the_home_can_be_gone_on_with(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.finish("awaiting_delivery")
    bundle = bundle_of(world, tmp_path)
    ended = played(bundle, tmp_path)

    wiring = home_of(tmp_path)

    assert wiring.store.load(ended.procedure.id).state == "awaiting_delivery"
    assert abs((wiring.clock("sandbox").now() - bundle.journal[-1].line.at).total_seconds()) < 120
    assert len(wiring.keystores("sandbox").files()) == 2
    assert (tmp_path / "home" / "config" / "config.toml").read_text() == 'environment = "sandbox"\n'


# --- what cannot be played --------------------------------------------------------------------------------------------


def with_line(bundle: Bundle, number: int, **changes: Any) -> Bundle:
    journal = list(bundle.journal)
    written = journal[number - 1]
    journal[number - 1] = dataclasses.replace(written, line=dataclasses.replace(written.line, **changes))
    return dataclasses.replace(bundle, journal=journal)


@pytest.mark.parametrize("kind", ["corrected", "restored", "repaired", "lost", "unreadable"])
def test_a_line_that_no_procedure_writes_stops_the_rerun_before_it(
    kind: str, worlds: Callable[..., World], tmp_path: Path
) -> None:
    world = worlds()
    world.finish("awaiting_delivery")
    bundle = with_line(bundle_of(world, tmp_path), 8, kind=kind)

    with pytest.raises(LineNotReplayableError) as raised:
        played(bundle, tmp_path)

    assert raised.value.details["line"] == 8
    store = home_of(tmp_path).store
    assert len(store.journal(bundle.procedure.id)) == 7


def test_a_damaged_line_stops_the_rerun_before_it(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.finish("awaiting_delivery")
    bundle = bundle_of(world, tmp_path)
    journal = [WrittenLine(one.number, one.line, one.number != 6) for one in bundle.journal]

    with pytest.raises(LineNotReplayableError, match="line 6"):
        played(dataclasses.replace(bundle, journal=journal), tmp_path)


def test_what_the_sandbox_does_not_do_is_told(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.finish("awaiting_delivery")
    bundle = with_line(bundle_of(world, tmp_path), 8, trigger="unheard_of")

    with pytest.raises(RerunDivergedError, match=r"line 8.*unheard_of"):
        played(bundle, tmp_path)


@pytest.mark.parametrize("line", [0, 1000])
def test_a_line_that_is_not_there_is_refused(line: int, worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.finish("awaiting_delivery")

    with pytest.raises(NoSuchLineError):
        played(bundle_of(world, tmp_path), tmp_path, line)

    assert not (tmp_path / "home").exists()


def test_a_home_that_holds_something_is_left_alone(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds()
    world.finish("awaiting_delivery")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mine").write_text("mine")

    with pytest.raises(RerunHomeTakenError):
        played(bundle_of(world, tmp_path), tmp_path)

    assert [path.name for path in (tmp_path / "home").iterdir()] == ["mine"]


def test_two_lines_are_the_same_but_for_ids_and_moments() -> None:
    from tests.world.clock import START

    first = Line(START, "intent", "submitting", details={"operation": "revoke", "message_id": "a"})
    second = Line(START.replace(year=2032), "intent", "submitting", details={"operation": "revoke", "message_id": "b"})
    other = Line(START, "intent", "submitting", details={"operation": "activateETK", "message_id": "a"})

    assert told_by(first) == told_by(second) != told_by(other)
