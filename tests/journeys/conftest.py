"""The sandbox of the journeys, served by a process of its own; one for each worker of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.sandbox.home import Sandbox
from tests.journeys.practice import ROOT, FarSide, Practice
from tests.journeys.quick import Quick


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.soap)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def far_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarSide]:
    home = tmp_path_factory.mktemp("far-side")
    home.chmod(0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EHCERT_")}
    variables = {**kept, "PYTHONPATH": str(ROOT), "EHCERT_HOME": str(home), "EHCERT_LANGUAGE": "en"}
    command = [sys.executable, "-m", "adapters.cli.app", "sandbox", "serve", "--json"]
    with subprocess.Popen(command, env=variables, cwd=home, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        served = json.loads(process.stdout.readline())
        sandbox = Sandbox.open(home / "data" / "sandbox")
        try:
            yield FarSide(home, served["address"], sandbox)
        finally:
            sandbox.close()
            process.terminate()
            process.wait(30)


@pytest.fixture
def open_practice(far_side: FarSide, tmp_path: Path) -> Callable[[], Practice]:
    """Opens practices: each has a home and a person of its own."""
    opened: list[Practice] = []

    def new() -> Practice:
        practice = far_side.practice(tmp_path / f"practice-{len(opened)}")
        opened.append(practice)
        return practice

    return new


@pytest.fixture
def practice(open_practice: Callable[[], Practice]) -> Practice:
    """A practice without card and keystore."""
    return open_practice()


@pytest.fixture
def open_quick(open_practice: Callable[[], Practice]) -> Callable[[], Quick]:
    """Opens practices for journeys of many commands, with a card in the reader and the usual answers."""

    def new() -> Quick:
        opened = open_practice()
        quick = Quick(opened.home, opened.far_side, opened.person)
        quick.issue_card()
        quick.answer()
        return quick

    return new


@pytest.fixture
def quick(open_quick: Callable[[], Quick]) -> Quick:
    """One of them."""
    return open_quick()
