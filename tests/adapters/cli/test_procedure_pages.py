"""The pages of the procedures say what the definitions say."""

from __future__ import annotations

import pytest

from adapters.cli.procedure_pages import FOLDER, page, pages
from workflow.definition import Definition
from workflow.definitions import DEFINITIONS


def test_the_pages_in_the_documentation_are_those_of_today() -> None:
    there = {path: path.read_text("utf-8") for path in FOLDER.glob("*.md")}

    assert there == pages(), "run make pages"


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_page_names_every_state_and_every_way_between_them(definition: Definition) -> None:
    told = page(definition)

    assert all(f"| `{state.name}` | {state.says}" in told for state in definition.states)
    forward = [t for t in definition.transitions if t.trigger not in ("back", "cancel", "abandon")]
    assert all(f"    {source} --> {t.dest}: {t.trigger}" in told for t in forward for source in t.sources)
