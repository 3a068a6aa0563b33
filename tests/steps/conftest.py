"""Worlds and benches for the tests of the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.world.bench import Bench
from tests.world.courses import COURSES
from tests.world.world import World


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    """Makes worlds, and puts them away."""
    made: list[World] = []

    def make(**options: Any) -> World:
        made.append(World(**options))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def bench_at(make_world: Callable[..., World]) -> Callable[..., Bench]:
    """The step of a state of a renewal, in a world with these options."""
    return lambda state, **options: Bench(make_world(**options), state)


@pytest.fixture
def bench_on() -> Iterator[Callable[..., Bench]]:
    """The step of a state of a course of `tests.world.courses`, in its world with these options."""
    made: list[World] = []

    def bench(course: str, state: str, **options: Any) -> Bench:
        made.append(COURSES[course].world(**options))
        return Bench(made[-1], state, COURSES[course].definition)

    yield bench
    for world in made:
        world.close()
