"""English texts for every test, whatever the machine speaks; French for those that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.cli.words import set_language


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "en")
    for name in ("EHCERT_LANGUAGE", "EHCERT_HOME", "EHCERT_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def french(english: None) -> None:
    set_language("fr")
