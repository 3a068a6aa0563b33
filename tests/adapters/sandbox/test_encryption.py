"""ETKs as others read them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.adapters.sandbox.client import World, decoded


def test_an_etk_has_the_structure_of_a_real_one(world: World) -> None:
    signer = world.delivered()
    etk = decoded(world.registered(signer).text("t:ETK"))

    signed = cms.ContentInfo.load(etk)["content"]
    (info,) = signed["signer_infos"]
    certificate = x509.load_der_x509_certificate(signed["encap_content_info"]["content"].native)

    assert signed["encap_content_info"]["content_type"].native == "data"
    assert [algorithm["algorithm"].native for algorithm in signed["digest_algorithms"]] == ["sha256"]
    assert info["version"].native == "v1"
    assert info["sid"].name == "issuer_and_serial_number"
    assert not info["signed_attrs"]
    assert info["signature_algorithm"]["algorithm"].native == "rsassa_pkcs1v15"
    assert len(signed["certificates"]) == 4
    assert certificate.subject == certificate.issuer == signer.certificate.subject
    certificate.verify_directly_issued_by(_as_issuer(signer.certificate, certificate))


def _as_issuer(owner: x509.Certificate, certificate: x509.Certificate) -> x509.Certificate:
    assert owner.subject == certificate.issuer
    return owner


@pytest.mark.tools
def test_openssl_verifies_an_etk(world: World, tmp_path: Path) -> None:
    etk = decoded(world.registered(world.delivered()).text("t:ETK"))
    (tmp_path / "etk").write_bytes(etk)
    (tmp_path / "root").write_bytes(world.sandbox.pki.ehealth_root.certificate.public_bytes(Encoding.PEM))

    moment = str(int(world.clock.now().timestamp()))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "etk", "-out", "certificate"]
    options = ["-CAfile", "root", "-purpose", "any", "-attime", moment]
    result = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    x509.load_der_x509_certificate((tmp_path / "certificate").read_bytes())
