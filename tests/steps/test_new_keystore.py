"""The keystore that the procedure made: found whatever its name, known by its key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.world.bench import Bench
from tests.world.keystores import MemoryKeystores
from tests.world.world import NEW_PASSWORD, OLD_PASSWORD
from workflow.errors import KeystorePasswordError, NewKeystoreMissingError
from workflow.forms import NEW_KEYSTORE_PASSWORD


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("proving")


@pytest.fixture
def keystores(bench: Bench) -> MemoryKeystores:
    assert isinstance(bench.world.keystores, MemoryKeystores)
    return bench.world.keystores


@pytest.fixture
def path(bench: Bench, keystores: MemoryKeystores) -> Path:
    found = keystores.find(bench.facts["new_keystore"]["name"])
    assert found is not None
    return found


def test_a_file_that_was_renamed_is_found_by_its_key(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    keystores.content[path.with_name("renamed.p12")] = keystores.content.pop(path)

    assert bench.run().trigger == "proved"


def test_a_file_of_the_same_name_with_another_key_does_not_hide_it(
    bench: Bench, keystores: MemoryKeystores, path: Path
) -> None:
    keystores.content[path.with_name("moved away.p12")] = keystores.content[path]
    keystores.content[path] = (bench.world.old_keystore, NEW_PASSWORD)

    assert bench.run().trigger == "proved"


def test_a_keystore_with_another_password_is_not_it(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    content, _ = keystores.content[path]
    keystores.content[path] = (content, "changed-since")

    with pytest.raises(KeystorePasswordError):
        bench.run()


def test_when_it_is_nowhere_it_is_missing_and_the_password_asked_again(
    bench: Bench, keystores: MemoryKeystores, path: Path
) -> None:
    kept = keystores.content.pop(path)
    with pytest.raises(NewKeystoreMissingError):
        bench.run()

    keystores.content[path] = kept

    assert bench.run().trigger == "proved"
    assert bench.world.person.asked == [f"secret {NEW_KEYSTORE_PASSWORD}"] * 2


def test_the_old_keystore_is_never_taken_for_it(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    del keystores.content[path]
    keystores.content[bench.world.old_path] = (bench.world.old_keystore, NEW_PASSWORD)

    with pytest.raises(NewKeystoreMissingError):
        bench.run()

    assert OLD_PASSWORD != NEW_PASSWORD
