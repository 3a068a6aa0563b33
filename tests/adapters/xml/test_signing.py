"""What a signature must be for it to count, one defect at a time."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import XMLSigner
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod

from adapters.xml import names
from adapters.xml.parsing import parse, serialize
from adapters.xml.signing import SignatureError, sign_enveloped, verify_enveloped

DS = f"{{{names.DS}}}"


def _find(signed: etree._Element, name: str) -> etree._Element:
    return next(signed.iter(f"{DS}{name}"))


@pytest.fixture
def signed(make_request, rsa_identity):
    return sign_enveloped(make_request(), rsa_identity.key, rsa_identity.chain)


def test_our_own_signature_holds(identity, make_request):
    signed = sign_enveloped(make_request(), identity.key, identity.chain)

    verified = verify_enveloped(parse(serialize(signed)))

    assert verified.chain == identity.chain
    assert verified.certificate == identity.chain[0]
    assert verified.signed.findtext(f"{{{names.CERTRA}}}SSIN") == "75031299943"


def test_the_form_is_the_one_of_the_protocol(signed, rsa_identity):
    def algorithm(name: str) -> list[str]:
        return [element.get("Algorithm") for element in signed.iter(f"{DS}{name}")]

    certificates = [base64.b64decode(element.text) for element in signed.iter(f"{DS}X509Certificate")]

    assert signed[-1].tag == f"{DS}Signature"
    assert _find(signed, "Reference").get("URI") == "#" + signed.get("Id")
    assert algorithm("CanonicalizationMethod") == [names.EXCLUSIVE_C14N]
    assert algorithm("SignatureMethod") == [names.RSA_SHA256]
    assert algorithm("DigestMethod") == [names.SHA256]
    assert algorithm("Transform") == [names.ENVELOPED_SIGNATURE, names.EXCLUSIVE_C14N]
    assert certificates == [certificate.public_bytes(Encoding.DER) for certificate in rsa_identity.chain]


def test_the_request_itself_is_left_as_it_was(make_request, rsa_identity):
    request = make_request()
    before = serialize(request)

    sign_enveloped(request, rsa_identity.key, rsa_identity.chain)

    assert serialize(request) == before


def test_a_p384_signature_is_r_and_s_of_48_bytes_each(make_request, p384_identity):
    lengths = set()

    for _ in range(40):  # a leading zero byte turns up about once in 128
        signed = sign_enveloped(make_request(), p384_identity.key, p384_identity.chain)
        lengths.add(len(base64.b64decode(_find(signed, "SignatureValue").text)))

    assert lengths == {96}


def test_ecdsa_sha384_can_be_chosen(make_request, p384_identity):
    signed = sign_enveloped(make_request(), p384_identity.key, p384_identity.chain, ec_signature="ecdsa-sha384")

    assert _find(signed, "SignatureMethod").get("Algorithm") == names.ECDSA_SHA384
    assert verify_enveloped(signed).chain == p384_identity.chain


def test_an_unknown_algorithm_is_not_used(make_request, p384_identity):
    with pytest.raises(ValueError, match="ecdsa-sha1"):
        sign_enveloped(make_request(), p384_identity.key, p384_identity.chain, ec_signature="ecdsa-sha1")


def test_a_request_without_an_id_is_not_signed(make_request, rsa_identity):
    request = make_request()
    del request.attrib["Id"]

    with pytest.raises(ValueError, match="Id"):
        sign_enveloped(request, rsa_identity.key, rsa_identity.chain)


class _CardKey(rsa.RSAPrivateKey):
    """A key that signs somewhere else, as a card does."""

    def __init__(self, inner: rsa.RSAPrivateKey) -> None:
        self.inner = inner
        self.calls = 0

    def sign(self, data, padding, algorithm):  # type: ignore[override]
        self.calls += 1
        return self.inner.sign(data, padding, algorithm)

    @property
    def key_size(self) -> int:
        return 2048

    def public_key(self):
        return self.inner.public_key()

    def decrypt(self, *_):
        raise NotImplementedError

    def private_numbers(self):
        raise NotImplementedError

    def private_bytes(self, *_):
        raise NotImplementedError

    def __copy__(self):
        raise NotImplementedError

    def __deepcopy__(self, memo):
        raise NotImplementedError


def test_a_key_in_a_card_is_asked_once(make_request, rsa_identity):
    card = _CardKey(rsa_identity.key)

    signed = sign_enveloped(make_request(), card, rsa_identity.chain)

    assert card.calls == 1
    assert verify_enveloped(signed).chain == rsa_identity.chain


def test_what_a_card_raises_comes_through(make_request, rsa_identity):
    class Removed(Exception):
        pass

    class Gone(_CardKey):
        def sign(self, *_, **__):
            raise Removed

    with pytest.raises(Removed):
        sign_enveloped(make_request(), Gone(rsa_identity.key), rsa_identity.chain)


def test_it_holds_inside_an_envelope_with_other_namespaces(signed):
    envelope = parse(
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:unused" xmlns:r="urn:other">'
        b"<s:Header/>\n<s:Body>" + etree.tostring(signed) + b"</s:Body>\n</s:Envelope>"
    )

    verified = verify_enveloped(envelope[1][0])

    assert verified.signed.tag == signed.tag


def test_an_expired_certificate_is_not_its_business(signed):
    assert verify_enveloped(signed).certificate.not_valid_before_utc.year == 2031


def test_an_id_on_the_signature_is_harmless(signed):
    _find(signed, "Signature").set("Id", "xmldsig-0000")

    assert verify_enveloped(signed).signed.get("Id") == signed.get("Id")


def test_white_space_in_base64_is_dropped(signed):
    for name in ("SignatureValue", "X509Certificate"):
        for element in signed.iter(f"{DS}{name}"):
            text = "".join(element.text.split())
            element.text = "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76)) + "\r\n"

    assert verify_enveloped(parse(serialize(signed))).signed.get("Id") == signed.get("Id")


def test_only_what_was_signed_is_returned(signed):
    signed.insert(0, etree.Comment("7503"))

    verified = verify_enveloped(signed)

    assert [child.tag for child in verified.signed] == [f"{{{names.CERTRA}}}SSIN"]


Defect = Callable[[etree._Element], "etree._Element | None"]


def _drop(name: str) -> Defect:
    def defect(signed: etree._Element) -> None:
        element = _find(signed, name)
        element.getparent().remove(element)

    return defect


def _algorithm(name: str, value: str, index: int = 0) -> Defect:
    def defect(signed: etree._Element) -> None:
        list(signed.iter(f"{DS}{name}"))[index].set("Algorithm", value)

    return defect


def _two_signatures(signed: etree._Element) -> None:
    signed.append(copy.deepcopy(_find(signed, "Signature")))


def _signature_deeper(signed: etree._Element) -> None:
    signed[0].append(_find(signed, "Signature"))


def _signature_first(signed: etree._Element) -> None:
    signed.insert(0, _find(signed, "Signature"))


def _uri(value: str | None) -> Defect:
    def defect(signed: etree._Element) -> None:
        reference = _find(signed, "Reference")
        if value is None:
            del reference.attrib["URI"]
        else:
            reference.set("URI", value)

    return defect


def _no_id(signed: etree._Element) -> None:
    del signed.attrib["Id"]


def _id_twice(attribute: str) -> Defect:
    def defect(signed: etree._Element) -> None:
        signed[0].set(attribute, signed.get("Id"))

    return defect


def _changed_text(signed: etree._Element) -> None:
    signed[0].text = "02031299991"


def _changed_attribute(signed: etree._Element) -> None:
    signed.set("IssueInstant", "2031-03-04T09:10:12Z")


def _changed_value(signed: etree._Element) -> None:
    value = _find(signed, "SignatureValue")
    raw = bytearray(base64.b64decode(value.text))
    raw[0] ^= 1
    value.text = base64.b64encode(bytes(raw)).decode()


def _added_child(signed: etree._Element) -> None:
    signed.insert(1, etree.Element(f"{{{names.CERTRA}}}SSIN", Type="SSIN"))


def _two_references(signed: etree._Element) -> None:
    reference = _find(signed, "Reference")
    reference.getparent().append(copy.deepcopy(reference))


def _third_transform(signed: etree._Element) -> None:
    _find(signed, "Transforms").append(copy.deepcopy(_find(signed, "Transform")))


def _transforms_swapped(signed: etree._Element) -> None:
    transforms = _find(signed, "Transforms")
    transforms.append(transforms[0])


def _prefix_list(signed: etree._Element) -> None:
    method = _find(signed, "CanonicalizationMethod")
    etree.SubElement(method, f"{{{names.EXCLUSIVE_C14N}}}InclusiveNamespaces", PrefixList="x")


def _object_inside(signed: etree._Element) -> None:
    holder = etree.SubElement(_find(signed, "Signature"), f"{DS}Object")
    holder.append(copy.deepcopy(signed[0]))


def _wrapped(signed: etree._Element) -> etree._Element:
    """The signed request moves below a forged one, which has the same Id."""
    forged = etree.Element(signed.tag, dict(signed.attrib))
    ssin = etree.SubElement(forged, f"{{{names.CERTRA}}}SSIN", Type="SSIN")
    ssin.text = "02031299991"
    signature = _find(signed, "Signature")
    etree.SubElement(forged, "wrapper").append(signed)
    forged.append(signature)
    return forged


def _wrapped_with_another_id(signed: etree._Element) -> etree._Element:
    forged = _wrapped(signed)
    forged.set("Id", "_forged")
    return forged


def _wrapped_in_the_signature(signed: etree._Element) -> etree._Element:
    forged = _wrapped_with_another_id(signed)
    wrapper = forged.find("wrapper")
    holder = etree.SubElement(forged[-1], f"{DS}Object")
    holder.append(wrapper[0])
    forged.remove(wrapper)
    return forged


def _empty(name: str) -> Defect:
    def defect(signed: etree._Element) -> None:
        _find(signed, name).text = None

    return defect


def _not_base64(signed: etree._Element) -> None:
    _find(signed, "X509Certificate").text = "!!!"


def _not_a_certificate(signed: etree._Element) -> None:
    _find(signed, "X509Certificate").text = "AAAA"


def _key_value(signed: etree._Element) -> None:
    etree.SubElement(_find(signed, "KeyInfo"), f"{DS}KeyValue")


def _root_first(signed: etree._Element) -> None:
    data = _find(signed, "X509Data")
    data.append(data[0])


def _empty_x509_data(signed: etree._Element) -> None:
    data = _find(signed, "X509Data")
    for child in list(data):
        data.remove(child)


def _eleven_certificates(signed: etree._Element) -> None:
    data = _find(signed, "X509Data")
    for _ in range(9):
        data.append(copy.deepcopy(data[0]))


DEFECTS: dict[str, tuple[Defect, str]] = {
    "no signature": (_drop("Signature"), "no signature"),
    "two signatures": (_two_signatures, "more than one"),
    "signature one level down": (_signature_deeper, "last child"),
    "signature first": (_signature_first, "last child"),
    "empty reference": (_uri(""), "refer"),
    "reference to something else": (_uri("#_other"), "refer"),
    "reference by xpointer": (_uri("#xpointer(/)"), "refer"),
    "reference to a file": (_uri("file:///etc/passwd"), "refer"),
    "reference without an address": (_uri(None), "refer"),
    "no reference": (_drop("Reference"), "SignedInfo must hold"),
    "two references": (_two_references, "SignedInfo must hold"),
    "no Id": (_no_id, "refer"),
    "the Id twice": (_id_twice("Id"), "stands twice"),
    "the Id twice in capitals": (_id_twice("ID"), "stands twice"),
    "the Id twice as xml:id": (_id_twice(f"{{{names.XML}}}id"), "stands twice"),
    "other canonicalisation": (
        _algorithm("CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        "canonicalisation",
    ),
    "canonicalisation with comments": (
        _algorithm("CanonicalizationMethod", names.EXCLUSIVE_C14N + "WithComments"),
        "canonicalisation",
    ),
    "canonicalisation with a parameter": (_prefix_list, "canonicalisation"),
    "SHA-1 signature": (
        _algorithm("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        "signature algorithm",
    ),
    "HMAC": (
        _algorithm("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        "signature algorithm",
    ),
    "algorithm of another key": (_algorithm("SignatureMethod", names.ECDSA_SHA256), "does not fit"),
    "SHA-1 digest": (_algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1"), "digest"),
    "xslt": (_algorithm("Transform", "http://www.w3.org/TR/1999/REC-xslt-19991116"), "transform"),
    "xpath": (_algorithm("Transform", "http://www.w3.org/TR/1999/REC-xpath-19991116", 1), "transform"),
    "transforms swapped": (_transforms_swapped, "transform"),
    "three transforms": (_third_transform, "Transforms must hold"),
    "no transforms": (_drop("Transforms"), "Reference must hold"),
    "content inside the signature": (_object_inside, "Signature must hold"),
    "wrapped": (_wrapped, "twice"),
    "wrapped with another Id": (_wrapped_with_another_id, "refer"),
    "wrapped in the signature": (_wrapped_in_the_signature, "Signature must hold"),
    "text changed": (_changed_text, "does not hold"),
    "attribute changed": (_changed_attribute, "does not hold"),
    "child added": (_added_child, "does not hold"),
    "value changed": (_changed_value, "does not hold"),
    "no value": (_empty("SignatureValue"), "SignatureValue must hold"),
    "no digest": (_empty("DigestValue"), "DigestValue must hold"),
    "no KeyInfo": (_drop("KeyInfo"), "Signature must hold"),
    "a bare key": (_key_value, "KeyInfo must hold"),
    "no X509Data": (_drop("X509Data"), "KeyInfo must hold"),
    "no certificate": (_empty_x509_data, "certificates of the signer"),
    "too many certificates": (_eleven_certificates, "certificates of the signer"),
    "certificate not base64": (_not_base64, "cannot be read"),
    "certificate not DER": (_not_a_certificate, "cannot be read"),
    "root before the leaf": (_root_first, "does not fit"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_refused(name, signed):
    defect, reason = DEFECTS[name]

    damaged = defect(signed)

    with pytest.raises(SignatureError, match=reason):
        verify_enveloped(signed if damaged is None else damaged)


def test_another_certificate_of_the_same_kind_is_refused(signed, other_rsa_identity):
    der = other_rsa_identity.chain[0].public_bytes(Encoding.DER)
    _find(signed, "X509Certificate").text = base64.b64encode(der).decode()

    with pytest.raises(SignatureError, match="does not hold"):
        verify_enveloped(signed)


def test_a_der_encoded_ec_signature_is_refused(make_request, p384_identity):
    signed = sign_enveloped(make_request(), p384_identity.key, p384_identity.chain)
    canonical = etree.tostring(_find(signed, "SignedInfo"), method="c14n", exclusive=True)
    der = p384_identity.key.sign(canonical, ec.ECDSA(hashes.SHA256()))
    _find(signed, "SignatureValue").text = base64.b64encode(der).decode()

    with pytest.raises(SignatureError, match="does not hold"):
        verify_enveloped(signed)


def test_a_sound_sha1_digest_is_refused_all_the_same(make_request, rsa_identity):
    class Lenient(XMLSigner):
        def check_deprecated_methods(self) -> None:
            pass

    signer = Lenient(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA1,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    request = make_request()
    signed = signer.sign(
        request, key=rsa_identity.key, cert=list(rsa_identity.chain), reference_uri="#" + request.get("Id")
    )

    with pytest.raises(SignatureError, match="digest"):
        verify_enveloped(signed)


def test_a_signature_made_by_hand_holds(make_request, rsa_identity):
    """The form is built here without signxml, so that a fault of signxml in both directions would show."""
    request = make_request()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(etree.tostring(request, method="c14n", exclusive=True))
    signature = parse(
        f"""<x:Signature xmlns:x="{names.DS}"><x:SignedInfo>
<x:CanonicalizationMethod Algorithm="{names.EXCLUSIVE_C14N}"></x:CanonicalizationMethod>
<x:SignatureMethod Algorithm="{names.RSA_SHA256}"/>
<x:Reference URI="#{request.get("Id")}"><x:Transforms>
<x:Transform Algorithm="{names.ENVELOPED_SIGNATURE}"/>
<x:Transform Algorithm="{names.EXCLUSIVE_C14N}"/></x:Transforms>
<x:DigestMethod Algorithm="{names.SHA256}"/>
<x:DigestValue>{base64.b64encode(digest.finalize()).decode()}</x:DigestValue></x:Reference>
</x:SignedInfo><x:SignatureValue/><x:KeyInfo><x:X509Data><x:X509Certificate>
{base64.b64encode(rsa_identity.chain[0].public_bytes(Encoding.DER)).decode()}
</x:X509Certificate></x:X509Data></x:KeyInfo></x:Signature>""".encode()
    )
    canonical = etree.tostring(signature[0], method="c14n", exclusive=True)
    value = rsa_identity.key.sign(canonical, padding.PKCS1v15(), hashes.SHA256())
    signature[1].text = base64.encodebytes(value).decode().replace("\n", "\r\n")
    request.append(signature)

    assert verify_enveloped(parse(serialize(request))).certificate == rsa_identity.chain[0]
