"""A keystore that another program left half-way is taken over: read, looked up at eHealth, and brought to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox.people import COLLEAGUE, HOSPITAL, MANAGER
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore
from tests.world.keystores import MemoryKeystores
from tests.world.memory import MemoryStore
from tests.world.watched import Died
from tests.world.world import NEW_PASSWORD, World
from workflow.engine import Report
from workflow.errors import (
    CertificateExpiredError,
    CertificateRevokedError,
    EncryptionKeyLostError,
    KeystoreDamagedError,
    KeystoreFinishedError,
    KeystoreMisnamedError,
    KeystoreNamelessError,
    KeystoreNotEhealthError,
    KeystoreOfOtherEnvironmentError,
    KeystorePasswordError,
    ProcedureUnderWayError,
    RequestUnknownError,
)
from workflow.procedure import Procedure

SSIN = "75031299943"
NAME = f"SSIN={SSIN} 20310304-091011.sandbox.p12"
ELSEWHERE = Path("/elsewhere")
STAGES = ("awaiting_delivery", "starting_etk", "completing_etk", "awaiting_handover")
Left = Callable[..., tuple[World, Path]]


@pytest.fixture
def left(make_world: Callable[..., World]) -> Left:
    """What the other program left: a file at another place, after a state of a renewal, and no memory of it here."""

    def leave(state: str = "awaiting_delivery", name: str = NAME) -> tuple[World, Path]:
        world = make_world()
        world.crash_at(f"renew.{state}.before")
        with pytest.raises(Died):
            world.finish("done")
        [path] = [one.path for one in world.keystores.files() if one.path != world.old_path]
        content = memory(world).content
        content[ELSEWHERE / name] = content.pop(path)
        forget(world)
        return world, ELSEWHERE / name

    return leave


def memory(world: World) -> MemoryKeystores:
    assert isinstance(world.keystores, MemoryKeystores)
    return world.keystores


def forget(world: World) -> None:
    """Another computer: nothing is stored there."""
    store = MemoryStore()
    world.open_store = lambda: store
    world.person.asked.clear()


def adopt(world: World, path: Path) -> Report:
    world.person.answers["keystore_to_adopt"] = {"file": str(path)}
    return world.start("adopt")


def brought_to_end(world: World) -> Procedure:
    world.definition = "adopt"
    return world.finish()


# --- what is taken over -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STAGES)
def test_whatever_was_left_comes_to_its_end(left: Left, state: str) -> None:
    world, path = left(state)

    begun = adopt(world, path).procedure
    end = brought_to_end(world)

    assert end.id == begun.id
    assert end.state == "done"
    assert world.accepted["generateCertificate"] == 1
    assert world.accepted["completeETKRegistration"] == 1
    assert world.accepted["activateETK"] == 1


@pytest.mark.parametrize("state", STAGES)
def test_the_file_that_was_given_is_never_changed(left: Left, state: str) -> None:
    world, path = left(state)
    before = memory(world).content[path]

    adopt(world, path)
    end = brought_to_end(world)

    assert memory(world).content[path] is before
    assert Path(end.facts["new_keystore"]["path"]) == memory(world).folder / NAME


@pytest.mark.parametrize(
    ("state", "arrived"),
    [
        ("awaiting_delivery", "awaiting_delivery"),
        ("starting_etk", "awaiting_handover"),
        ("completing_etk", "awaiting_handover"),
        ("awaiting_handover", "awaiting_handover"),
    ],
)
def test_it_goes_on_where_the_other_program_stopped(left: Left, state: str, arrived: str) -> None:
    world, path = left(state)

    report = adopt(world, path)

    assert report.procedure.state == arrived
    assert world.person.asked == ["form keystore_to_adopt"]


def test_a_registered_encryption_key_is_neither_started_nor_completed_again(left: Left) -> None:
    world, path = left("awaiting_handover")
    before = world.accepted

    adopt(world, path)

    assert world.accepted == before


def test_a_certificate_that_was_delivered_meanwhile_is_installed(left: Left) -> None:
    world, path = left("awaiting_delivery")
    world.clock.move(days=2)

    report = adopt(world, path)

    assert report.passed[:3] == ("looking_up", "installing", "starting_etk")


def test_a_file_in_our_folder_stays_where_the_wizard_put_it(left: Left) -> None:
    world, path = left("awaiting_delivery")
    inside = memory(world).folder / path.name
    memory(world).content[inside] = memory(world).content.pop(path)

    adopt(world, inside)
    end = brought_to_end(world)

    assert end.state == "done"
    assert Path(end.facts["new_keystore"]["path"]) == inside
    assert [one.path for one in world.keystores.files() if one.path != world.old_path] == [inside]


def test_the_suffix_of_production_becomes_the_one_of_the_environment(left: Left) -> None:
    world, path = left("awaiting_delivery", name=f"SSIN={SSIN} 20310304-091011.p12")

    adopt(world, path)

    assert world.procedure.facts["new_keystore"]["name"] == NAME


def test_a_delivered_one_needs_no_telling_name(left: Left) -> None:
    world, path = left("starting_etk", name="from the old computer.p12")

    adopt(world, path)
    end = brought_to_end(world)

    assert end.state == "done"
    assert Path(end.facts["new_keystore"]["path"]).name.startswith(f"SSIN={SSIN} ")


@pytest.mark.parametrize("application", [None, "APP-1"])
def test_the_keystore_of_an_organisation_is_taken_over_too(left: Left, application: str | None) -> None:
    world, _path = left()
    content = world.sandbox.enrol(
        MANAGER, timedelta(days=400), with_etk=False, organization=HOSPITAL, application_id=application
    )
    world.definition = "adopt"

    adopt(world, put(world, content, "of the hospital.p12"))
    end = brought_to_end(world)

    owner = f"NIHII-HOSPITAL={HOSPITAL.identifier}" + (f",{application}" if application else "")
    assert end.state == "done"
    assert Path(end.facts["new_keystore"]["path"]).name.startswith(f"{owner} ")
    assert len(world.keystores.open(Path(end.facts["new_keystore"]["path"]), NEW_PASSWORD).keys) == 2


def test_it_may_be_cancelled_before_it_is_known_and_abandoned_afterwards(left: Left) -> None:
    world, path = left("awaiting_delivery")
    world.crash_at("adopt.looking_up.before")
    with pytest.raises(Died):
        adopt(world, path)

    report = world.cancel()

    assert report.procedure.state == "cancelled"
    assert path in memory(world).content


# --- what is refused --------------------------------------------------------------------------------------------------


def refused(world: World, path: Path, error: type[Exception]) -> pytest.ExceptionInfo[Exception]:
    """It is refused, and nothing is stored or written."""
    files, accepted = dict(memory(world).content), world.accepted
    with pytest.raises(error) as raised:
        adopt(world, path)
    assert world.all_procedures() == []
    assert memory(world).content == files
    assert world.accepted == accepted
    return raised


def put(world: World, content: Keystore | None, name: str = NAME) -> Path:
    path = ELSEWHERE / name
    memory(world).content[path] = (content, NEW_PASSWORD)
    return path


def requested(world: World) -> Keystore:
    key = world.keys.make()
    return Keystore((KeyEntry("authentication", key, (placeholder_certificate(key, world.clock.now()),)),))


def test_a_finished_one(left: Left) -> None:
    world, _path = left()

    refused(world, put(world, world.old_keystore), KeystoreFinishedError)


def test_one_that_another_procedure_follows_is_refused_naming_it(make_world: Callable[..., World]) -> None:
    world = make_world()
    procedure = world.renew().procedure
    path = world.keystores.find(procedure.facts["new_keystore"]["name"])
    assert path is not None

    with pytest.raises(ProcedureUnderWayError) as raised:
        adopt(world, path)

    assert raised.value.details["id"] == procedure.id
    assert [one.id for one in world.all_procedures()] == [procedure.id]


def test_one_that_was_never_sent(left: Left) -> None:
    world, _path = left()

    refused(world, put(world, requested(world)), RequestUnknownError)


def test_one_whose_encryption_key_is_lost(left: Left) -> None:
    world, path = left("awaiting_handover")
    content, _password = memory(world).content[path]
    assert content is not None
    half = Keystore(content.keys[:1], content.certificates)

    refused(world, put(world, half), EncryptionKeyLostError)


def test_one_that_was_revoked(left: Left) -> None:
    world, path = left("starting_etk")
    desk = world.authority.desk
    content, _password = memory(world).content[path]
    assert content is not None
    serial = content.keys[0].chain[0].serial_number
    record = next(one for one in desk.certificates.all() if one.certificate and one.certificate.serial_number == serial)
    desk.certificates.put(replace(record, revoked_at=world.clock.now()))

    refused(world, path, CertificateRevokedError)


def test_one_whose_certificate_has_ended(left: Left) -> None:
    world, path = left("starting_etk")
    world.clock.move(timedelta(days=365 * 5))

    refused(world, path, CertificateExpiredError)


def test_one_that_is_damaged(left: Left) -> None:
    world, _path = left()

    refused(world, put(world, None), KeystoreDamagedError)


def test_one_that_is_none_of_ehealth(left: Left) -> None:
    world, _path = left()

    refused(world, put(world, Keystore(world.old_keystore.keys[1:])), KeystoreNotEhealthError)


def test_a_certificate_of_somebody_else(left: Left) -> None:
    world, _path = left()
    key, chain = world.keys.make(), (world.sandbox.pki.citizen_ca.certificate,)

    refused(world, put(world, Keystore((KeyEntry("authentication", key, chain),))), KeystoreNotEhealthError)


def test_one_of_another_environment_by_its_name(left: Left) -> None:
    world, _path = left()
    path = put(world, requested(world), NAME.replace(".sandbox.p12", ".acc.p12"))

    raised = refused(world, path, KeystoreOfOtherEnvironmentError)

    assert raised.value.details["found"] == "acceptance"  # type: ignore[attr-defined]


def test_one_without_certificate_and_without_name(left: Left) -> None:
    world, _path = left()

    refused(world, put(world, requested(world), "my keystore.p12"), KeystoreNamelessError)


def test_one_whose_name_is_another_person_s(left: Left) -> None:
    world, path = left("starting_etk")
    content, _password = memory(world).content[path]

    refused(world, put(world, content, NAME.replace(SSIN, COLLEAGUE.ssin)), KeystoreMisnamedError)


def test_a_certificate_for_another_person_than_the_name_says_is_not_installed(left: Left) -> None:
    world, path = left("awaiting_delivery")
    world.clock.move(days=2)
    content, _password = memory(world).content[path]

    with pytest.raises(Exception, match="not installed") as raised:
        adopt(world, put(world, content, NAME.replace(SSIN, COLLEAGUE.ssin)))

    assert raised.value.code == "certificate_wrong"  # type: ignore[attr-defined]


def test_a_wrong_password_may_be_typed_again(left: Left) -> None:
    world, path = left("awaiting_delivery")
    world.person.secrets["new_keystore_password"] = ["wrong", NEW_PASSWORD]
    with pytest.raises(KeystorePasswordError):
        adopt(world, path)

    assert adopt(world, path).procedure.state == "awaiting_delivery"


# --- after a crash ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["awaiting_delivery", "awaiting_handover"])
def test_it_ends_right_after_whichever_call_it_died(left: Left, state: str) -> None:
    for number in range(1, 100):
        world, path = left(state)
        calls = len(world.trail.calls)
        world.crash_at(number)
        try:
            adopt(world, path)
        except Died:
            pass
        else:
            break
        if not world.all_procedures():
            adopt(world, path)
        assert brought_to_end(world).state == "done"
        copies = [one.path for one in world.keystores.files() if one.path not in (world.old_path, path)]
        assert copies == [memory(world).folder / NAME]
    assert number > 5
    assert len(world.trail.calls) > calls


def test_on_another_computer_it_goes_on_with_the_copy(left: Left) -> None:
    """The file that was given first is not there; the copy came from the backup."""
    world, path = left("awaiting_delivery")
    adopt(world, path)
    del memory(world).content[path]

    assert brought_to_end(world).state == "done"
