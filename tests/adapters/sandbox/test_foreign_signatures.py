"""Signatures that other programs make are taken, too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from adapters.sandbox.people import PROVIDER
from steps.ports.signing import Signer
from tests.adapters.sandbox.client import CERTRA_SERVICE, World, element, envelope

DS = "http://www.w3.org/2000/09/xmldsig#"
TEMPLATE = """<ds:Signature xmlns:ds="{ds}"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#{method}"/>
<ds:Reference URI="#{id}"><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>
<ds:SignatureValue/><ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo></ds:Signature>"""


def sign_with_xmlsec(folder: Path, request: object, signer: Signer, method: str) -> bytes:
    """The request in an envelope, signed by xmlsec1."""
    certificates = "".join(
        f"<ds:X509Certificate>{''.join(c.public_bytes(Encoding.PEM).decode().splitlines()[1:-1])}</ds:X509Certificate>"
        for c in signer.chain
    )
    template = TEMPLATE.format(ds=DS, id=request.get("Id"), method=method, certificates=certificates)  # type: ignore[attr-defined]
    request.append(etree.fromstring(template))  # type: ignore[attr-defined]
    (folder / "in.xml").write_bytes(envelope(request))
    key = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    tag = "urn:be:fgov:ehealth:certra:protocol:v2:GetActorQualitiesRequest"
    command = ["xmlsec1", "--sign", "--id-attr:Id", tag, "--privkey-pem", "key.pem"]
    subprocess.run([*command, "--output", "out.xml", "in.xml"], cwd=folder, check=True, capture_output=True)
    return (folder / "out.xml").read_bytes()


@pytest.mark.tools
@pytest.mark.parametrize(("kind", "method"), [("rsa", "rsa-sha256"), ("ec", "ecdsa-sha256")])
def test_a_request_signed_by_xmlsec_is_taken(world: World, tmp_path: Path, kind: str, method: str) -> None:
    signer = world.sandbox.make_card(PROVIDER, kind).authentication  # type: ignore[arg-type]
    request = world.qualities().request

    body = sign_with_xmlsec(tmp_path, request, signer, method)

    assert world.post_body(CERTRA_SERVICE, body).code == "Success"


def test_a_signature_with_carriage_returns_is_taken(world: World) -> None:
    signed = world.qualities().signed()
    for name in ("SignatureValue", "X509Certificate"):
        for found in signed.iter(f"{{{DS}}}{name}"):
            text = "".join(found.text.split())
            found.text = "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76))
    body = envelope(signed)
    assert b"&#13;" in body

    assert world.post_body(CERTRA_SERVICE, body).code == "Success"


def test_a_request_signed_by_an_ec_card_is_taken(world: World) -> None:
    draft = world.qualities()
    draft.signer = world.sandbox.make_card(PROVIDER, "ec").authentication

    assert world.post(draft).code == "Success"


def test_a_chain_may_come_without_its_root(world: World) -> None:
    draft = world.qualities()
    draft.signer = Signer(world.authentication().private_key, world.authentication().chain[:1])

    assert world.post(draft).code == "Success"


def test_a_signature_over_something_else_is_refused(world: World) -> None:
    signed = world.qualities().signed()
    wrapped = element("r:GetActorQualitiesRequest", Id="_x", IssueInstant=signed.get("IssueInstant"))
    wrapped.append(element("r:SSIN", "80051599972", Type="SSIN"))
    wrapped.append(signed.find(f"{{{DS}}}Signature"))

    assert world.post_body(CERTRA_SERVICE, envelope(wrapped)).code == "SIM_SIGNATURE_INVALID"
