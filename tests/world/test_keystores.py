"""One contract for the keystores in memory and those on disk, so that the double cannot drift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.keystore.writing import Rounds
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore, Keystores
from tests.world.clock import START
from tests.world.keys import pooled_key
from tests.world.keystores import MemoryKeystores
from tests.world.world import World
from workflow.errors import KeystoreChangedError, KeystoreMissingError, KeystorePasswordError

PASSWORD = "a-password"
NAME = "SSIN=75031299943 20310304-091011.sandbox.p12"


@pytest.fixture(params=["memory", "folder"])
def keystores(request: pytest.FixtureRequest, tmp_path: Path) -> Keystores:
    made: Keystores = MemoryKeystores("sandbox")
    if request.param == "folder":
        folder = tmp_path / "keystore"
        made = KeystoreFolder(folder, folder / "pending", "sandbox", Encryption.COMPATIBLE, Rounds(2, 2))
    made.check()
    return made


@pytest.fixture(scope="module")
def requested() -> Keystore:
    """A keystore after a request: one key under a placeholder."""
    key = pooled_key(0)
    return Keystore((KeyEntry("authentication", key, (placeholder_certificate(key, START),)),))


@pytest.fixture(scope="module")
def finished() -> Keystore:
    """A keystore with both keys and the chain, the first key being the one of the request."""
    world = World()
    try:
        return world.old_keystore
    finally:
        world.close()


def entries(keystore: Keystore) -> tuple[object, ...]:
    """A keystore as a value that can be compared."""
    return (
        [(entry.alias, entry.private_key.private_numbers(), entry.chain) for entry in keystore.keys],
        sorted((alias, certificate.serial_number) for alias, certificate in keystore.certificates),
    )


def test_a_new_keystore_is_unfinished_and_opens(keystores: Keystores, finished: Keystore) -> None:
    path = keystores.create(NAME, finished, PASSWORD)

    assert path.name == NAME
    assert keystores.describe(path).pending
    assert keystores.find(NAME) == path
    assert entries(keystores.open(path, PASSWORD)) == entries(finished)


def test_a_placeholder_comes_back(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)

    assert entries(keystores.open(path, PASSWORD)) == entries(requested)


def test_a_name_that_is_taken_becomes_a_later_one(keystores: Keystores, requested: Keystore) -> None:
    first = keystores.create(NAME, requested, PASSWORD)
    keystores.finish(first)

    second = keystores.create(NAME, requested, PASSWORD)
    third = keystores.create(NAME, requested, PASSWORD)

    assert second.name == "SSIN=75031299943 20310304-091012.sandbox.p12"
    assert third.name == "SSIN=75031299943 20310304-091013.sandbox.p12"


def test_a_wrong_password_opens_nothing(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)

    with pytest.raises(KeystorePasswordError) as raised:
        keystores.open(path, "another")

    assert raised.value.details["path"] == path


def test_a_password_may_be_typed_with_its_accents_apart(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, "mot-de-pass\u00e9")

    assert keystores.open(path, "mot-de-passe\u0301").keys


def test_a_file_that_is_not_there_is_missing(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)
    keystores.discard(path)

    with pytest.raises(KeystoreMissingError):
        keystores.open(path, PASSWORD)
    with pytest.raises(KeystoreMissingError):
        keystores.replace(path, requested, PASSWORD)
    with pytest.raises(KeystoreMissingError):
        keystores.finish(path)
    with pytest.raises(KeystoreMissingError):
        keystores.fingerprint(path)
    assert keystores.find(NAME) is None
    assert keystores.files() == []
    assert keystores.candidates() == []


def test_new_content_takes_the_place_of_the_old(keystores: Keystores, requested: Keystore, finished: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)
    both = replace(finished, keys=(*requested.keys, finished.keys[1]))

    keystores.replace(path, both, PASSWORD)

    assert entries(keystores.open(path, PASSWORD))[0] == entries(both)[0]


def test_content_that_would_lose_a_key_is_refused(
    keystores: Keystores, requested: Keystore, finished: Keystore
) -> None:
    path = keystores.create(NAME, finished, PASSWORD)

    for less in (Keystore(finished.keys[:1]), requested, Keystore(())):
        with pytest.raises(KeystoreChangedError):
            keystores.replace(path, less, PASSWORD)

    assert entries(keystores.open(path, PASSWORD)) == entries(finished)


def test_content_is_not_replaced_under_another_password(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)

    with pytest.raises(KeystoreChangedError):
        keystores.replace(path, requested, "another")


def test_a_finished_keystore_moves_and_stays(keystores: Keystores, finished: Keystore) -> None:
    path = keystores.create(NAME, finished, PASSWORD)

    target = keystores.finish(path)

    assert target != path
    assert target.name == NAME
    assert not keystores.describe(target).pending
    assert keystores.find(NAME) == target
    for again in (path, target):
        assert keystores.finish(again) == target
    assert entries(keystores.open(target, PASSWORD)) == entries(finished)


def test_only_an_unfinished_keystore_can_be_discarded_and_twice(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)
    keystores.discard(path)
    keystores.discard(path)
    finished = keystores.finish(keystores.create(NAME, requested, PASSWORD))

    with pytest.raises(ValueError):
        keystores.discard(finished)

    assert keystores.find(NAME) == finished


def test_files_are_those_of_the_environment_newest_first(keystores: Keystores, requested: Keystore) -> None:
    older = keystores.finish(keystores.create("SSIN=75031299943 20300101-000000.sandbox.p12", requested, PASSWORD))
    newer = keystores.create(NAME, requested, PASSWORD)

    files = keystores.files()

    assert [file.path for file in files] == [newer, older]
    assert [file.pending for file in files] == [True, False]
    assert {(file.identifier_type, file.identifier, file.environment) for file in files} == {
        ("SSIN", "75031299943", "sandbox")
    }
    assert set(keystores.candidates()) == {newer, older}


def test_a_fingerprint_tells_one_file_from_another(
    keystores: Keystores, requested: Keystore, finished: Keystore
) -> None:
    one = keystores.create(NAME, requested, PASSWORD)
    other = keystores.create(NAME, finished, PASSWORD)

    assert keystores.fingerprint(one) != keystores.fingerprint(other)
    before = keystores.fingerprint(one)
    assert keystores.fingerprint(keystores.finish(one)) == before


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (("SSIN", "75031299943", None), "SSIN=75031299943"),
        (("NIHII-HOSPITAL", "71999932", "MYAPP"), "NIHII-HOSPITAL=71999932,MYAPP"),
    ],
)
def test_a_name_follows_the_rule_and_says_what_it_was_made_of(
    keystores: Keystores, given: tuple[str, str, str | None], name: str
) -> None:
    made = keystores.name_for(*given, START)

    described = keystores.describe(Path("/somewhere") / made)
    assert made == f"{name} {START.astimezone():%Y%m%d-%H%M%S}.sandbox.p12"
    assert (described.identifier_type, described.identifier, described.application_id) == given
    assert not described.pending


def test_any_name_can_be_described(keystores: Keystores) -> None:
    for name in ("nonsense", "x.p12", "SSIN=1 20310304-091011.acc.p12"):
        described = keystores.describe(Path("/somewhere") / name)

        assert described.path.name == name


def test_a_world_goes_its_way_with_keystores_on_disk(tmp_path: Path) -> None:
    folder = tmp_path / "keystore"
    on_disk = KeystoreFolder(folder, folder / "pending", "sandbox", Encryption.AES, Rounds(2, 2))
    world = World(keystores=on_disk)

    assert world.finish().state == "done"

    keystore = world.new_keystore()
    world.close()
    assert keystore is not None
    assert len(keystore.keys) == 2
    assert list((folder / "pending").iterdir()) == []


# --- another password -------------------------------------------------------------------------------------------------

OTHER = "another-password"
LATER = START.replace(year=START.year + 1)


def test_another_password_opens_the_same_keys_under_the_same_names(keystores: Keystores, finished: Keystore) -> None:
    path = keystores.finish(keystores.create(NAME, finished, PASSWORD))

    keystores.change_password(path, PASSWORD, OTHER, LATER)

    assert entries(keystores.open(path, OTHER)) == entries(finished)
    with pytest.raises(KeystorePasswordError):
        keystores.open(path, PASSWORD)


def test_the_file_with_the_old_password_stays_beside_it(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)

    keystores.change_password(path, PASSWORD, OTHER, LATER)

    copy = keystores.kept_copy(path)
    assert copy is not None
    assert copy.parent == path.parent
    assert copy.name.startswith(f"{NAME}.")
    assert not copy.name.endswith("p12")
    assert entries(keystores.open(copy, PASSWORD)) == entries(requested)


def test_the_copy_is_nobody_s_keystore(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)

    keystores.change_password(path, PASSWORD, OTHER, LATER)

    assert [file.path for file in keystores.files()] == [path]
    assert keystores.candidates() == [path]


def test_every_change_keeps_a_copy_of_its_own(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)
    keystores.change_password(path, PASSWORD, OTHER, START)
    first = keystores.kept_copy(path)

    keystores.change_password(path, OTHER, "a third password", LATER)

    newest = keystores.kept_copy(path)
    assert newest is not None
    assert newest != first
    assert entries(keystores.open(newest, OTHER)) == entries(requested)


def test_without_the_old_password_nothing_changes(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)
    before = keystores.fingerprint(path)

    with pytest.raises(KeystorePasswordError):
        keystores.change_password(path, OTHER, PASSWORD, LATER)

    assert keystores.fingerprint(path) == before
    assert keystores.kept_copy(path) is None


def test_a_keystore_without_a_copy_has_none(keystores: Keystores, requested: Keystore) -> None:
    assert keystores.kept_copy(keystores.create(NAME, requested, PASSWORD)) is None


# --- files of other programs ------------------------------------------------------------------------------------------


@pytest.fixture
def given(keystores: Keystores, requested: Keystore, tmp_path: Path) -> Path:
    """A keystore that lies outside of our folders."""
    path = keystores.create(NAME, requested, PASSWORD)
    outside = tmp_path / "elsewhere" / NAME
    if isinstance(keystores, MemoryKeystores):
        keystores.content[outside] = keystores.content.pop(path)
    else:
        outside.parent.mkdir()
        path.rename(outside)
    return outside


def test_a_file_from_outside_is_copied_and_stays(keystores: Keystores, given: Path, requested: Keystore) -> None:
    before = keystores.fingerprint(given)

    taken = keystores.take_in(given, NAME)

    assert keystores.describe(taken).pending
    assert keystores.fingerprint(taken) == keystores.fingerprint(given) == before
    assert entries(keystores.open(taken, PASSWORD)) == entries(requested)


def test_it_is_copied_once(keystores: Keystores, given: Path) -> None:
    taken = keystores.take_in(given, NAME)

    assert keystores.take_in(given, NAME) == taken
    assert keystores.take_in(keystores.finish(taken), NAME).name == NAME
    assert keystores.take_in(given, NAME).parent == keystores.finish(taken).parent


def test_a_file_in_our_folders_stays_where_it_is(keystores: Keystores, requested: Keystore) -> None:
    path = keystores.create(NAME, requested, PASSWORD)

    assert keystores.take_in(path, "another name.sandbox.p12") == path


def test_another_file_of_its_name_is_left_alone(keystores: Keystores, given: Path, finished: Keystore) -> None:
    other = keystores.create(NAME, finished, PASSWORD)

    taken = keystores.take_in(given, NAME)

    assert taken != other
    assert entries(keystores.open(other, PASSWORD)) == entries(finished)


def test_a_copy_gets_the_suffix_of_the_environment(keystores: Keystores, given: Path) -> None:
    assert keystores.take_in(given, NAME.replace(".sandbox.p12", ".p12")).name == NAME


def test_what_is_not_there_is_not_copied(keystores: Keystores, tmp_path: Path) -> None:
    with pytest.raises(KeystoreMissingError):
        keystores.take_in(tmp_path / "nowhere.p12", NAME)


def test_the_names_of_the_keys_are_seen_without_the_password(keystores: Keystores, finished: Keystore) -> None:
    path = keystores.create(NAME, finished, PASSWORD)

    assert keystores.key_aliases(path) == {entry.alias.lower() for entry in finished.keys}
