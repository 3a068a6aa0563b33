"""The keystore that a procedure made is found by its keys, wherever it lies and whatever it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from steps.new_keystore import NewKeystore, located, open_new
from steps.ports.keystore import AUTHENTICATION, Keystore
from steps.remembered import chain_of
from tests.world.bench import Bench
from tests.world.keystores import MemoryKeystores
from tests.world.world import NEW_PASSWORD, OLD_PASSWORD
from workflow.errors import KeystorePasswordError, NewKeystoreMissingError

OTHER_NAME = Path("/keystore/from the waste bin.p12")


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    """Both keys are in the file, the chain too; the encryption key is about to be registered."""
    return bench_at("completing_etk")


@pytest.fixture
def keystores(bench: Bench) -> MemoryKeystores:
    assert isinstance(bench.world.keystores, MemoryKeystores)
    return bench.world.keystores


@pytest.fixture
def path(bench: Bench, keystores: MemoryKeystores) -> Path:
    found = keystores.find(bench.facts["new_keystore"]["name"])
    assert found is not None
    return found


def opened(bench: Bench) -> NewKeystore:
    return open_new(bench.world.keystores, bench.work())


def first_version(keystore: Keystore) -> Keystore:
    """An older copy: without the encryption key and the delivered chain."""
    entry = keystore.key(AUTHENTICATION)
    assert entry is not None
    return Keystore((replace(entry, chain=entry.chain[-1:]),))


def test_the_file_of_its_name_is_taken_without_a_look_at_others(bench: Bench, path: Path) -> None:
    bench.world.trail.calls.clear()

    assert opened(bench).path == path
    assert bench.world.person.asked == ["secret new_keystore_password"]


def test_a_renamed_file_is_found_by_its_key(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    keystores.content[OTHER_NAME] = keystores.content.pop(path)

    assert opened(bench).path == OTHER_NAME


def test_a_file_that_another_took_the_name_of_is_found(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    keystores.content[OTHER_NAME] = keystores.content[path]
    keystores.content[path] = (bench.world.old_keystore, OLD_PASSWORD)

    assert opened(bench).path == OTHER_NAME


def test_the_copy_that_holds_the_encryption_key_is_preferred(
    bench: Bench, keystores: MemoryKeystores, path: Path
) -> None:
    whole, password = keystores.content[path]
    assert whole is not None
    keystores.content[OTHER_NAME] = (whole, password)
    keystores.content[path] = (first_version(whole), password)

    assert opened(bench).path == OTHER_NAME


def test_the_chain_that_an_older_copy_lacks_is_put_back(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    whole, password = keystores.content[path]
    assert whole is not None
    keystores.content[path] = (first_version(whole), password)

    found = opened(bench)

    assert found.authentication.chain == chain_of(bench.facts["certificate"]["chain"])
    assert keystores.content[path] == (found.content, password)


def test_a_wrong_password_is_told_of_the_file_of_its_name_and_asked_again(
    bench: Bench, keystores: MemoryKeystores, path: Path
) -> None:
    bench.world.person.secrets["new_keystore_password"] = ["not-this-one", NEW_PASSWORD]

    with pytest.raises(KeystorePasswordError) as caught:
        opened(bench)

    assert caught.value.details["path"] == path
    assert opened(bench).path == path


def test_a_file_that_is_nowhere_is_asked_for(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    del keystores.content[path]

    with pytest.raises(NewKeystoreMissingError) as caught:
        opened(bench)

    assert path.name in str(caught.value)


def test_no_password_is_asked_when_the_folders_are_empty(bench: Bench, keystores: MemoryKeystores) -> None:
    keystores.content.clear()

    with pytest.raises(NewKeystoreMissingError):
        opened(bench)

    assert bench.world.person.asked == []


def test_a_finished_file_keeps_the_name_under_which_it_was_found(
    bench: Bench, keystores: MemoryKeystores, path: Path
) -> None:
    moved = path.with_name("renamed.sandbox.p12")
    keystores.content[moved] = keystores.content.pop(path)

    outcome = bench.send()

    assert outcome.learned["new_keystore"]["name"] == "renamed.sandbox.p12"
    assert outcome.learned["new_keystore"]["path"] == "/keystore/renamed.sandbox.p12"


def test_cancelling_removes_the_unsent_key_by_its_content_only(bench_at: Callable[..., Bench]) -> None:
    bench = bench_at("submitting")
    keystores = bench.world.keystores
    assert isinstance(keystores, MemoryKeystores)
    path = keystores.find(bench.facts["new_keystore"]["name"])
    assert path is not None
    renamed = path.with_name("renamed.p12")
    keystores.content[renamed] = keystores.content[path]
    keystores.content[path] = (bench.world.old_keystore, OLD_PASSWORD)

    bench.world.cancel()

    assert renamed not in keystores.content
    assert path in keystores.content


# --- without its password ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["submitting", "installing", "starting_etk", "completing_etk", "awaiting_handover"])
def test_a_renamed_file_is_located_without_its_password(bench_at: Callable[..., Bench], state: str) -> None:
    bench = bench_at(state)
    keystores = bench.world.keystores
    assert isinstance(keystores, MemoryKeystores)
    named = keystores.find(bench.facts["new_keystore"]["name"])
    assert named is not None
    before = located(keystores, bench.facts)

    keystores.content[OTHER_NAME] = keystores.content.pop(named)

    assert before == named
    assert located(keystores, bench.facts) == OTHER_NAME
    assert bench.world.person.asked == []


def test_a_file_that_was_written_again_is_located_by_the_number_of_its_key(
    bench: Bench, keystores: MemoryKeystores, path: Path
) -> None:
    content, _password = keystores.content.pop(path)
    keystores.content[OTHER_NAME] = (content, "another password")

    assert located(keystores, bench.facts) == OTHER_NAME


def test_a_file_whose_bytes_are_not_known_is_located_by_its_name(bench: Bench, path: Path) -> None:
    bench.facts["new_keystore"] = {"name": path.name}
    del bench.facts["encryption_certificate"]

    assert located(bench.world.keystores, bench.facts) == path


def test_the_file_of_somebody_else_is_not_located(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    del keystores.content[path]

    assert located(keystores, bench.facts) is None


def test_a_damaged_file_is_passed_over(bench: Bench, keystores: MemoryKeystores, path: Path) -> None:
    keystores.content[OTHER_NAME] = keystores.content.pop(path)
    keystores.content[Path("/keystore/damaged.p12")] = (None, "")

    assert located(keystores, bench.facts) == OTHER_NAME
