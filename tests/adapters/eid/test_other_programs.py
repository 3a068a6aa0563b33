"""What a card signs holds for xmlsec1 and openssl: RSA 2048 and P-384, from PKCS#11 tokens and software cards."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from adapters.xml import names
from adapters.xml.parsing import serialize
from adapters.xml.signing import sign_enveloped
from steps.ports.signing import Signer
from tests.adapters.eid.conftest import World, missing
from tests.adapters.eid.people import Asked, Person
from tests.adapters.eid.signing import sign

pytestmark = pytest.mark.tools

NAME = "GetActorQualitiesRequest"
DATA = b"to be signed"


@pytest.fixture(params=["authentication", "signature"])
def signer(request: pytest.FixtureRequest, world: World, person: Person) -> Signer:
    card = world.cards.card(world.serial(person))
    return card.authentication(Asked()) if request.param == "authentication" else card.signature(Asked())


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(str(arguments[0])) is None:
        missing(str(arguments[0]))
    return subprocess.run([*map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)


def signed_request(signer: Signer, ec_signature: str) -> etree._Element:
    request = etree.fromstring(f'<a:{NAME} xmlns:a="{names.CERTRA}" Id="_1"><a:Text>I agree</a:Text></a:{NAME}>')
    return sign_enveloped(request, signer.private_key, signer.chain, ec_signature)


@pytest.mark.parametrize("ec_signature", ["ecdsa-sha256", "ecdsa-sha384"])
def test_xmlsec1_accepts_what_the_card_signed(signer: Signer, tmp_path: Path, ec_signature: str) -> None:
    root, file = tmp_path / "root.pem", tmp_path / "signed.xml"
    root.write_bytes(signer.chain[-1].public_bytes(Encoding.PEM))
    file.write_bytes(serialize(signed_request(signer, ec_signature)))

    verdict = run(
        "xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", root,
        "--verification-time", "2026-11-23 10:00:00", "--id-attr:Id", f"{names.CERTRA}:{NAME}", file,
    )  # fmt: skip

    assert verdict.returncode == 0, verdict.stderr


def test_the_signature_value_has_the_size_of_the_key(signer: Signer) -> None:
    value = signed_request(signer, "ecdsa-sha256").find(f".//{{{names.DS}}}SignatureValue")

    assert value is not None
    expected = 256 if isinstance(signer.private_key, rsa.RSAPrivateKey) else 96
    assert len(base64.b64decode(value.text or "")) == expected


def test_openssl_accepts_what_the_card_signed(signer: Signer, tmp_path: Path) -> None:
    key, signature, data = tmp_path / "key.pem", tmp_path / "signature", tmp_path / "data"
    public = signer.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key.write_bytes(public)
    signature.write_bytes(sign(signer, DATA))
    data.write_bytes(DATA)

    verdict = run("openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, data)
    data.write_bytes(DATA + b".")
    altered = run("openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, data)

    assert verdict.stdout == "Verified OK\n"
    assert altered.returncode != 0
