"""The demonstration, its proof, and the messages that went over the wire."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from lxml import etree

from adapters.cli.demonstration import Demonstration, DemonstrationError
from adapters.xml import names
from adapters.xml.parsing import parse
from tests.journeys.practice import ROOT

SCHEMAS = Path(os.environ.get("EHCERT_SCHEMAS", ROOT.parent / "shared" / "ehealth" / "schemas"))
PROTOCOLS = {
    names.CERTRA: "ehealth-certra-schema-protocol-2_0.xsd",
    names.ETKRA: "ehealth-etkra-schema-protocol-2_0.xsd",
    names.ETKDEPOT: "ehealth-etkdepot-schema-protocol-1_0.xsd",
}
CHANGES = ("generateCertificate", "startETKRegistration", "completeETKRegistration", "activateETK")


def needs(available: bool, what: str) -> None:
    """Skip without it; on the build machine a missing thing is a failure."""
    if not available:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of a demonstration, and how it ended."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    command = [sys.executable, "-m", "adapters.cli.app", "demo", "--keep", str(folder), "--json"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "EHCERT_LANGUAGE": "fr"}
    done = subprocess.run(command, env=variables, cwd=folder.parent, capture_output=True, text=True, check=False)
    return folder, done


def test_it_ends_well_and_its_last_line_is_the_result(
    kept: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _folder, done = kept

    lines = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line["schema"] for line in lines] == [
        "ehcert.demo.sandbox/1",
        *["ehcert.demo.process/1"] * 4,
        "ehcert.demo/1",
    ]
    assert len({line["pid"] for line in lines[:-1]}) == 5
    result = lines[-1]
    assert result.keys() >= {"schema", "state", "keystore", "password", "subject", "accepted"}
    assert result["state"] == "done"
    assert Path(result["keystore"]).is_file()
    assert "75031299943" in result["subject"]
    assert all(result["accepted"][operation] == 1 for operation in CHANGES)


def messages(folder: Path) -> list[Path]:
    found = sorted((folder / "messages").glob("*.xml"))
    assert found
    return found


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    needs(SCHEMAS.is_dir(), f"the schemas of eHealth are not in {SCHEMAS}: set EHCERT_SCHEMAS")
    parser = etree.XMLParser(no_network=True)
    return {space: etree.XMLSchema(etree.parse(str(SCHEMAS / file), parser)) for space, file in PROTOCOLS.items()}


def content_of(path: Path) -> Any:
    content = parse(path.read_bytes()).find(f"{{{names.SOAP}}}Body/*")
    assert content is not None
    return content


def test_every_message_is_as_the_official_schemas_say(
    kept: tuple[Path, subprocess.CompletedProcess[str]], schemas: dict[str, Any]
) -> None:
    seen = set()

    for path in messages(kept[0]):
        content = etree.fromstring(etree.tostring(content_of(path)))
        schema = schemas[etree.QName(content).namespace]
        assert schema.validate(content), f"{path.name}: {schema.error_log.last_error}"
        seen.add(etree.QName(content).localname)

    operations = {re.sub(r"(Request|Response)$", "", name) for name in seen}
    assert {operation.lower() for operation in operations} >= {operation.lower() for operation in CHANGES}
    assert len(seen) == 2 * len(operations)


def trust_roots(folder: Path) -> list[str]:
    """The sandbox's roots, as xmlsec1 takes them."""
    roots = sorted((folder / "data" / "sandbox" / "pki").glob("*-root.pem"))
    return [part for root in roots for part in ("--trusted-pem", str(root))]


@pytest.mark.tools
def test_every_signature_holds_for_xmlsec1(kept: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    needs(shutil.which("xmlsec1") is not None, "xmlsec1 is missing: install the package xmlsec1")
    signed = [path for path in messages(kept[0]) if b"Signature>" in path.read_bytes()]
    operations = {path.name.split("-")[1] for path in signed}

    for path in signed:
        content = content_of(path)
        alone = tmp_path / path.name
        alone.write_bytes(etree.tostring(content))
        name = etree.QName(content)
        verdict = subprocess.run(
            ["xmlsec1", "--verify", "--enabled-key-data", "x509", *trust_roots(kept[0]), *moment_of(content),
             "--id-attr:Id", f"{name.namespace}:{name.localname}", str(alone)],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert verdict.returncode == 0, f"{path.name}: {verdict.stderr}"

    assert operations >= set(CHANGES)


def moment_of(content: Any) -> list[str]:
    """The moment of the message: the demonstration lives some days ahead."""
    issued = content.get("IssueInstant", "")
    return ["--verification-time", issued[:19].replace("T", " ")]


def test_the_certificates_in_the_signatures_are_those_of_the_card_and_the_keystores(
    kept: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    issuers = set()

    for path in messages(kept[0]):
        for element in content_of(path).iter(f"{{{names.DS}}}X509Certificate"):
            certificate = x509.load_der_x509_certificate(base64.b64decode(element.text))
            issuers.add(certificate.issuer.rfc4514_string())

    assert any("Citizen" in issuer for issuer in issuers)
    assert any("ehcert sandbox" in issuer.lower() for issuer in issuers)


# --- it can fail --------------------------------------------------------------------------------------------------


def alter_a_fact(home: Path) -> None:
    with closing(sqlite3.connect(home / "data" / "procedures.sqlite")) as database, database:
        [(facts,)] = database.execute("SELECT facts FROM procedure").fetchall()
        assert '"request"' in facts
        database.execute("UPDATE procedure SET facts = ?", (facts.replace('"message_id":', '"message-id":'),))


def swap_the_keystore(home: Path) -> None:
    [path] = (home / "data" / "sandbox" / "keystore" / "pending").iterdir()
    [old] = (home / "data" / "sandbox" / "keystore").glob("*.p12")
    path.write_bytes(old.read_bytes())


@pytest.mark.parametrize("harm", [alter_a_fact, swap_the_keystore], ids=lambda harm: harm.__name__)
def test_it_fails_when_something_is_altered_between_its_processes(harm: Any, tmp_path: Path) -> None:
    told: list[str] = []

    def between(number: int) -> None:
        if number == 3:
            harm(tmp_path)

    with pytest.raises(DemonstrationError, match="process 3 ended with"):
        Demonstration(tmp_path, lambda schema, text, **body: told.append(schema), between).run()

    assert "demo" not in told
