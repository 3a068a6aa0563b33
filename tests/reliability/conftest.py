"""The cases of the matrix run by `make reliability`; under pytest only when they are asked for: -m reliability."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that runs a case of a row."""
    for item in items:
        if item.path.is_relative_to(HERE) and "case" in getattr(item, "fixturenames", ()):
            item.add_marker("reliability")
