"""What a keystore shows without its password."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.keystore.outline import Protection, outline
from adapters.keystore.protection import Encryption
from adapters.keystore.writing import Rounds, write
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore
from tests.world.clock import START
from tests.world.keys import pooled_key
from tests.world.world import World
from workflow.errors import KeystoreDamagedError, NotAKeystoreError

PASSWORD = "a-password"
ROUNDS = Rounds(parts=7, checksum=9)


@pytest.fixture(scope="module")
def finished() -> Keystore:
    world = World()
    try:
        return world.old_keystore
    finally:
        world.close()


@pytest.fixture(scope="module")
def requested() -> Keystore:
    key = pooled_key(0)
    return Keystore((KeyEntry("authentication", key, (placeholder_certificate(key, START),)),))


def test_the_names_of_the_keys_and_the_methods_are_seen(finished: Keystore) -> None:
    seen = outline(write(finished, PASSWORD, Encryption.COMPATIBLE, ROUNDS), "a.p12")

    assert seen.checksum == Protection("SHA-1", 9)
    assert [key.alias for key in seen.keys] == [entry.alias for entry in finished.keys]
    assert {key.protection for key in seen.keys} == {Protection("3DES, SHA-1", 7)}
    assert seen.hidden == (Protection("3DES, SHA-1", 7),)


def test_the_newer_methods_are_named_too(finished: Keystore) -> None:
    seen = outline(write(finished, PASSWORD, Encryption.AES, ROUNDS), "a.p12")

    assert seen.checksum == Protection("SHA-256", 9)
    assert {key.protection for key in seen.keys} == {Protection("AES-256, SHA-256", 7)}


def test_finished_and_unfinished_are_told_apart(finished: Keystore, requested: Keystore) -> None:
    half = Keystore((finished.keys[0],), finished.certificates)
    started = Keystore((finished.keys[0], KeyEntry("encryption", pooled_key(0), requested.keys[0].chain)))

    found = [outline(write(one, PASSWORD, rounds=ROUNDS), "a.p12").looks_finished for one in (finished, requested)]

    assert found == [True, False]
    assert outline(write(half, PASSWORD, rounds=ROUNDS), "a.p12").looks_finished is False
    assert outline(write(started, PASSWORD, rounds=ROUNDS), "a.p12").looks_finished is False


def test_a_file_without_a_visible_key_says_nothing(finished: Keystore) -> None:
    only = Keystore((), finished.certificates)

    assert outline(write(only, PASSWORD, rounds=ROUNDS), "a.p12").looks_finished is None


@pytest.mark.parametrize("length", [0, 1, 30, 200, 1000])
def test_a_cut_file_is_damaged_or_none(finished: Keystore, length: int) -> None:
    with pytest.raises((KeystoreDamagedError, NotAKeystoreError)):
        outline(write(finished, PASSWORD, rounds=ROUNDS)[:length], "a.p12")


def test_a_letter_is_no_keystore() -> None:
    with pytest.raises(NotAKeystoreError):
        outline(b"Dear practice, " * 20, "letter.p12")


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize(
    ("options", "method"),
    [
        (["-legacy"], Protection("RC2-40, SHA-1", 2048)),
        (["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"], Protection("AES-128, SHA-256", 2048)),
    ],
)
def test_files_of_another_program_are_read(
    tmp_path: Path, finished: Keystore, options: list[str], method: Protection
) -> None:
    source, pem = tmp_path / "ours.p12", tmp_path / "all.pem"
    source.write_bytes(write(finished, PASSWORD, rounds=ROUNDS))
    for command in (
        ["openssl", "pkcs12", "-in", str(source), "-passin", f"pass:{PASSWORD}", "-noenc", "-out", str(pem)],
        ["openssl", "pkcs12", "-export", *options, "-in", str(pem), "-out", str(source), "-name", "authentication",
         "-passout", f"pass:{PASSWORD}"],
    ):  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)

    seen = outline(source.read_bytes(), source)

    assert [key.alias for key in seen.keys] == ["authentication"]
    assert method in seen.hidden
