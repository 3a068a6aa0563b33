"""Makes XML signatures by hand, so that each may have exactly one defect: everything else about it is sound."""

from __future__ import annotations

import base64
import copy
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from adapters.xml import names
from adapters.xml.parsing import parse
from steps.ports.signing import Signer

DS = f"{{{names.DS}}}"
OLD = "http://www.w3.org/2000/09/xmldsig#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
INCLUSIVE_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XPATH_FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
BASE64 = OLD + "base64"

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Reference:
    """One ds:Reference; `content` None: over the request itself."""

    uri: str
    transforms: tuple[str, ...] = (names.ENVELOPED_SIGNATURE, names.EXCLUSIVE_C14N)
    digest: str = names.SHA256
    content: bytes | None = None
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Craft:
    """How a signature is made: the defaults are those of PROTOCOL §5."""

    canonicalization: str = names.EXCLUSIVE_C14N
    method: str = names.RSA_SHA256
    parameter: str = ""
    references: tuple[Reference, ...] = ()
    key_info: str | None = None
    sign: Sign | None = field(default=None, repr=False)


def crafted(request: Any, signer: Signer, craft: Craft | None = None) -> Any:
    """A signed copy of a request."""
    how = craft or Craft()
    signed = copy.deepcopy(request)
    references = how.references or (Reference(f"#{request.get('Id')}"),)
    key_info = certificates(signer.chain) if how.key_info is None else how.key_info
    signature = parse(
        f'<ds:Signature xmlns:ds="{names.DS}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{how.canonicalization}"/>'
        f'<ds:SignatureMethod Algorithm="{how.method}">{how.parameter}</ds:SignatureMethod>'
        f"{''.join(_reference(one, request) for one in references)}</ds:SignedInfo>"
        f"<ds:SignatureValue/><ds:KeyInfo>{key_info}</ds:KeyInfo></ds:Signature>".encode()
    )
    exclusive = how.canonicalization.startswith(names.EXCLUSIVE_C14N)
    comments = how.canonicalization.endswith("WithComments")
    content = etree.tostring(signature[0], method="c14n", exclusive=exclusive, with_comments=comments)
    sign = how.sign or (lambda data: signer.private_key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    signature[1].text = base64.b64encode(sign(content)).decode()
    signed.append(signature)
    return signed


def with_references(request: Any, *more: Reference, **changes: Any) -> Craft:
    """The usual reference with some changes, and more references after it."""
    return Craft(references=(replace(Reference(f"#{request.get('Id')}"), **changes), *more))


def certificates(chain: Sequence[x509.Certificate]) -> str:
    """X509Data with these certificates."""
    inside = "".join(
        f"<ds:X509Certificate>{base64.b64encode(one.public_bytes(Encoding.DER)).decode()}</ds:X509Certificate>"
        for one in chain
    )
    return f"<ds:X509Data>{inside}</ds:X509Data>"


def key_value(signer: Signer) -> str:
    """A bare RSA key, as an attacker would offer it."""
    numbers = _rsa(signer).public_key().public_numbers()
    modulus, exponent = (
        base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode() for number in (numbers.n, numbers.e)
    )
    return (
        f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus}</ds:Modulus><ds:Exponent>{exponent}</ds:Exponent>"
        "</ds:RSAKeyValue></ds:KeyValue>"
    )


def hmac_with_public_key(signer: Signer) -> Sign:
    """The confusion of keys: what everybody knows is taken for a secret."""
    public = _rsa(signer).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return lambda data: hmac.digest(public, data, "sha256")


def rsa_with(signer: Signer, algorithm: hashes.HashAlgorithm) -> Sign:
    """A sound RSA signature with another hash."""
    return lambda data: _rsa(signer).sign(data, padding.PKCS1v15(), algorithm)


def lookalike(signer: Signer, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, start: datetime) -> Signer:
    """A signer whose whole chain has the names and extensions of another one's, and none of its keys."""
    made: list[x509.Certificate] = []
    for original in signer.chain:
        builder = x509.CertificateBuilder(original.issuer, original.subject, key.public_key(), original.serial_number)
        builder = builder.not_valid_before(start - timedelta(days=30)).not_valid_after(start + timedelta(days=300))
        for extension in original.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        made.append(builder.sign(key, hashes.SHA256()))
    return Signer(key, tuple(made))


def _reference(reference: Reference, request: Any) -> str:
    content = reference.content
    if content is None:
        content = etree.tostring(request, method="c14n", exclusive=True)
    algorithm = hashes.SHA1() if reference.digest.endswith("sha1") else hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(content)
    transforms = "".join(
        f'<ds:Transform Algorithm="{name}">{reference.inside if number else ""}</ds:Transform>'
        for number, name in enumerate(reference.transforms)
    )
    return (
        f'<ds:Reference URI="{reference.uri}"><ds:Transforms>{transforms}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{reference.digest}"/>'
        f"<ds:DigestValue>{base64.b64encode(digest.finalize()).decode()}</ds:DigestValue></ds:Reference>"
    )


def _rsa(signer: Signer) -> rsa.RSAPrivateKey:
    assert isinstance(signer.private_key, rsa.RSAPrivateKey)
    return signer.private_key
