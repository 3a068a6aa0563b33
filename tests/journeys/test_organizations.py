"""Certificates of organisations: requested, renewed and revoked by the person whom they appointed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from adapters.cli.rehearsal import PASSWORD
from adapters.cli.rehearsal import PIN as SANDBOX_PIN
from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.sandbox.people import MANAGER, RegisteredOrganization
from steps.ports.keystore import Keystore
from tests.journeys.practice import ANSWERS, FEW, HANDOVER, NEW_PASSWORD, OLD_PASSWORD, TWO_MONTHS, FarSide, Practice
from tests.journeys.quick import GIVEN, NEW, Quick, is_whole, key_of

TWO_DAYS = timedelta(days=2)
_numbers = count(719000)


def found_hospital(far_side: FarSide) -> RegisteredOrganization:
    """A hospital that eHealth knows; its number has the right check digits and is nobody else's."""
    body = next(_numbers)
    hospital = RegisteredOrganization("NIHII-HOSPITAL", f"{body}{97 - body % 97:02}", "Hôpital Exemple", "Ziekenhuis")
    with far_side.sandbox.store.transaction():
        far_side.sandbox.authority.desk.register.add_organization(hospital)
    return hospital


@pytest.fixture
def hospital(far_side: FarSide) -> RegisteredOrganization:
    """A hospital that appointed nobody yet."""
    return found_hospital(far_side)


@pytest.fixture
def manager(quick: Quick, hospital: RegisteredOrganization) -> Quick:
    """The practice of the person whom the hospital appointed; his answers choose it from the list."""
    appoint(quick, hospital)
    quick.answer(kind={"certificate_for": f"{hospital.identifier_type}={hospital.identifier}"})
    return quick


def appoint(practice: Practice, hospital: RegisteredOrganization) -> None:
    """From now on this person may manage the certificates of the hospital."""
    with practice.far_side.sandbox.store.transaction():
        practice.far_side.sandbox.authority.desk.register.add_mandate(practice.person, hospital)


def certificate_of(
    practice: Practice, hospital: RegisteredOrganization, application: str | None, valid_for: timedelta = TWO_MONTHS
) -> Keystore:
    """A certificate of the hospital that eHealth knows."""
    return practice.far_side.sandbox.enrol(
        practice.person, valid_for, organization=hospital, application_id=application
    )


def put(practice: Practice, hospital: RegisteredOrganization, content: Keystore, application: str | None) -> str:
    """Write a keystore of the hospital; returns its path."""
    folder = KeystoreFolder(
        practice.keystore_folder, practice.keystore_folder / "pending", "sandbox", Encryption.COMPATIBLE, FEW
    )
    folder.check()
    requested = practice.far_side.sandbox.clock.now() - timedelta(days=1100)
    name = folder.name_for(hospital.identifier_type, hospital.identifier, application, requested)
    return str(folder.finish(folder.create(name, content, OLD_PASSWORD)))


@pytest.mark.parametrize("application", ["app-1", None])
def test_an_organisation_of_the_list_gets_its_certificate(
    manager: Quick, hospital: RegisteredOrganization, application: str | None
) -> None:
    if application:
        manager.answer(application={"application_id": application})
    before = len(manager.far_side.accepted())
    begun = manager.request()
    manager.far_side.move(TWO_DAYS)

    ended = manager.go_on()

    assert begun.code == 0, begun.out
    assert begun.body["procedure"]["state"] == "awaiting_delivery"
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert manager.far_side.operations_since(before) == NEW
    [file] = manager.keystores()
    owner = f"NIHII-HOSPITAL={hospital.identifier}" + (",APP-1" if application else "")
    assert re.fullmatch(rf"{owner} [0-9]{{8}}-[0-9]{{6}}\.sandbox\.p12", file)
    assert is_whole(manager.keystore_folder / file)


def test_another_application_of_the_same_organisation_gets_a_certificate_of_its_own(
    manager: Quick, hospital: RegisteredOrganization
) -> None:
    for application in (None, "APP-1"):
        certificate_of(manager, hospital, application, timedelta(days=300))
    manager.answer(application={"application_id": "APP-1"})

    same = manager.request()
    manager.answer(application={"application_id": "APP-2"})
    other = manager.request()

    assert (same.code, same.error["code"]) == (8, "certificate_still_valid")
    assert (other.code, other.body["procedure"]["state"]) == (0, "awaiting_delivery")


def test_an_organisation_typed_by_hand_gets_its_certificate(quick: Quick, hospital: RegisteredOrganization) -> None:
    appoint(quick, hospital)
    number = f"{hospital.identifier[0]}-{hospital.identifier[1:6]}-{hospital.identifier[6:]}"
    quick.answer(
        kind={"certificate_for": "typed"},
        organization={"identifier_type": "NIHII-HOSPITAL", "number": number, "name": "Hôpital Exemple"},
    )

    begun = quick.request()

    assert (begun.code, begun.body["procedure"]["state"]) == (0, "awaiting_delivery")
    [file] = quick.keystores()
    assert file.startswith(f"pending/NIHII-HOSPITAL={hospital.identifier} ")


@pytest.mark.parametrize(
    ("kind", "number", "application", "code"),
    [
        ("NIHII-HOSPITAL", "71999933", "", "malformed_organization_number"),
        ("CBE", "0809394428", "", "malformed_organization_number"),
        ("NIHII-HOSPITAL", "not a number", "", "malformed_organization_number"),
        ("NIHII-CIRCUS", "71999932", "", "unknown_organization_type"),
        ("NIHII-HOSPITAL", "71999932", "APP 1", "malformed_application_id"),
        ("NIHII-HOSPITAL", "71999932", "A" * 31, "malformed_application_id"),
    ],
)
def test_a_mistyped_organisation_is_refused_before_anything_is_kept(
    quick: Quick, kind: str, number: str, application: str, code: str
) -> None:
    quick.answer(
        kind={"certificate_for": "typed"},
        organization={"identifier_type": kind, "number": number, "name": "Hôpital Exemple"},
        application={"application_id": application},
    )
    before = quick.everything()

    told = quick.request()

    assert (told.code, told.error["code"]) == (2, code)
    assert told.error["hint"]
    assert quick.everything() == before


def test_an_organisation_that_did_not_appoint_the_person_is_refused_by_ehealth(
    quick: Quick, hospital: RegisteredOrganization
) -> None:
    quick.answer(
        kind={"certificate_for": "typed"},
        organization={"identifier_type": "NIHII-HOSPITAL", "number": hospital.identifier, "name": "Hôpital Exemple"},
    )
    before = quick.far_side.accepted()

    told = quick.request()

    assert (told.code, told.body["procedure"]["state"]) == (7, "refused")
    assert told.body["refusal"]["code"] == "SIM_NOT_AUTHORIZED"
    assert quick.far_side.accepted() == before


def test_an_organisation_that_was_not_offered_cannot_be_chosen(quick: Quick, hospital: RegisteredOrganization) -> None:
    quick.answer(kind={"certificate_for": f"NIHII-HOSPITAL={hospital.identifier}"})

    told = quick.request()

    assert (told.code, told.error["code"]) == (2, "bad_value")
    assert quick.stored() == []


def test_the_certificate_of_an_organisation_is_renewed(manager: Quick, hospital: RegisteredOrganization) -> None:
    path = put(manager, hospital, certificate_of(manager, hospital, "APP-1"), "APP-1")
    manager.answer(keystore={"file": path})
    files, before = manager.keystores(), len(manager.far_side.accepted())
    begun = manager.ehcert(
        "renew", "--answers", "answers.yaml", "--json", secrets={**GIVEN, "keystore_password": OLD_PASSWORD}
    )
    manager.far_side.move(TWO_DAYS)

    manager.go_on()
    manager.answer(handover={"loaded": True})
    ended = manager.go_on()

    assert begun.code == 0, begun.out
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert manager.far_side.operations_since(before)[:3] == NEW
    assert files.items() < manager.keystores().items()
    [new] = manager.keystores().keys() - files.keys()
    assert new.startswith(f"NIHII-HOSPITAL={hospital.identifier},APP-1 ")
    assert is_whole(manager.keystore_folder / new)


def test_who_was_not_appointed_cannot_renew_for_an_organisation(
    open_quick: Callable[[], Quick], hospital: RegisteredOrganization
) -> None:
    appointed, other = open_quick(), open_quick()
    appoint(appointed, hospital)
    path = put(other, hospital, certificate_of(appointed, hospital, None), None)
    other.answer(keystore={"file": path})
    before = other.everything()

    told = other.ehcert(
        "renew", "--answers", "answers.yaml", "--json", secrets={**GIVEN, "keystore_password": OLD_PASSWORD}
    )

    assert (told.code, told.error["code"]) == (7, "not_appointed")
    assert "appoints a local manager" in told.error["hint"]
    assert other.everything() == before


def test_the_certificate_of_an_organisation_is_revoked_and_requested_again_for_it(
    manager: Quick, hospital: RegisteredOrganization
) -> None:
    content = certificate_of(manager, hospital, "APP-1", timedelta(days=300))
    manager.answer(certificate={"certificate": key_of(content)})
    before = len(manager.far_side.accepted())
    begun = manager.revocation()
    manager.far_side.move(TWO_DAYS)

    ended = manager.go_on()

    assert begun.code == 0, begun.out
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "done")
    assert manager.far_side.operations_since(before) == ["revoke", *NEW]
    [file] = manager.keystores()
    assert file.startswith(f"NIHII-HOSPITAL={hospital.identifier},APP-1 ")


def test_the_sandbox_plays_somebody_who_renews_for_his_hospital(far_side: FarSide) -> None:
    """In the home of the far side itself, as in the manual."""
    home = Practice(far_side.home, far_side, MANAGER)
    played = home.ehcert("sandbox", "person", "manager", "--organization", "--card", "ec", "--json")
    path = played.body["keystore"]
    (home.home / "answers.yaml").write_text(f"{ANSWERS}{HANDOVER}keystore:\n  file: {path!r}\n")
    secrets = {"keystore_password": PASSWORD, "new_keystore_password": NEW_PASSWORD, "pin": SANDBOX_PIN}

    begun = home.ehcert("renew", "--answers", "answers.yaml", "--json", secrets=secrets)
    far_side.move(TWO_DAYS)
    ended = home.ehcert("resume", "--json", secrets={"new_keystore_password": NEW_PASSWORD})

    assert played.code == 0, played.err
    assert "NIHII-HOSPITAL=71999932 " in path
    assert (begun.code, begun.body["procedure"]["state"]) == (0, "awaiting_delivery"), begun.out
    assert (ended.code, ended.body["procedure"]["state"]) == (0, "awaiting_handover")
