"""Our signatures hold for xmlsec1, and those of xmlsec1 hold for us."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from adapters.xml import names
from adapters.xml.parsing import parse, serialize
from adapters.xml.signing import SignatureError, sign_enveloped, verify_enveloped

pytestmark = pytest.mark.tools

REQUEST = f"{names.CERTRA}:GetActorQualitiesRequest"


@pytest.fixture(autouse=True)
def _needs_xmlsec1():
    if shutil.which("xmlsec1") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("xmlsec1 is missing")
        pytest.skip("xmlsec1 is missing: install the package xmlsec1")


def _xmlsec1(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["xmlsec1", *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)


def _write_trust(folder: Path, identity) -> Path:
    path = folder / "root.pem"
    path.write_bytes(identity.chain[-1].public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize("ec_signature", ["ecdsa-sha256", "ecdsa-sha384"])
def test_xmlsec1_accepts_ours(ec_signature, identity, make_request, tmp_path):
    signed = tmp_path / "signed.xml"
    signed.write_bytes(serialize(sign_enveloped(make_request(), identity.key, identity.chain, ec_signature)))

    verdict = _xmlsec1(
        "--verify", "--enabled-key-data", "x509", "--trusted-pem", _write_trust(tmp_path, identity),
        "--verification-time", "2031-03-04 09:10:11", "--id-attr:Id", REQUEST, signed,
    )  # fmt: skip

    assert verdict.returncode == 0, verdict.stderr


def test_xmlsec1_refuses_ours_when_altered(identity, make_request, tmp_path):
    signed = tmp_path / "signed.xml"
    whole = serialize(sign_enveloped(make_request(), identity.key, identity.chain))
    signed.write_bytes(whole.replace(b"75031299943", b"02031299991"))

    verdict = _xmlsec1(
        "--verify", "--enabled-key-data", "x509", "--trusted-pem", _write_trust(tmp_path, identity),
        "--verification-time", "2031-03-04 09:10:11", "--id-attr:Id", REQUEST, signed,
    )  # fmt: skip

    assert verdict.returncode != 0


TEMPLATE = """<?xml version="1.0"?>
<GetActorQualitiesRequest xmlns="{certra}" xmlns:unused="urn:unused" xmlns:ns5="{certra}"
    Id="_5c0ffee0-0000-4000-8000-000000000001"   IssueInstant="2031-03-04T09:10:11+01:00">
  <ns5:SSIN Type="SSIN">75031299943</ns5:SSIN>
  <dsig:Signature xmlns:dsig="{ds}" Id="xmldsig-0000">
    <dsig:SignedInfo>
      <dsig:CanonicalizationMethod Algorithm="{c14n}"></dsig:CanonicalizationMethod>
      <dsig:SignatureMethod Algorithm="{method}"/>
      <dsig:Reference URI="#_5c0ffee0-0000-4000-8000-000000000001">&#13;
        <dsig:Transforms>
          <dsig:Transform Algorithm="{enveloped}"/><dsig:Transform Algorithm="{c14n}"/>
        </dsig:Transforms>
        <dsig:DigestMethod Algorithm="{sha256}"/>
        <dsig:DigestValue/>
      </dsig:Reference>
    </dsig:SignedInfo>
    <dsig:SignatureValue/>
    <dsig:KeyInfo>
      <dsig:X509Data>
        <dsig:X509Certificate/>
      </dsig:X509Data>
    </dsig:KeyInfo>
  </dsig:Signature>
</GetActorQualitiesRequest>
"""


@pytest.fixture
def signed_by_xmlsec1(identity, rsa_identity, tmp_path):
    method = names.RSA_SHA256 if identity is rsa_identity else names.ECDSA_SHA256
    template, key, leaf = tmp_path / "template.xml", tmp_path / "key.pem", tmp_path / "leaf.pem"
    template.write_text(
        TEMPLATE.format(
            certra=names.CERTRA, ds=names.DS, c14n=names.EXCLUSIVE_C14N, method=method,
            enveloped=names.ENVELOPED_SIGNATURE, sha256=names.SHA256,
        )
    )  # fmt: skip
    key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    leaf.write_bytes(identity.chain[0].public_bytes(Encoding.PEM))
    made = _xmlsec1("--sign", "--privkey-pem", f"{key},{leaf}", "--id-attr:Id", REQUEST, template)
    assert made.returncode == 0, made.stderr
    return made.stdout.encode()


def test_ours_accepts_xmlsec1(signed_by_xmlsec1, identity):
    verified = verify_enveloped(parse(signed_by_xmlsec1))

    assert verified.certificate == identity.chain[0]
    assert verified.signed.findtext(f"{{{names.CERTRA}}}SSIN") == "75031299943"


def test_ours_accepts_xmlsec1_with_the_carriage_returns_of_the_reference_client(signed_by_xmlsec1):
    root = parse(signed_by_xmlsec1)
    for name in ("SignatureValue", "X509Certificate"):
        for element in root.iter(f"{{{names.DS}}}{name}"):
            element.text = element.text.strip().replace("\n", "\r\n")
    message = serialize(root)

    verified = verify_enveloped(parse(message))

    assert b"&#13;" in message
    assert verified.signed.get("Id") == root.get("Id")


def test_ours_accepts_xmlsec1_inside_an_envelope(signed_by_xmlsec1):
    envelope = etree.Element(f"{{{names.SOAP}}}Envelope", nsmap={"unused": "urn:other", "S": names.SOAP})
    body = etree.SubElement(envelope, f"{{{names.SOAP}}}Body")
    body.append(parse(signed_by_xmlsec1))

    verified = verify_enveloped(parse(serialize(envelope))[0][0])

    assert verified.signed.tag == f"{{{names.CERTRA}}}GetActorQualitiesRequest"


def test_ours_refuses_xmlsec1_when_white_space_of_the_content_changes(signed_by_xmlsec1):
    altered = signed_by_xmlsec1.replace(b"  <ns5:SSIN", b" <ns5:SSIN", 1)

    with pytest.raises(SignatureError, match="does not hold"):
        verify_enveloped(parse(altered))
