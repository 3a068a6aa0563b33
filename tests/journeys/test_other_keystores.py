"""Keystores that other programs made are renewed, and what ehcert writes opens in other programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from steps.ports.keystore import Keystore
from tests.journeys.practice import NEW_PASSWORD, OLD_PASSWORD, Practice

pytestmark = pytest.mark.tools
JAVA = "-J-XX:TieredStopAtLevel=1"  # starts faster
ACCENTED = "Clé-d'été:57139"


@pytest.fixture(autouse=True)
def _needs_programs() -> None:
    missing = [program for program in ("keytool", "openssl") if shutil.which(program) is None]
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"missing: {', '.join(missing)}")


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def by_java(path: Path, content: Keystore, practice: Practice) -> str:
    """As Java 8 wrote it, RC2-40 and 3DES: ours is imported, entry by entry."""
    ours = practice.put_keystore(content)
    ours.rename(practice.home / "ours.p12")
    run(
        "keytool", JAVA, "-J-Dkeystore.pkcs12.legacy=true", "-importkeystore", "-noprompt",
        "-srckeystore", practice.home / "ours.p12", "-srcstoretype", "PKCS12", "-srcstorepass", OLD_PASSWORD,
        "-destkeystore", path, "-deststoretype", "PKCS12", "-deststorepass", OLD_PASSWORD,
    )  # fmt: skip
    (practice.home / "ours.p12").unlink()
    return OLD_PASSWORD


def by_openssl(path: Path, content: Keystore, practice: Practice) -> str:
    """As openssl wrote it in the old way, with accents in the password."""
    entry = content.keys[0]
    pem = practice.home / "all.pem"
    key = entry.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(key + b"".join(one.public_bytes(Encoding.PEM) for one in entry.chain))
    run(
        "openssl", "pkcs12", "-export", "-legacy", "-in", pem, "-out", path, "-name", "authentication",
        "-passout", f"pass:{ACCENTED}",
    )  # fmt: skip
    pem.unlink()
    return ACCENTED


@pytest.mark.parametrize("make", [by_java, by_openssl], ids=["keytool", "openssl"])
def test_it_is_renewed_and_the_new_one_opens_everywhere(
    practice: Practice, make: Callable[[Path, Keystore, Practice], str]
) -> None:
    practice.issue_card()
    practice.keystore_folder.mkdir()
    name = f"SSIN={practice.person.ssin} 20231022-150836.sandbox.p12"
    path = practice.keystore_folder / name
    password = make(path, practice.enrol(with_etk=True), practice)
    before = path.read_bytes()

    sent = practice.renew("--json", secrets={"keystore_password": password})
    practice.far_side.move(timedelta(days=2))
    installed = practice.resume()

    assert (sent.code, installed.code) == (0, 0), sent.out + installed.out
    assert installed.body["procedure"]["state"] == "awaiting_handover"
    assert path.read_bytes() == before
    new = Path(installed.body["keystore"])
    listed = run("keytool", JAVA, "-list", "-v", "-keystore", new, "-storepass", NEW_PASSWORD)
    assert listed.count("Entry type: PrivateKeyEntry") == 2
    assert "Alias name: authentication" in listed
    shown = run("openssl", "pkcs12", "-in", new, "-noenc", "-passin", f"pass:{NEW_PASSWORD}")
    assert shown.count("BEGIN PRIVATE KEY") == 2
