"""A whole renewal with a card that only a PKCS#11 library knows, of an authority that the sandbox was told to trust."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.eid import softhsm
from tests.adapters.eid.people import PIN, Person, make_pki, write_software_card
from tests.journeys.practice import NEW_PASSWORD, ROOT, FarSide, Practice
from tests.journeys.test_demo import needs

pytestmark = pytest.mark.softhsm

WRITE = """
import json, sys
from pathlib import Path
from adapters.eid.softhsm import write_card

print(json.dumps(write_card(*map(Path, sys.argv[1:4]), sys.argv[4])))
"""


@pytest.fixture
def library() -> Path:
    found = softhsm.find_library()
    needs(found is not None, "softhsm2 is missing: install the package softhsm2")
    assert found is not None
    return found


@pytest.fixture
def holder() -> Person:
    """Nobody that the sandbox knows, with a card of another authority."""
    keys = (ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1()))
    until = datetime.now(UTC) + timedelta(days=400)
    return make_pki().person("82010100149", "Pol", "Voorbeeld", keys, until)


def test_a_renewal_with_a_card_of_another_authority(
    far_side: FarSide, tmp_path: Path, library: Path, holder: Person
) -> None:
    practice = far_side.practice(tmp_path / "practice")
    (tmp_path / "card").mkdir()
    files = write_software_card(tmp_path / "card", "0123456789ABCDEF", holder)
    made = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path / "softhsm"), str(library), str(files), PIN],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    variables = {softhsm.CONFIGURATION: json.loads(made.stdout)[softhsm.CONFIGURATION]}
    module = ("--module", str(library))
    root = tmp_path / "root.pem"
    root.write_bytes(holder.authentication.chain[-1].public_bytes(Encoding.PEM))
    far = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "EHCERT_HOME": str(far_side.home),
        "EHCERT_LANGUAGE": "en",
        **variables,
    }

    def at_the_far_side(*arguments: str) -> dict[str, str]:
        command = [sys.executable, "-m", "adapters.cli.app", "sandbox", *arguments, "--json"]
        done = subprocess.run(command, env=far, capture_output=True, text=True, check=True)
        answer: dict[str, str] = json.loads(done.stdout)
        return answer

    tested = practice.ehcert("card", "test", *module, "--json", secrets={"pin": PIN}, **variables)
    at_the_far_side("trust", str(root))
    furnished = at_the_far_side("holder", *module)
    old = {"keystore_password": furnished["password"], "new_keystore_password": NEW_PASSWORD, "pin": PIN}
    (practice.home / "answers.yaml").write_text(
        f"{(practice.home / 'answers.yaml').read_text()}keystore:\n  file: '{furnished['keystore']}'\n"
    )
    sent = practice.renew(*module, "--json", secrets=old, **variables)
    far_side.move(timedelta(days=2))
    installed = practice.resume()
    loaded = practice.resume("--answers", "handover.yaml")

    assert [key["outcome"] for key in tested.body["keys"]] == ["signed", "signed"]
    assert sent.code == 0, sent.out + sent.err
    assert [step.body["procedure"]["state"] for step in (sent, installed, loaded)] == [
        "awaiting_delivery",
        "awaiting_handover",
        "done",
    ]


def test_the_demonstration_signs_through_pkcs11(library: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adapters.cli.app", "demo", "--card", "softhsm", "--json"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "EHCERT_LANGUAGE": "en"}

    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)

    lines = {line["schema"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, done.stdout + done.stderr
    assert "softhsm" in lines["ehcert.demo.card/1"]["module"]
    assert lines["ehcert.demo/1"]["state"] == "done"


def test_without_softhsm_the_demonstration_says_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adapters.cli.app", "demo", "--card", "softhsm", "--json"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "EHCERT_LANGUAGE": "en", "PATH": "/nowhere"}

    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "softhsm2" in json.loads(done.stdout.splitlines()[-1])["error"]["message"]


def test_what_is_no_authority_is_not_trusted(practice: Practice, holder: Person, tmp_path: Path) -> None:
    leaf, nothing = tmp_path / "leaf.pem", tmp_path / "nothing.pem"
    leaf.write_bytes(holder.authentication.chain[0].public_bytes(Encoding.PEM))
    nothing.write_text("nothing")

    for file, reason in ((leaf, "no certificate of an authority"), (nothing, "no certificate in PEM")):
        told = practice.ehcert("sandbox", "trust", str(file), "--json")

        assert told.code == 2
        assert reason in told.error["message"]
