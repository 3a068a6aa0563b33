"""The sandbox in memory, with people, cards and keys made once; the official schemas when they are there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from adapters.sandbox.desk import Rules
from adapters.sandbox.files import private_folder
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import PEOPLE, Person
from adapters.sandbox.pki import Pki
from tests.adapters.sandbox.client import (
    CERTRA_SERVICE,
    DEPOT_SERVICE,
    ETKRA_SERVICE,
    Answered,
    FakeClock,
    KeyPool,
    World,
)

NOW = datetime(2031, 3, 4, 9, 10, 11, tzinfo=UTC)
_SCHEMA_FILES = {
    CERTRA_SERVICE: "ehealth-certra-schema-protocol-2_0.xsd",
    ETKRA_SERVICE: "ehealth-etkra-schema-protocol-2_0.xsd",
    DEPOT_SERVICE: "ehealth-etkdepot-schema-protocol-1_0.xsd",
}
_PROJECT = Path(__file__).parents[3]


class _Maker:
    def make(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class _Schemas:
    """Checks every message that goes through a world, when the schemas are there; None otherwise."""

    def __init__(self, folder: Path) -> None:
        parser = etree.XMLParser(no_network=True)
        self._schemas = {
            service: etree.XMLSchema(etree.parse(str(folder / name), parser)) for service, name in _SCHEMA_FILES.items()
        }

    def is_valid(self, service: str, content: Any) -> bool:
        return bool(self._schemas[service].validate(etree.fromstring(etree.tostring(content))))

    def problem(self, service: str) -> str:
        return str(self._schemas[service].error_log.last_error)


@pytest.fixture(scope="session")
def schemas_or_none() -> _Schemas | None:
    folder = Path(os.environ.get("EHCERT_SCHEMAS", _PROJECT.parent / "shared" / "ehealth" / "schemas"))
    return _Schemas(folder) if folder.is_dir() else None


@pytest.fixture
def schemas(schemas_or_none: _Schemas | None) -> _Schemas:
    if schemas_or_none is None:
        reason = "the official schemas are not here: give their folder in EHCERT_SCHEMAS"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return schemas_or_none


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki.make(_Maker())


@pytest.fixture
def folder(tmp_path: Path, pki: Pki) -> Path:
    """A folder with authorities in it, which are expensive to make."""
    pki.save(private_folder(tmp_path / "sandbox" / "pki"), b"passphrase")
    return tmp_path / "sandbox"


@pytest.fixture(scope="session")
def key_pool() -> list[rsa.RSAPrivateKey]:
    """Enough for any one test."""
    return [_Maker().make() for _ in range(8)]


@pytest.fixture(scope="session")
def cards(pki: Pki) -> dict[Person, Any]:
    sandbox = Sandbox.in_memory(FakeClock(NOW), _Maker(), pki=pki)
    return {person: sandbox.make_card(person) for person in PEOPLE}


@pytest.fixture
def make_world(
    pki: Pki, key_pool: list[rsa.RSAPrivateKey], cards: dict[Person, Any], schemas_or_none: _Schemas | None
) -> Iterator[Callable[..., World]]:
    """Makes worlds; each answer in them must follow the official schemas."""
    made: list[World] = []

    def watch(service: str, body: bytes, answered: Answered) -> None:
        if schemas_or_none is None or etree.QName(answered.content).localname == "Fault":
            return
        assert schemas_or_none.is_valid(service, answered.content), schemas_or_none.problem(service)

    def make(rules: Rules | None = None) -> World:
        clock = FakeClock(NOW)
        sandbox = Sandbox.in_memory(clock, KeyPool(key_pool), rules, pki)
        made.append(World(sandbox, clock, cards, watch))
        return made[-1]

    yield make
    for world in made:
        world.sandbox.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
