"""The new key, in a new keystore, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from steps.certificates import identifier_of
from steps.placeholder import is_placeholder
from tests.world.bench import Bench
from tests.world.keystores import MemoryKeystores
from tests.world.world import NEW_PASSWORD
from workflow.errors import FolderNotWritableError, KeystorePasswordError
from workflow.forms import NEW_KEYSTORE_PASSWORD


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("making_key")


@pytest.fixture
def keystores(bench: Bench) -> MemoryKeystores:
    assert isinstance(bench.world.keystores, MemoryKeystores)
    return bench.world.keystores


def test_choosing_the_password_keeps_the_moment_only(bench_at: Callable[..., Bench]) -> None:
    bench = bench_at("awaiting_password")

    outcome = bench.run()

    assert bench.offer().defaults == {}
    assert outcome.trigger == "chosen"
    assert outcome.learned == {"password": {"chosen_at": bench.world.clock.now().isoformat()}}


def test_a_new_key_is_written_under_a_placeholder(bench: Bench, keystores: MemoryKeystores) -> None:
    outcome = bench.run()

    path = keystores.pending / outcome.learned["new_keystore"]["name"]
    [entry] = keystores.open(path, NEW_PASSWORD).keys
    assert outcome.trigger == "made"
    assert entry.alias == "authentication"
    assert is_placeholder(entry.chain[0])
    assert outcome.learned["key"]["public_key_identifier"] == identifier_of(entry.private_key.public_key())


def test_the_name_of_the_file_is_that_of_the_request(bench: Bench) -> None:
    name = bench.run().learned["new_keystore"]["name"]

    local = datetime.fromisoformat(bench.facts["password"]["chosen_at"]).astimezone()
    assert name == f"SSIN=75031299943 {local:%Y%m%d-%H%M%S}.sandbox.p12"


def test_a_key_that_was_made_is_used_again(bench: Bench) -> None:
    first = bench.run()
    bench.world.clock.move(days=1)

    second = bench.run()

    assert second.learned["new_keystore"] == first.learned["new_keystore"]
    assert second.learned["key"]["public_key_identifier"] == first.learned["key"]["public_key_identifier"]


def test_a_key_that_was_made_opens_with_its_password_only(bench: Bench) -> None:
    bench.run()
    bench.sitting.wrong_secret(NEW_KEYSTORE_PASSWORD)
    bench.world.person.secrets[NEW_KEYSTORE_PASSWORD] = "another-password"

    with pytest.raises(KeystorePasswordError):
        bench.run()


def test_the_present_keystore_is_not_touched(bench: Bench, keystores: MemoryKeystores) -> None:
    before = keystores.content[bench.world.old_path]

    bench.run()

    assert keystores.content[bench.world.old_path] is before


def test_a_full_disk_is_said(bench: Bench, keystores: MemoryKeystores) -> None:
    keystores.full = True

    with pytest.raises(FolderNotWritableError):
        bench.run()


def test_undo_removes_the_unfinished_keystore_and_may_run_twice(bench: Bench, keystores: MemoryKeystores) -> None:
    bench.learn(bench.run())

    for _ in range(2):
        bench.step.undo(bench.facts)

    assert list(keystores.content) == [bench.world.old_path]


def test_nothing_is_sent(bench: Bench) -> None:
    sent = len(bench.world.wire.sent)

    bench.run()

    assert len(bench.world.wire.sent) == sent


@pytest.mark.parametrize(
    ("application", "owner"), [("app-1", "NIHII-HOSPITAL=71999932,APP-1"), (None, "NIHII-HOSPITAL=71999932")]
)
def test_the_name_of_the_file_of_an_organisation_names_its_application(
    bench_on: Callable[..., Bench], application: str | None, owner: str
) -> None:
    before = bench_on("request for an organisation", "awaiting_application")
    before.world.person.answers["application"] = {"application_id": application}
    bench = Bench(before.world, "making_key", "request")

    name = bench.run().learned["new_keystore"]["name"]

    local = datetime.fromisoformat(bench.facts["password"]["chosen_at"]).astimezone()
    assert name == f"{owner} {local:%Y%m%d-%H%M%S}.sandbox.p12"
