"""Plans of faults as files: strict reading, arming in a folder, and what a restart finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.sandbox.fault_file import LARGEST, BadFaultPlanError, read_plan
from adapters.sandbox.fault_folder import FIRED_FILE, PLAN_FILE, arm, armed, disarm, fired
from adapters.sandbox.fault_plan import ANY_FAULT, FaultPlan, Rule
from adapters.sandbox.faults import Faulty
from adapters.sandbox.replies import Reply
from tests.adapters.sandbox.client import World

WHOLE = """\
seed: 42
rate: 0.1
rules:
  - fault: answer_lost
    operation: generateCertificate
    call: 2
    times: 3
  - fault: [empty, late]
    rate: 0.5
    seconds: 90
  - fault: unavailable
    times: always
    carried_out: true
"""


def read(tmp_path: Path, text: str) -> FaultPlan:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    return read_plan(path)


def test_a_plan_is_read(tmp_path: Path) -> None:
    plan = read(tmp_path, WHOLE)

    assert plan == FaultPlan(
        (
            Rule(("answer_lost",), "generateCertificate", 2, 3),
            Rule(("empty", "late"), times=None, rate=0.5, parameters={"seconds": 90.0}),
            Rule(("unavailable",), times=None, parameters={"carried_out": 1.0}),
            Rule(ANY_FAULT, times=None, rate=0.1),
        ),
        42,
    )


def test_a_plan_may_be_json(tmp_path: Path) -> None:
    plan = read(tmp_path, '{"rules": [{"fault": "late", "seconds": 1}]}')

    assert plan == FaultPlan.once("late", seconds=1.0)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "are expected"),
        ("- a", 1, "are expected"),
        ("rules: []", 1, "no rule"),
        ("seed: 1", 1, "no rule"),
        ("seed: 1\nspeed: 2", 2, "unknown name 'speed'"),
        ("seed: x\nrate: 0.1", 1, "must be a number"),
        ("seed: true\nrate: 0.1", 1, "must be a number"),
        ("seed: 1\nrate: 2", 2, "between 0 and 1"),
        ("rules: 3", 1, "list of rules"),
        ("rules:\n  - operation: getEtk", 2, "names its 'fault'"),
        ("rules:\n  - fault: empty\n  - fault: boom", 3, "unknown fault 'boom'"),
        ("rules:\n  - fault: empty\n    seconds: 3", 2, "no parameter"),
        ("rules:\n  - fault: empty\n    colour: 3", 3, "unknown name 'colour'"),
        ("rules:\n  - fault: empty\n    carried_out: 1", 3, "true or false"),
        ("rules:\n  - fault: empty\n    call: 1.5", 3, "must be a number"),
        ("rules:\n  - fault: empty\n    times: often", 3, "must be a number"),
        ("rules:\n  - fault: reset\n    operation: getEtk", 3, "before the operation is known"),
        ("rules:\n  - fault: empty\n  - fault: empty\n    fault: late", 4, "duplicate key"),
        ("rules: [", 1, "line 1"),
        ("rules: &a\n  - fault: empty\nrate: *a", 3, "aliases"),
        ("a: !!python/object:os.system x", 1, "unknown name"),
        (" " * (LARGEST + 1), 1, "too large"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_line(text: str, line: int, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadFaultPlanError, match=words) as caught:
        read(tmp_path, text)

    assert caught.value.details["line"] == line


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFaultPlanError, match="cannot be read"):
        read_plan(tmp_path / "nothing.yaml")


def test_an_armed_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    plan = read(tmp_path, WHOLE)

    name = arm(tmp_path, plan)

    assert armed(tmp_path) == (name, plan)
    assert (tmp_path / PLAN_FILE).stat().st_mode & 0o777 == 0o600
    disarm(tmp_path)
    disarm(tmp_path)
    assert armed(tmp_path) is None


def ask(world: World, far_side: Faulty) -> Reply:
    draft = world.organization_types()
    return far_side.answer(draft.service, draft.body())


def test_a_sandbox_that_serves_takes_up_a_new_plan_at_once(world: World, tmp_path: Path) -> None:
    far_side = Faulty(world.authority, world.clock.now, tmp_path)

    statuses = [ask(world, far_side).status]
    arm(tmp_path, FaultPlan((Rule(("unavailable",), times=None),)))
    statuses += [ask(world, far_side).status, ask(world, far_side).status]
    arm(tmp_path, FaultPlan.once("html_500"))
    statuses += [ask(world, far_side).status, ask(world, far_side).status]
    arm(tmp_path, FaultPlan.once("html_500"))
    statuses.append(ask(world, far_side).status)
    disarm(tmp_path)
    statuses.append(ask(world, far_side).status)

    assert statuses == [200, 503, 503, 500, 200, 500, 200]


def test_what_struck_once_does_not_strike_after_a_restart(world: World, tmp_path: Path) -> None:
    first = Faulty(world.authority, world.clock.now, tmp_path, FaultPlan.once("html_500"))
    ask(world, first)

    second = Faulty(world.authority, world.clock.now, tmp_path)

    assert ask(world, second).status == 200
    assert [one.fault for one in fired(tmp_path)] == [one.fault for one in second.fired()] == ["html_500"]


def test_a_record_that_was_cut_off_is_passed_over(world: World, tmp_path: Path) -> None:
    far_side = Faulty(world.authority, world.clock.now, tmp_path, FaultPlan((Rule(("html_500",), times=2),)))
    ask(world, far_side)
    with (tmp_path / FIRED_FILE).open("a") as file:
        file.write('{"at": "20')

    again = Faulty(world.authority, world.clock.now, tmp_path)

    assert ask(world, again).status == 500
    assert fired(tmp_path) == again.fired()
    assert len(fired(tmp_path)) == 2
