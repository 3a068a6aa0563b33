"""Every sabotage finds its place in the program, so that `make sabotage` tries what it says."""

from __future__ import annotations

import ast

import pytest

from tests.sabotage.__main__ import ROOT, place_of
from tests.sabotage.biting import chosen
from tests.sabotage.defects import DEFECTS, Bite, Change, Defect

CHANGES = [(defect, change) for defect in DEFECTS for change in defect.changes]


@pytest.mark.parametrize(("defect", "change"), CHANGES, ids=lambda one: one.name if isinstance(one, Defect) else "")
def test_a_defect_finds_its_place_and_leaves_a_program(defect: Defect, change: Change) -> None:
    text = place_of(change, ROOT).read_text()

    changed = text.replace(change.old, change.new)

    assert changed != text
    ast.parse(changed)


def test_there_are_at_least_twenty_defects_of_different_names() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 20


def test_every_defect_changes_something_and_names_a_row() -> None:
    assert all(defect.changes and defect.bites for defect in DEFECTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "bite",
    sorted({bite for defect in DEFECTS for bite in defect.bites}, key=str),
    ids=lambda bite: f"{bite.row} {bite.cases}",
)
def test_a_named_row_has_the_cases(bite: Bite) -> None:
    assert chosen(bite)
