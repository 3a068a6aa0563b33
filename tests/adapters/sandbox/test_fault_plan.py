"""Which call meets which fault: by number, by chance, and what a plan refuses to be."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from adapters.sandbox.fault_kinds import Stage
from adapters.sandbox.fault_plan import ANY_FAULT, FAULTS, FaultPlan, Progress, Rule

LATE_ENOUGH = (Stage.WHOLE,)


def struck(progress: Progress, *operations: str) -> list[str | None]:
    strikes = [progress.strike(operation, LATE_ENOUGH) for operation in operations]
    return [strike and strike.fault.name for strike in strikes]


def test_a_rule_strikes_the_nth_call_of_its_operation_once() -> None:
    progress = Progress(FaultPlan.once("answer_lost", "getEtk", call=2))

    seen = struck(progress, "getEtk", "activateETK", "getEtk", "getEtk")

    assert seen == [None, None, "answer_lost", None]
    assert progress.is_over


def test_a_rule_can_strike_several_times_in_a_row() -> None:
    progress = Progress(FaultPlan((Rule(("empty",), call=2, times=2),)))

    assert struck(progress, *["getEtk"] * 5) == [None, "empty", "empty", None, None]


def test_a_rule_without_an_end_is_never_over() -> None:
    progress = Progress(FaultPlan((Rule(("empty",), times=None),)))

    assert struck(progress, *["getEtk"] * 50) == ["empty"] * 50
    assert not progress.is_over


def test_the_first_rule_wins_and_the_others_count_on() -> None:
    progress = Progress(FaultPlan((Rule(("empty",)), Rule(("html_500",), call=2), Rule(("fault_200",), call=3))))

    assert struck(progress, *["getEtk"] * 3) == ["empty", "html_500", "fault_200"]


def test_chance_is_the_same_for_the_same_seed() -> None:
    def calls(seed: int) -> list[str | None]:
        return struck(Progress(FaultPlan.random(0.3, seed)), *["getCertificate"] * 60)

    assert calls(1) == calls(1)
    assert calls(1) != calls(2)


def test_chance_strikes_about_as_often_as_it_is_told_to() -> None:
    progress = Progress(FaultPlan((Rule(("empty",), rate=0.2, times=None),), seed=5))

    counts = Counter(struck(progress, *["getEtk"] * 1000))

    assert 150 < counts["empty"] < 250


def test_chance_meets_every_fault_of_the_connection_in_time() -> None:
    progress, seen = Progress(FaultPlan.random(1.0, 3)), set()
    for _ in range(600):
        for stages in ((Stage.BEFORE, Stage.DOOR), (Stage.WHOLE,), (Stage.CONTENT,)):
            strike = progress.strike("getCertificate", stages)
            if strike is not None:
                seen.add(strike.fault.name)
                break

    assert seen == set(ANY_FAULT)


def test_what_struck_before_a_restart_does_not_strike_again() -> None:
    progress = Progress(FaultPlan.once("empty"), struck={0: 1})

    assert struck(progress, "getEtk") == [None]
    assert progress.is_over


def test_a_call_without_the_content_does_not_count() -> None:
    progress = Progress(FaultPlan.once("certificate_expired", "getCertificate"))
    content = (Stage.CONTENT,)

    assert progress.strike("getCertificate", content, lambda strike: False) is None
    assert progress.strike("getCertificate", content, lambda strike: True) is not None


def test_parameters_replace_the_defaults() -> None:
    (strike,) = [Progress(FaultPlan.once("late", seconds=1.5)).strike("getEtk", LATE_ENOUGH)]

    assert strike is not None
    assert strike.parameters == {"seconds": 1.5}
    assert strike.carried_out


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"faults": ("nothing",)}, "unknown fault"),
        ({"faults": ()}, "no fault"),
        ({"faults": ("empty",), "operation": "getNothing"}, "unknown operation"),
        ({"faults": ("challenge_wrong_hash",), "operation": "getEtk"}, "cannot strike"),
        ({"faults": ("empty",), "call": 0}, "1 or more"),
        ({"faults": ("empty",), "times": 0}, "1 or more"),
        ({"faults": ("empty",), "rate": 1.5}, "between"),
        ({"faults": ("empty",), "parameters": {"seconds": 1.0}}, "no parameter"),
        ({"faults": ("empty", "html_500"), "parameters": {"seconds": 1.0}}, "no parameter"),
        ({"faults": ("late",), "parameters": {"seconds": -1.0}}, "0 or more"),
        ({"faults": ("late",), "parameters": {"carried_out": 0.0}}, "no parameter"),
    ],
)
def test_a_rule_that_can_never_strike_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Rule(**values)


def test_only_what_needs_no_content_can_be_left_open() -> None:
    derived = {"truncated", "wrong_type", "foreign", "late", "drip", "accepted_reset", "answer_lost"}

    assert not any(FAULTS[name].either for name in derived)
