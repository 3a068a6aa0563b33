"""Each refusal has one cause: with the defect it comes, without it the same message is carried out."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.sandbox import refusal
from tests.adapters.sandbox.client import World
from tests.adapters.sandbox.refusals import FAULT, REFUSALS, Case, fill_strange_keys


@pytest.fixture(autouse=True)
def strange_keys(key_pool: list[rsa.RSAPrivateKey]) -> None:
    fill_strange_keys(key_pool)


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.id)
def test_a_defect_is_refused_with_its_code_and_changes_nothing(case: Case, world: World) -> None:
    good = case.arrange(world)
    draft = case.spoil(world, good)
    spoiled = good if draft is None or not hasattr(draft, "body") else draft
    before = world.authority.accepted()

    answered = world.post(spoiled)

    assert answered.code == case.code
    assert world.authority.accepted() == before


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.id)
def test_without_the_defect_the_message_is_carried_out(case: Case, world: World) -> None:
    draft = case.arrange(world)

    answered = world.post(draft)

    assert answered.code == "Success"


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.id)
def test_the_interface_rules_are_those_of_the_official_schemas(case: Case, world: World, schemas: Any) -> None:
    good = case.arrange(world)
    assert schemas.is_valid(good.service, good.signed()), schemas.problem(good.service)
    draft = case.spoil(world, good)
    spoiled = good if draft is None or not hasattr(draft, "body") else draft

    is_valid = schemas.is_valid(spoiled.service, spoiled.signed())

    assert is_valid == (case.code != FAULT)


def test_every_code_has_a_case() -> None:
    codes = {case.code for case in REFUSALS}

    assert refusal.REFUSALS.keys() - codes == set()


def test_there_are_at_least_forty_cases() -> None:
    assert len({case.id for case in REFUSALS}) == len(REFUSALS) >= 40
