"""A keystore of one environment is not taken for another's: by its suffix, and by who issued its certificate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from steps.open_keystore import OpenKeystore
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore
from tests.adapters.keystore.samples import FEW, NOW, PASSWORD, issue
from workflow.errors import KeystoreOfOtherEnvironmentError
from workflow.ports import Work
from workflow.procedure import ProcedureId

SUFFIXES = {"production": ".p12", "acceptance": ".acc.p12", "sandbox": ".sandbox.p12"}
ISSUERS = {
    "production": "ZetesConfidens Private TRUST PKI - eHealth issuing CA 001",
    "acceptance": "Test-ZetesConfidens Private Trust PKI - eHealth issuing CA",
    "sandbox": "eHealth sandbox issuing CA",
}
OWNER = "SSIN=75031299943 20310304-091011"
PAIRS = [(mine, other) for mine in SUFFIXES for other in SUFFIXES if mine != other]
Enrolled = Callable[[str], Keystore]


@pytest.fixture
def enrolled(pool: list[rsa.RSAPrivateKey]) -> Enrolled:
    """A keystore with a certificate of the authority of an environment."""

    def made(environment: str) -> Keystore:
        leaf: x509.Certificate = issue("SSIN=75031299943", pool[0], ISSUERS[environment], pool[4])
        return Keystore((KeyEntry(AUTHENTICATION, pool[0], (leaf,)),))

    return made


class Unasked:
    """An eHealth that nobody has to ask."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked")


def folder_at(path: Path, environment: str) -> KeystoreFolder:
    made = KeystoreFolder(path / "keystore", path / "keystore" / "pending", environment, Encryption.AES, FEW)
    made.check()
    return made


def work(environment: str, file: Path) -> Work:
    return Work(
        procedure=ProcedureId("aaaaaaaa"),
        environment=environment,
        facts={"holder": {"ssin": "75031299943"}},
        answers={"file": str(file)},
        now=NOW + timedelta(days=1),
        secret=lambda name, about: PASSWORD,
        wrong_secret=lambda name: None,
    )


@pytest.mark.parametrize("environment", SUFFIXES)
def test_a_keystore_of_the_same_environment_is_opened(tmp_path: Path, enrolled: Enrolled, environment: str) -> None:
    folder = folder_at(tmp_path, environment)
    path = folder.finish(folder.create(OWNER, enrolled(environment), PASSWORD))

    assert OpenKeystore(folder, Unasked())(work(environment, path)).trigger == "opened"


@pytest.mark.parametrize(("mine", "other"), [pair for pair in PAIRS if pair[1] != "production"])
def test_another_suffix_is_refused_by_name(tmp_path: Path, enrolled: Enrolled, mine: str, other: str) -> None:
    elsewhere = folder_at(tmp_path / "other", other)
    path = elsewhere.finish(elsewhere.create(OWNER, enrolled(mine), PASSWORD))

    with pytest.raises(KeystoreOfOtherEnvironmentError, match=f"'{other}', this procedure to '{mine}'"):
        OpenKeystore(folder_at(tmp_path, mine), Unasked())(work(mine, path))


@pytest.mark.parametrize(("mine", "other"), PAIRS)
def test_another_issuer_is_refused_by_name_under_the_plain_suffix(
    tmp_path: Path, enrolled: Enrolled, mine: str, other: str
) -> None:
    """The wizard writes '.p12' in every environment: then the certificate tells."""
    elsewhere = folder_at(tmp_path / "other", "production")
    path = elsewhere.finish(elsewhere.create(OWNER, enrolled(other), PASSWORD))

    with pytest.raises(KeystoreOfOtherEnvironmentError, match=f"'{other}', this procedure to '{mine}'"):
        OpenKeystore(folder_at(tmp_path, mine), Unasked())(work(mine, path))


@pytest.mark.parametrize("mine", SUFFIXES)
def test_in_one_folder_each_environment_sees_its_own(tmp_path: Path, enrolled: Enrolled, mine: str) -> None:
    for environment in SUFFIXES:
        folder = folder_at(tmp_path, environment)
        folder.finish(folder.create(OWNER, enrolled(environment), PASSWORD))

    seen = [file.path.name for file in folder_at(tmp_path, mine).files()]

    assert seen == [OWNER + SUFFIXES[mine]]


@pytest.mark.parametrize(("mine", "other"), [pair for pair in PAIRS if pair[0] != "production"])
def test_the_right_suffix_does_not_help_the_wrong_issuer(
    tmp_path: Path, enrolled: Enrolled, mine: str, other: str
) -> None:
    folder = folder_at(tmp_path, mine)
    path = folder.finish(folder.create(OWNER, enrolled(other), PASSWORD))

    with pytest.raises(KeystoreOfOtherEnvironmentError, match=f"'{other}', this procedure to '{mine}'"):
        OpenKeystore(folder, Unasked())(work(mine, path))
