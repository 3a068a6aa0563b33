"""The exit codes with which a sitting ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.cli.running import exit_code
from workflow.definition import Final
from workflow.definitions.renew import RENEW
from workflow.procedure import Procedure, ProcedureId
from workflow.record import Report

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def report(name: str, passed: tuple[str, ...] = ("x",)) -> Report:
    state = RENEW.state(name)
    procedure = Procedure(ProcedureId("23456789"), "renew", 1, "sandbox", name, state.turn, {}, NOW, NOW)
    return Report(replace(procedure, ended=isinstance(state, Final)), passed)


ENDS = {
    # state: simple, detailed
    "done": (0, 10),
    "cancelled": (0, 10),
    "abandoned": (0, 10),
    "refused": (7, 7),
    "expired": (8, 8),
    "awaiting_validation": (0, 11),
    "awaiting_delivery": (0, 11),
    "awaiting_handover": (0, 12),
    "awaiting_approval": (0, 12),
}


@pytest.mark.parametrize(("state", "codes"), ENDS.items())
def test_the_exit_code_tells_how_it_ended(state: str, codes: tuple[int, int]) -> None:
    assert (exit_code(report(state), detailed=False), exit_code(report(state), detailed=True)) == codes


def test_a_look_without_news_is_a_wait() -> None:
    assert exit_code(report("awaiting_delivery", passed=()), detailed=True) == 11
