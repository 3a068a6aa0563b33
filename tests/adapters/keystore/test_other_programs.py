"""keytool and openssl read what we write, and we read what they write."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.keystore.protection import Encryption
from adapters.keystore.reading import read
from adapters.keystore.writing import write
from steps.ports.keystore import KeyEntry, Keystore
from tests.adapters.keystore.samples import FEW, PASSWORD, SERIAL, content
from workflow.errors import KeystoreError, KeystorePasswordError, NotAKeystoreError

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(not shutil.which("keytool") or not shutil.which("openssl"), reason="needs keytool and openssl"),
]


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def keytool(command: str, store: Path, *arguments: str) -> str:
    java = "-J-XX:TieredStopAtLevel=1"  # starts faster
    return run("keytool", java, command, *arguments, "-keystore", store, "-storepass", PASSWORD)


@pytest.fixture(scope="module", params=["modern", "legacy"])
def of_java(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keystore with two keys, made by keytool in today's way, or in the way of Java 8."""
    store = tmp_path_factory.mktemp("java") / "store.p12"
    old = ["-J-Dkeystore.pkcs12.legacy=true"] if request.param == "legacy" else []
    for alias in ("authentication", str(SERIAL)):
        arguments = ["-alias", alias, "-dname", f"CN={alias}", "-keyalg", "RSA", "-keysize", "2048"]
        keytool("-genkeypair", store, "-storetype", "PKCS12", *arguments, *old)
    return store


@pytest.fixture(params=Encryption, ids=lambda one: one.value)
def of_ours(request: pytest.FixtureRequest, tmp_path: Path, finished: Keystore) -> Path:
    store = tmp_path / "ours.p12"
    store.write_bytes(write(finished, PASSWORD, request.param, FEW))
    return store


def test_both_keys_of_a_java_keystore_are_read(of_java: Path) -> None:
    found = read(of_java.read_bytes(), PASSWORD)

    assert [entry.alias for entry in found.keys] == ["authentication", str(SERIAL)]
    for entry in found.keys:
        assert entry.chain[0].public_key() == entry.private_key.public_key()
        assert entry.chain[0].subject.rfc4514_string() == f"CN={entry.alias}"
    assert found.certificates == ()


def test_a_java_keystore_survives_being_written_again(of_java: Path, tmp_path: Path) -> None:
    found = read(of_java.read_bytes(), PASSWORD)
    again = tmp_path / "again.p12"

    again.write_bytes(write(found, PASSWORD, rounds=FEW))

    assert content(read(again.read_bytes(), PASSWORD)) == content(found)
    assert keytool("-list", again).count("PrivateKeyEntry") == 2


@pytest.mark.parametrize("typed", ["geheim-4321", PASSWORD + "\x00"])
def test_a_wrong_password_for_a_java_keystore_is_called_so(of_java: Path, typed: str) -> None:
    with pytest.raises(KeystorePasswordError):
        read(of_java.read_bytes(), typed)


@pytest.mark.slow
def test_a_damaged_java_keystore_loses_no_key(of_java: Path) -> None:
    data = of_java.read_bytes()
    expected = content(read(data, PASSWORD))

    for at in range(0, len(data), 211):
        damaged = data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]
        try:
            found = content(read(damaged, PASSWORD))
        except KeystoreError:
            continue
        assert found == expected


def test_certificates_beside_the_keys_of_a_java_keystore_are_read(
    of_java: Path, tmp_path: Path, delivered: KeyEntry
) -> None:
    store, root = tmp_path / "more.p12", tmp_path / "root.der"
    store.write_bytes(of_java.read_bytes())
    root.write_bytes(delivered.chain[-1].public_bytes(Encoding.DER))
    keytool("-importcert", store, "-noprompt", "-alias", "the root", "-file", str(root))

    found = read(store.read_bytes(), PASSWORD)

    assert len(found.keys) == 2
    assert found.certificates == (("the root", delivered.chain[-1]),)


def test_an_old_java_keystore_is_named(tmp_path: Path) -> None:
    store = tmp_path / "old.jks"
    keytool("-genkeypair", store, "-storetype", "JKS", "-alias", "a", "-dname", "CN=a", "-keyalg", "RSA")

    with pytest.raises(NotAKeystoreError, match="JKS"):
        read(store.read_bytes(), PASSWORD)


def test_keytool_lists_both_keys_the_chain_and_the_certificates(of_ours: Path) -> None:
    listed = keytool("-list", of_ours, "-v")

    assert "Your keystore contains 5 entries" in listed
    assert listed.count("Entry type: PrivateKeyEntry") == 2
    assert listed.count("Entry type: trustedCertEntry") == 3
    assert "Alias name: authentication" in listed
    assert f"Alias name: {SERIAL}" in listed
    assert "Certificate chain length: 3" in listed
    # For the ETK key keytool 17 adds the chain of the authentication certificate, which has the same subject.


def test_keytool_signs_with_each_key(of_ours: Path) -> None:
    for alias in ("authentication", str(SERIAL)):
        assert "BEGIN NEW CERTIFICATE REQUEST" in keytool("-certreq", of_ours, "-alias", alias)


def test_openssl_shows_both_keys_without_its_old_ciphers(of_ours: Path) -> None:
    shown = run("openssl", "pkcs12", "-info", "-nodes", "-in", of_ours, "-passin", f"pass:{PASSWORD}")

    assert shown.count("BEGIN PRIVATE KEY") == 2
    assert "friendlyName: authentication" in shown
    assert f"friendlyName: {SERIAL}" in shown


def test_the_compatible_way_is_the_one_that_old_software_reads(tmp_path: Path, finished: Keystore) -> None:
    store = tmp_path / "ours.p12"
    store.write_bytes(write(finished, PASSWORD, Encryption.COMPATIBLE, FEW))

    shown = run("openssl", "pkcs12", "-info", "-noout", "-in", store, "-passin", f"pass:{PASSWORD}")

    assert "MAC: sha1, Iteration 10" in shown
    assert shown.count("pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10") == 3
    assert "RC2" not in shown


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory, delivered: KeyEntry) -> Path:
    """The authentication key with its chain, as text."""
    path = tmp_path_factory.mktemp("pem") / "key.pem"
    key = delivered.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + b"".join(one.public_bytes(Encoding.PEM) for one in delivered.chain))
    return path


@pytest.mark.parametrize("typed", ["g\u00e9heim-1234", "ge\u0301heim-1234"])
@pytest.mark.parametrize("written", ["g\u00e9heim-1234", "ge\u0301heim-1234"])
@pytest.mark.parametrize("way", [["-legacy"], []])
def test_accented_passwords_of_openssl_open(
    pem: Path, tmp_path: Path, delivered: KeyEntry, way: list[str], written: str, typed: str
) -> None:
    store = tmp_path / "theirs.p12"
    run("openssl", "pkcs12", "-export", *way, "-in", pem, "-out", store, "-passout", f"pass:{written}")

    found = read(store.read_bytes(), typed)

    assert [entry.chain for entry in found.keys] == [delivered.chain]
    assert [entry.alias for entry in found.keys] == ["1"]
    assert found.certificates == ()


@pytest.mark.parametrize(
    "way",
    [
        ["-legacy", "-keypbe", "PBE-SHA1-RC2-40"],
        ["-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-128"],
        ["-legacy", "-keypbe", "PBE-SHA1-RC4-128", "-certpbe", "PBE-SHA1-RC4-128"],
        ["-keypbe", "aes-128-cbc", "-certpbe", "des-ede3-cbc", "-macalg", "sha512"],
        ["-keypbe", "NONE", "-certpbe", "NONE"],
    ],
)
def test_other_ciphers_of_openssl_open(pem: Path, tmp_path: Path, delivered: KeyEntry, way: list[str]) -> None:
    store = tmp_path / "theirs.p12"
    name = ["-name", "authentication", "-passout", f"pass:{PASSWORD}"]
    run("openssl", "pkcs12", "-export", *way, "-in", pem, "-out", store, *name)

    found = read(store.read_bytes(), PASSWORD)

    assert [(entry.alias, entry.chain) for entry in found.keys] == [("authentication", delivered.chain)]
