"""The XML signature of eHealth requests (PROTOCOL §5): made with and checked by signxml."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree  # type: ignore[import-untyped]
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from adapters.xml import names
from adapters.xml.parsing import Element, XmlError, detach, parser, serialize

# signxml writes what it canonicalises to its log at DEBUG: national numbers must not go there.
logging.getLogger("signxml").setLevel(logging.INFO)

MAX_CERTIFICATES: Final = 10
SIGNATURE: Final = f"{{{names.DS}}}Signature"

# assumption: eHealth takes ecdsa-sha256 from EC cards; ecdsa-sha384 is the one to try otherwise (PROTOCOL §5).
EC_SIGNATURES: Final = {
    "ecdsa-sha256": SignatureMethod.ECDSA_SHA256,
    "ecdsa-sha384": SignatureMethod.ECDSA_SHA384,
}

_RSA_METHODS = {names.RSA_SHA256}
_EC_METHODS = {names.ECDSA_SHA256, names.ECDSA_SHA384}
# Attributes that some reader might take for the Id of an element.
_ID_NAMES = {"id"}


class SignatureError(ValueError):
    """The signature is missing, does not follow PROTOCOL §5, or does not hold; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature covers, and the certificates it came with: leaf first, NOT checked for trust.

    Use `signed` and nothing else of the message: it was rebuilt from the very bytes that were signed.
    """

    signed: Element
    chain: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate whose key made the signature."""
        return self.chain[0]


def sign_enveloped(
    request: Element,
    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    chain: Sequence[x509.Certificate],
    ec_signature: str = "ecdsa-sha256",
) -> Element:
    """A signed copy of the request, a document of its own, with the signature as its last child.

    `chain` is leaf first; `ec_signature` (a key of `EC_SIGNATURES`) counts for EC keys only. The key may live in a
    card: whatever its `sign` raises comes through unchanged.

    Raises:
        ValueError: the request has no Id, the chain is empty, or the algorithm is unknown.
    """
    identifier = request.get("Id")
    if not identifier or not chain:
        raise ValueError("a request needs an Id and a certificate to be signed")
    signer = XMLSigner(
        signature_algorithm=_method_for(private_key, ec_signature),
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    return signer.sign(detach(request), key=private_key, cert=list(chain), reference_uri=f"#{identifier}")


def verify_enveloped(request: Element) -> Verified:
    """Check the signature of a request element, which may stand inside an envelope. Trust is the caller's to check.

    Raises:
        SignatureError: missing, doubled, misplaced, of another form than PROTOCOL §5 says, or not holding.
    """
    alone = _detached(request)
    signature = _only_signature(alone)
    _check_form(signature)
    _check_reference(alone, signature)
    chain = _chain(signature)
    _check_method(signature, chain[0])
    return Verified(signed=_signed(alone, chain[0]), chain=chain)


def _method_for(private_key: object, ec_signature: str) -> SignatureMethod:
    if isinstance(private_key, rsa.RSAPrivateKey):
        return SignatureMethod.RSA_SHA256
    if ec_signature not in EC_SIGNATURES:
        raise ValueError(f"unknown signature algorithm {ec_signature!r}")
    return EC_SIGNATURES[ec_signature]


def _detached(request: Element) -> Element:
    try:
        return detach(request)
    except XmlError as error:
        raise SignatureError(error.reason) from error


def _only_signature(request: Element) -> Element:
    found = list(request.iter(SIGNATURE))
    if not found:
        raise SignatureError("there is no signature")
    if len(found) > 1:
        raise SignatureError("there is more than one signature")
    if found[0].getparent() is not request or found[0].getnext() is not None:
        raise SignatureError("the signature is not the last child of the request")
    return found[0]


def _check_form(signature: Element) -> None:
    """Exactly the elements of PROTOCOL §5, so that no reader can find other content inside the signature."""
    signed_info, value, key_info = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
    canonicalization, method, reference = _children(
        signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    transforms, digest, digest_value = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    _expect_text(value)
    _expect_text(digest_value)
    _expect_algorithm(canonicalization, {names.EXCLUSIVE_C14N}, "canonicalisation")
    _expect_algorithm(method, _RSA_METHODS | _EC_METHODS, "signature algorithm")
    _expect_algorithm(digest, {names.SHA256}, "digest algorithm")
    for transform, expected in zip(
        _children(transforms, "Transform", "Transform"),
        (names.ENVELOPED_SIGNATURE, names.EXCLUSIVE_C14N),
        strict=True,
    ):
        _expect_algorithm(transform, {expected}, "transform")
    _children(key_info, "X509Data")


def _children(parent: Element, *expected: str) -> list[Element]:
    children = list(parent)
    if [child.tag for child in children] != [f"{{{names.DS}}}{name}" for name in expected]:
        raise SignatureError(f"{etree.QName(parent).localname} must hold {', '.join(expected)}")
    return children


def _expect_algorithm(element: Element, allowed: set[str], what: str) -> None:
    # A child would be a parameter, for instance an HMAC length or a list of prefixes: PROTOCOL §5 knows none.
    if element.get("Algorithm") not in allowed or len(element):
        raise SignatureError(f"this {what} is not accepted")


def _expect_text(element: Element) -> None:
    if len(element) or not (element.text or "").strip():
        raise SignatureError(f"{etree.QName(element).localname} must hold a value")


def _check_reference(request: Element, signature: Element) -> None:
    identifier = request.get("Id")
    reference = signature.find(f".//{{{names.DS}}}Reference")
    if not identifier or reference.get("URI") != f"#{identifier}":
        raise SignatureError("the signature does not refer to the request")
    identifiers = [
        value
        for element in request.iter(etree.Element)
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() in _ID_NAMES
    ]
    if len(identifiers) != len(set(identifiers)):
        raise SignatureError("the same Id stands twice")


def _chain(signature: Element) -> tuple[x509.Certificate, ...]:
    data = signature.find(f"{{{names.DS}}}KeyInfo/{{{names.DS}}}X509Data")
    if not 1 <= len(data) <= MAX_CERTIFICATES:
        raise SignatureError("KeyInfo must hold the certificates of the signer")
    return tuple(_certificate(element) for element in _children(data, *["X509Certificate"] * len(data)))


def _certificate(element: Element) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(base64.b64decode("".join((element.text or "").split()), validate=True))
    except (ValueError, binascii.Error, x509.InvalidVersion) as error:
        raise SignatureError("a certificate in KeyInfo cannot be read") from error


def _check_method(signature: Element, certificate: x509.Certificate) -> None:
    """The algorithm must be one for the key, so that a public key is never taken for something else."""
    method = signature.find(f".//{{{names.DS}}}SignatureMethod").get("Algorithm")
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError("the key of the certificate cannot be used") from error
    fits = (isinstance(key, rsa.RSAPublicKey) and method in _RSA_METHODS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and method in _EC_METHODS
    )
    if not fits:
        raise SignatureError("the signature algorithm does not fit the certificate")


def _signed(request: Element, certificate: x509.Certificate) -> Element:
    configuration = SignatureConfiguration(
        location="./",
        signature_methods=frozenset({SignatureMethod.RSA_SHA256, *EC_SIGNATURES.values()}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        # Validity belongs to trust, which is the caller's: any moment of the certificate's life will do here.
        verification_time=certificate.not_valid_before_utc,
    )
    try:
        result = XMLVerifier().verify(
            serialize(request),
            x509_cert=certificate,
            parser=parser(),
            id_attribute="Id",
            expect_config=configuration,
        )
    except (SignXMLException, InvalidSignature, UnsupportedAlgorithm, ValueError, etree.LxmlError) as error:
        raise SignatureError("the signature does not hold") from error
    signed = result.signed_xml if isinstance(result, VerifyResult) else None
    if signed is None or signed.tag != request.tag or signed.get("Id") != request.get("Id"):
        raise SignatureError("what is signed is not the request")
    return signed
