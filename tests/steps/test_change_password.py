"""Another password for a keystore: chosen, changed, and after a crash read in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.sandbox.people import COLLEAGUE
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore
from tests.world.keystores import MemoryKeystores
from tests.world.watched import Died
from tests.world.world import ENVIRONMENT, NEW_PASSWORD, OLD_PASSWORD, World
from workflow.errors import (
    FolderNotWritableError,
    KeystoreChangedError,
    KeystoreDamagedError,
    KeystoreMissingError,
    KeystoreNotEhealthError,
    KeystoreOfOtherEnvironmentError,
    KeystorePasswordError,
    MissingSecretError,
    OldPasswordWrongError,
    ProcedureUnderWayError,
    SamePasswordError,
    WeakPasswordError,
)
from workflow.record import Report

SSIN = "75031299943"


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


def memory(world: World) -> MemoryKeystores:
    assert isinstance(world.keystores, MemoryKeystores)
    return world.keystores


def change(world: World, path: Path | None = None) -> Report:
    """Begin to change the password of a file and go as far as it goes."""
    world.person.answers["keystore_to_change"] = {"file": str(path or world.old_path)}
    return world.engine().start("password", ENVIRONMENT, world.sitting())


def put(world: World, name: str, content: Keystore | None, password: str = OLD_PASSWORD) -> Path:
    path = memory(world).folder / name
    memory(world).content[path] = (content, password)
    return path


def unfinished(world: World) -> Keystore:
    key = world.keys.make()
    return Keystore((KeyEntry("authentication", key, (placeholder_certificate(key, world.clock.now()),)),))


def numbers(keystore: Keystore) -> list[tuple[str, object]]:
    return [(entry.alias, entry.private_key.private_numbers()) for entry in keystore.keys]


def test_the_keystore_opens_with_the_new_password_and_holds_what_it_held(world: World) -> None:
    report = change(world)

    assert report.procedure.state == "done"
    assert report.passed == ("awaiting_password", "changing_password", "done")
    content = world.keystores.open(world.old_path, NEW_PASSWORD)
    assert numbers(content) == numbers(world.old_keystore)
    assert content.certificates == world.old_keystore.certificates


def test_the_file_of_before_is_kept_and_named(world: World) -> None:
    report = change(world)

    copy = Path(report.procedure.facts["changed"]["copy"])
    assert copy == world.keystores.kept_copy(world.old_path)
    assert numbers(world.keystores.open(copy, OLD_PASSWORD)) == numbers(world.old_keystore)


def test_nothing_is_sent(world: World) -> None:
    before = world.accepted

    change(world)

    assert world.accepted == before


def test_an_unfinished_keystore_gets_another_password_too(world: World) -> None:
    content = unfinished(world)
    path = put(world, f"pending/SSIN={SSIN} 20310304-091011.sandbox.p12", content)

    assert change(world, path).procedure.state == "done"

    assert numbers(world.keystores.open(path, NEW_PASSWORD)) == numbers(content)


def test_a_keystore_whose_name_says_nothing_gets_another_password_too(world: World) -> None:
    path = put(world, "my keys.p12", unfinished(world))

    assert change(world, path).procedure.state == "done"


def test_all_keystores_of_the_environment_can_be_chosen(world: World) -> None:
    change(world)

    offered = [choice.value for choice in world.person.offers["keystore_to_change"].choices["file"]]
    assert offered == [str(world.old_path)]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_wrong_old_password_points_to_the_ways_out(world: World) -> None:
    world.person.secrets["keystore_password"] = "wrong-password"

    with pytest.raises(OldPasswordWrongError) as raised:
        change(world)

    assert raised.value.next == ("ehcert renew --without-old-keystore", "ehcert revoke")
    assert world.all_procedures() == []
    assert numbers(world.keystores.open(world.old_path, OLD_PASSWORD)) == numbers(world.old_keystore)


def test_a_wrong_old_password_may_be_typed_again(world: World) -> None:
    world.person.secrets["keystore_password"] = ["wrong-password", OLD_PASSWORD]
    world.person.patience = 1

    assert change(world).procedure.state == "done"


def test_the_same_password_is_no_change(world: World) -> None:
    world.person.secrets["new_keystore_password"] = OLD_PASSWORD

    with pytest.raises(SamePasswordError):
        change(world)

    assert world.keystores.kept_copy(world.old_path) is None


def test_a_new_password_that_breaks_the_rules_is_refused(world: World) -> None:
    world.person.secrets["new_keystore_password"] = "court-é"

    with pytest.raises(WeakPasswordError):
        change(world)

    assert world.keystores.kept_copy(world.old_path) is None


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (f"SSIN={SSIN} 20310304-091011.acc.p12", KeystoreOfOtherEnvironmentError),
        ("cut.sandbox.p12", KeystoreDamagedError),
        ("no authentication.p12", KeystoreNotEhealthError),
        ("bare.p12", KeystoreNotEhealthError),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_leaves_nothing(world: World, name: str, error: type[Exception]) -> None:
    others = {
        "cut.sandbox.p12": None,
        "no authentication.p12": Keystore(world.old_keystore.keys[1:]),
        "bare.p12": Keystore((KeyEntry("authentication", world.keys.make(), ()),)),
    }
    path = put(world, name, others.get(name, world.old_keystore))

    with pytest.raises(error):
        change(world, path)

    assert world.all_procedures() == []
    assert world.keystores.kept_copy(path) is None


def test_a_missing_file_is_missing(world: World) -> None:
    with pytest.raises(KeystoreMissingError):
        change(world, Path("/nowhere/at all.p12"))


def test_a_full_disk_leaves_the_old_password_and_is_said(world: World) -> None:
    world.crash_at("password.changing_password.before")
    with pytest.raises(Died):
        change(world)
    memory(world).full = True

    with pytest.raises(FolderNotWritableError):
        world.resume()

    assert numbers(world.keystores.open(world.old_path, OLD_PASSWORD)) == numbers(world.old_keystore)


# --- two at once ------------------------------------------------------------------------------------------------------


def test_a_second_change_of_the_same_key_is_refused(world: World) -> None:
    del world.person.secrets["new_keystore_password"]
    with pytest.raises(MissingSecretError):
        change(world)

    with pytest.raises(ProcedureUnderWayError) as raised:
        change(world)

    assert raised.value.details["id"] == world.procedure.id


def test_the_keystore_of_somebody_else_may_be_changed_meanwhile(world: World) -> None:
    del world.person.secrets["new_keystore_password"]
    with pytest.raises(MissingSecretError):
        change(world)
    world.person.secrets["new_keystore_password"] = NEW_PASSWORD

    path = put(world, "colleague.sandbox.p12", world.sandbox.enrol(COLLEAGUE))

    assert change(world, path).procedure.state == "done"


def test_a_renewal_may_be_under_way_and_finds_its_keystore_afterwards(world: World) -> None:
    renewal = world.renew().procedure
    path = world.keystores.find(renewal.facts["new_keystore"]["name"])
    assert path is not None
    world.person.secrets |= {"keystore_password": NEW_PASSWORD, "new_keystore_password": "a-third-password"}

    changed = change(world, path)

    assert changed.procedure.state == "done"
    world.clock.move(days=2)
    assert world.resume(renewal.id).procedure.state == "awaiting_handover"


def test_a_renewal_never_goes_on_with_the_copy_of_before(world: World) -> None:
    renewal = world.renew().procedure
    path = world.keystores.find(renewal.facts["new_keystore"]["name"])
    assert path is not None
    world.person.secrets |= {"keystore_password": NEW_PASSWORD, "new_keystore_password": "a-third-password"}
    change(world, path)
    world.clock.move(days=2)
    world.person.secrets["new_keystore_password"] = NEW_PASSWORD

    with pytest.raises(KeystorePasswordError):
        world.resume(renewal.id)


# --- after a crash ----------------------------------------------------------------------------------------------------

BOUNDARIES = (
    "password.awaiting_password.before_moved",
    "password.awaiting_password.after_moved",
    "password.changing_password.before",
    "password.changing_password.before_moved",
    "password.changing_password.after_moved",
    "password.done.before_moved",
    "password.done.after_moved",
)


@pytest.mark.parametrize("where", BOUNDARIES)
def test_it_ends_right_wherever_it_died(world: World, where: str) -> None:
    world.crash_at(where)
    with pytest.raises(Died):
        change(world)
    known = world.all_procedures()

    end = known[0] if known and known[0].ended else (world.resume() if known else change(world)).procedure

    assert end.state == "done"
    assert numbers(world.keystores.open(world.old_path, NEW_PASSWORD)) == numbers(world.old_keystore)
    assert world.keystores.kept_copy(world.old_path) is not None


def test_it_ends_right_after_whichever_call_it_died(make_world: Callable[..., World]) -> None:
    died = 0
    for number in range(1, 40):
        world = make_world()
        world.crash_at(number)
        try:
            change(world)
        except Died:
            died += 1
        known = world.all_procedures()
        if not known or not known[0].ended:
            assert (world.resume() if known else change(world)).procedure.state == "done"
        assert numbers(world.keystores.open(world.old_path, NEW_PASSWORD)) == numbers(world.old_keystore)
        if number > len(world.trail.calls):
            break

    assert died >= 5


def test_what_was_changed_before_the_crash_is_not_changed_again(world: World) -> None:
    world.crash_at("password.done.before_moved")
    with pytest.raises(Died):
        change(world)
    before = memory(world).content[world.old_path]

    report = world.resume()

    assert report.procedure.state == "done"
    assert memory(world).content[world.old_path] is before


def test_a_new_password_that_is_not_in_the_file_yet_is_typed_twice_again(world: World) -> None:
    world.crash_at("password.changing_password.before")
    with pytest.raises(Died):
        change(world)
    world.person.asked.clear()

    report = world.resume()

    assert report.passed == ("awaiting_password", "changing_password", "done")
    assert world.person.asked[0] == "form other_password"


def test_another_new_password_may_be_chosen_after_a_crash(world: World) -> None:
    world.crash_at("password.changing_password.before")
    with pytest.raises(Died):
        change(world)
    world.person.secrets["new_keystore_password"] = "a-third-password"

    world.resume()

    assert numbers(world.keystores.open(world.old_path, "a-third-password")) == numbers(world.old_keystore)


def test_a_file_that_another_program_wrote_again_with_the_old_password_is_changed_yet(world: World) -> None:
    world.crash_at("password.changing_password.before")
    with pytest.raises(Died):
        change(world)
    content = Keystore(world.old_keystore.keys, world.old_keystore.certificates[:1])
    put(world, world.old_path.name, content)

    report = world.resume()

    assert report.procedure.state == "done"
    assert world.keystores.open(world.old_path, NEW_PASSWORD) == content


def test_a_file_that_opens_with_neither_password_is_left_and_said(world: World) -> None:
    world.crash_at("password.changing_password.before")
    with pytest.raises(Died):
        change(world)
    put(world, world.old_path.name, world.old_keystore, "another program's")

    with pytest.raises(OldPasswordWrongError):
        world.resume()

    assert world.procedure.state == "changing_password"


def test_another_key_in_the_file_is_left_and_said(world: World) -> None:
    world.crash_at("password.changing_password.before")
    with pytest.raises(Died):
        change(world)
    put(world, world.old_path.name, unfinished(world), NEW_PASSWORD)

    with pytest.raises(KeystoreChangedError):
        world.resume()


def test_it_can_be_cancelled_and_the_file_is_as_it_was(world: World) -> None:
    world.crash_at("password.changing_password.before")
    with pytest.raises(Died):
        change(world)

    report = world.cancel()

    assert report.procedure.state == "cancelled"
    assert numbers(world.keystores.open(world.old_path, OLD_PASSWORD)) == numbers(world.old_keystore)
