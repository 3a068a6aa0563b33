"""The way of a procedure as a drawing, a picture, text for Mermaid, and bars: each tells the way without colours."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.cli.commands.history import bars
from adapters.cli.drawing import drawing
from adapters.cli.svg import svg
from adapters.cli.telling import state_words
from adapters.cli.words import set_language
from tests.world.clock import START
from tests.world.stuck import HELPDESK, go, unapproved
from tests.world.world import World
from workflow.definition import Definition, Final, Turn
from workflow.definitions import DEFINITIONS
from workflow.diagram import HERE, LEAVING, PASSED, mermaid
from workflow.procedure import Line, Procedure, ProcedureId, WrittenLine
from workflow.way import Stay, Way, way_of

SVG = "{http://www.w3.org/2000/svg}"
RENEW = DEFINITIONS["renew"]
every_definition = pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


@pytest.fixture(scope="module")
def detour() -> Way:
    """The way of a renewal that the helpdesk sent back to the card once, and that waits for the practice software."""
    world = World()
    unapproved(world)
    world.engine().back(world.procedure.id, "awaiting_card", world.steps(), HELPDESK)
    go(world)
    world.clock.move(days=2)
    go(world)
    return way_of(RENEW, world.procedure, world.journal(world.procedure.id))


def straight(definition: Definition) -> Way:
    """The way through every state up to the goal."""
    names = [state.name for state in definition.states if not isinstance(state, Final)]
    stays = [Stay(name, START + timedelta(hours=n), START + timedelta(hours=n + 1)) for n, name in enumerate(names)]
    return Way((*stays, Stay(definition.goal, START + timedelta(days=3))))


# --- the way ----------------------------------------------------------------------------------------------------------


def test_the_way_tells_each_stay_and_how_long_it_lasted(detour: Way) -> None:
    states = [stay.state for stay in detour.stays]

    assert states[:3] == ["checking", "awaiting_consent", "awaiting_card"]
    assert states.count("awaiting_card") == 2
    assert detour.here == "awaiting_handover"
    assert "awaiting_handover" not in detour.passed
    delivery = next(stay for stay in detour.stays if stay.state == "awaiting_delivery")
    assert delivery.lasted(START) == timedelta(days=2)
    assert all(stay.until for stay in detour.stays[:-1])


def test_a_clock_that_went_back_makes_no_negative_time() -> None:
    assert Stay("checking", START, START - timedelta(days=1)).lasted(START) == timedelta(0)


def test_where_lines_are_lost_the_row_says_where_it_stands() -> None:
    procedure = Procedure(
        ProcedureId("23456789"), "renew", 2, "sandbox", "awaiting_delivery", Turn.EHEALTH, {}, START, START
    )
    lines = [WrittenLine(1, Line(START, "lost", ""), False), WrittenLine(2, Line(START, "looked", "x"), True)]

    way = way_of(RENEW, procedure, lines)

    assert [stay.state for stay in way.stays] == ["awaiting_delivery"]


@pytest.mark.parametrize(("act", "state"), [("cancel", "cancelled"), ("abandon", "abandoned")])
def test_an_end_by_a_person_is_the_last_stay(act: str, state: str) -> None:
    world = World()
    if act == "cancel":
        unapproved(world)
        world.cancel()
    else:
        go(world)
        world.engine().abandon(world.procedure.id, HELPDESK)
    [procedure] = world.all_procedures()

    way = way_of(RENEW, procedure, world.journal(procedure.id))

    assert way.here == state
    assert way.stays[-1].trigger == act


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_the_drawing_shows_what_was_passed_where_it_stands_and_in_which_order(detour: Way) -> None:
    lines = list(drawing(RENEW, detour))

    assert "[x] Identity card" in lines
    assert any(line.startswith("[>] Practice software") and "here since 6 March 2031" in line for line in lines)
    assert "[ ] Activating the key" in lines
    assert any("==>" in line and "Identity card" in line for line in lines[2:]), "the way back is drawn"
    assert max(map(len, lines)) <= 100


@every_definition
def test_every_definition_can_be_drawn_with_plain_signs(definition: Definition) -> None:
    lines = list(drawing(definition, straight(definition)))

    assert all(line.isascii() for line in lines)
    for state in definition.states:
        assert any(state_words(state.name) in line for line in lines)


@every_definition
def test_every_definition_makes_a_picture_that_is_well_formed(definition: Definition) -> None:
    root = ET.fromstring(svg(definition, straight(definition), 'Renew <b> & "more"'))

    boxes = [rect for rect in root.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    assert [rect.findtext(f"{SVG}title") for rect in boxes] == [state.name for state in definition.states]
    assert root.findtext(f"{SVG}title") == 'Renew <b> & "more"'
    assert root.find(f"{SVG}script") is None
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for rect in boxes:
        assert float(rect.get("x", 0)) + float(rect.get("width", 0)) <= width
        assert float(rect.get("y", 0)) + float(rect.get("height", 0)) <= height
    corners = [(rect.get("x"), rect.get("y")) for rect in boxes]
    assert len(set(corners)) == len(corners), "no box lies on another"


def test_the_picture_marks_the_way_by_signs_and_numbers(detour: Way) -> None:
    root = ET.fromstring(svg(RENEW, detour, "x"))

    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert f"{HERE} Practice software" in texts
    assert f"{PASSED} Identity card" in texts
    assert "Activating the key" in texts
    assert any(text.startswith("1 ") for text in texts)


def test_the_text_for_mermaid_marks_the_way(detour: Way) -> None:
    text = mermaid(RENEW, without=LEAVING, way=detour, words=state_words)

    assert f'state "{HERE} Practice software" as awaiting_handover' in text
    assert f'state "{PASSED} Identity card" as awaiting_card' in text
    assert 'state "Activating the key" as activating_etk' in text
    assert "class awaiting_handover here" in text
    assert "    checking --> awaiting_consent: ready (1)" in text
    assert "    awaiting_approval --> awaiting_card: back (8)" in text, "also a way that no definition declares"


def test_the_diagram_of_a_definition_has_no_marks() -> None:
    text = mermaid(RENEW)

    assert PASSED not in text
    assert "(1)" not in text


# --- bars -------------------------------------------------------------------------------------------------------------


def drawn(stays: Sequence[Stay], *, ended: bool = False) -> list[str]:
    return list(bars(Way(tuple(stays)), START + timedelta(days=10), ended=ended))


def test_the_longest_bar_reaches_column_80_and_the_others_are_in_proportion() -> None:
    day = timedelta(days=1)
    lines = drawn(
        [
            Stay("checking", START, START),
            Stay("awaiting_card", START, START + timedelta(minutes=1)),
            Stay("awaiting_delivery", START, START + 4 * day),
            Stay("awaiting_handover", START + 2 * day),
        ]
    )

    assert [line.count("#") for line in lines][:2] == [0, 1], "a minute can be seen, nothing is nothing"
    assert max(map(len, lines)) == 80 == len(lines[3])
    assert lines[2].count("#") == round(lines[3].count("#") / 2)
    assert "8 days" in lines[3]


def test_an_end_lasts_for_ever_and_has_no_bar() -> None:
    lines = drawn([Stay("proving", START, START + timedelta(minutes=1)), Stay("done", START)], ended=True)

    assert len(lines) == 1


@every_definition
def test_no_bar_is_wider_than_the_terminal(definition: Definition) -> None:
    for language in ("en", "fr", "nl", "de"):
        set_language(language)

        assert max(map(len, drawn(straight(definition).stays))) <= 80
