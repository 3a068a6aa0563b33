"""Putting the certificate in the new keystore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.world.bench import Bench
from tests.world.keystores import MemoryKeystores
from tests.world.world import NEW_PASSWORD
from workflow.errors import (
    FolderNotWritableError,
    KeystoreChangedError,
    KeystoreDamagedError,
    KeystorePasswordError,
    NewKeystoreMissingError,
)
from workflow.forms import NEW_KEYSTORE_PASSWORD


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("installing")


@pytest.fixture
def keystores(bench: Bench) -> MemoryKeystores:
    assert isinstance(bench.world.keystores, MemoryKeystores)
    return bench.world.keystores


def test_the_chain_takes_the_place_of_the_placeholder(bench: Bench) -> None:
    before = bench.world.new_keystore()

    outcome = bench.run()

    after = bench.world.new_keystore()
    assert before is not None
    assert after is not None
    assert outcome.trigger == "installed"
    assert outcome.learned["installed"]["valid_until"] == bench.facts["certificate"]["valid_until"]
    assert after.keys[0].private_key.private_numbers() == before.keys[0].private_key.private_numbers()
    assert len(after.keys[0].chain) == 2


def test_each_certificate_of_the_chain_has_an_entry_under_its_name(bench: Bench) -> None:
    bench.run()

    keystore = bench.world.new_keystore()
    assert keystore is not None
    assert keystore.certificates == tuple((c.subject.rfc4514_string(), c) for c in keystore.keys[0].chain)


def test_a_second_time_the_file_has_the_same_content(bench: Bench) -> None:
    bench.run()
    first = bench.world.new_keystore()

    bench.run()

    assert bench.world.new_keystore() == first


def test_the_file_stays_among_the_unfinished_ones(bench: Bench, keystores: MemoryKeystores) -> None:
    bench.run()

    path = keystores.find(bench.facts["new_keystore"]["name"])
    assert path is not None
    assert path.parent == keystores.pending


def test_a_full_disk_leaves_the_file_as_it_was(bench: Bench, keystores: MemoryKeystores) -> None:
    before = dict(keystores.content)
    keystores.full = True

    with pytest.raises(FolderNotWritableError):
        bench.run()

    assert keystores.content == before


def test_a_wrong_password_is_said_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[NEW_KEYSTORE_PASSWORD] = ["wrong-password", NEW_PASSWORD]
    with pytest.raises(KeystorePasswordError):
        bench.run()

    assert bench.run().trigger == "installed"


def test_a_file_that_is_gone_damaged_or_another_is_noticed(bench: Bench, keystores: MemoryKeystores) -> None:
    path = keystores.find(bench.facts["new_keystore"]["name"])
    assert path is not None
    keystores.content[path] = (replace(bench.world.old_keystore), NEW_PASSWORD)
    with pytest.raises(KeystoreChangedError):
        bench.run()
    keystores.content[path] = (None, NEW_PASSWORD)
    with pytest.raises(KeystoreDamagedError):
        bench.run()
    del keystores.content[path]
    with pytest.raises(NewKeystoreMissingError):
        bench.run()
