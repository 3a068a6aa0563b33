"""Requests whose signature is not what it should be: stripped, moved, wrapped, forged, or made with the wrong means."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from lxml import etree

from adapters.sandbox.people import COLLEAGUE, PROVIDER
from adapters.xml import names
from steps.ports.signing import Signer
from tests.adapters.sandbox.client import World, element, envelope, find
from tests.reliability import crafting
from tests.reliability.crafting import DS, MORE, OLD, Craft, Reference, crafted, with_references
from tests.reliability.watching import Traps
from tests.world.keys import pooled_key

ATTACKER = "attacker@example.org"
VICTIM = "zoe@example.org"
ATTACKERS_KEY = 18  # of the pool: no authority ever certified it

INVALID = "SIM_SIGNATURE_INVALID"


@dataclass(frozen=True, slots=True)
class Scene:
    """A far side, the unsigned request of a person, her card, and the traps."""

    world: World
    request: Any
    card: Signer
    traps: Traps

    @property
    def signed(self) -> Any:
        """The request, signed as it should be."""
        return crafted(self.request, self.card)

    def forged(self, identifier: str | None = None) -> Any:
        """The request as the attacker wants it: his address in place of hers; unsigned."""
        forged = copy.deepcopy(self.request)
        find(forged, "c:EmailPrivate").text = ATTACKER
        if identifier is not None:
            forged.set("Id", identifier)
        return forged


@dataclass(frozen=True, slots=True)
class Forgery:
    """One vector: the bytes to send, and what is said when they are refused (one of several, split by '|').

    `reason` None: it must be taken, and read as it was signed.
    """

    make: Callable[[Scene], bytes]
    reason: str | None


Change = Callable[[Scene, Any], None]


def _changed(change: Change) -> Callable[[Scene], bytes]:
    """The signed request, changed afterwards."""

    def make(scene: Scene) -> bytes:
        signed = scene.signed
        change(scene, signed)
        return envelope(signed)

    return make


def _edited(change: Change) -> Callable[[Scene], bytes]:
    """The request, changed before it is signed: the person herself signs what is wrong."""

    def make(scene: Scene) -> bytes:
        request = copy.deepcopy(scene.request)
        change(scene, request)
        return envelope(crafted(request, scene.card))

    return make


def _crafted(how: Callable[[Scene], Craft]) -> Callable[[Scene], bytes]:
    return lambda scene: envelope(crafted(scene.request, scene.card, how(scene)))


def _signed_by(signer: Callable[[Scene], Signer]) -> Callable[[Scene], bytes]:
    """What the attacker wants, signed by somebody."""
    return lambda scene: envelope(crafted(scene.forged(), signer(scene)))


def _reference(*more: Reference, **changes: Any) -> Callable[[Scene], bytes]:
    return _crafted(lambda scene: with_references(scene.request, *more, **changes))


def _key_info(make: Callable[[Scene], str]) -> Callable[[Scene], bytes]:
    return _crafted(lambda scene: Craft(key_info=make(scene)))


def _find(inside: Any, name: str) -> Any:
    return next(inside.iter(f"{DS}{name}"))


def _set(name: str, attribute: str, value: str, number: int = 0) -> Change:
    return lambda scene, signed: list(signed.iter(f"{DS}{name}"))[number].set(attribute, value)


def _drop(name: str) -> Change:
    def change(_: Scene, signed: Any) -> None:
        found = _find(signed, name)
        found.getparent().remove(found)

    return change


def _text(name: str, change: Callable[[str], str]) -> Change:
    def apply(_: Scene, signed: Any) -> None:
        found = _find(signed, name)
        found.text = change(found.text)

    return apply


def _email(text: str) -> Change:
    return lambda scene, signed: setattr(find(signed, "c:EmailPrivate"), "text", text)


# --- moved and wrapped --------------------------------------------------------------------------------------------


def _apart(scene: Scene) -> tuple[Any, Any]:
    """The signed request without its signature, and the signature."""
    signed = scene.signed
    signature = signed[-1]
    signed.remove(signature)
    return signed, signature


def _wrapped(place: Callable[[Any, Any, Any], None], identifier: str | None = "_forged") -> Callable[[Scene], bytes]:
    """A forged request with the genuine signature at its end; `place` puts the genuine request somewhere in it."""

    def make(scene: Scene) -> bytes:
        genuine, signature = _apart(scene)
        forged = scene.forged(identifier)
        forged.append(signature)
        place(forged, signature, genuine)
        return envelope(forged)

    return make


def _in(parent: str) -> Callable[[Any, Any, Any], None]:
    """Inside a new element of the signature (ds:Object, ds:KeyInfo/ds:KeyValue, …)."""

    def place(_: Any, signature: Any, genuine: Any) -> None:
        *path, last = parent.split("/")
        inside = signature
        for name in path:
            inside = _find(inside, name)
        etree.SubElement(inside, f"{DS}{last}").append(genuine)

    return place


def _first(forged: Any, _: Any, genuine: Any) -> None:
    holder = etree.Element("wrapper")
    holder.append(genuine)
    forged.insert(0, holder)


def _in_the_csr(forged: Any, _: Any, genuine: Any) -> None:
    find(forged, "c:CSR").append(genuine)


def _in_the_header(identifier: str | None) -> Callable[[Scene], bytes]:
    def make(scene: Scene) -> bytes:
        genuine, signature = _apart(scene)
        forged = scene.forged(identifier)
        forged.append(signature)
        body = element("s:Body", forged)
        return bytes(etree.tostring(element("s:Envelope", element("s:Header", genuine), body)))

    return make


def _beside(make: Callable[[Any, Any], list[Any]]) -> Callable[[Scene], bytes]:
    """The genuine request whole, and a forged one with a copy of its signature, side by side."""

    def build(scene: Scene) -> bytes:
        genuine = scene.signed
        forged = scene.forged("_forged")
        forged.append(copy.deepcopy(genuine[-1]))
        return bytes(etree.tostring(element("s:Envelope", *make(forged, genuine))))

    return build


def _around(scene: Scene) -> bytes:
    """A forged request around the genuine one with its signature; the forged one has none."""
    forged = scene.forged("_forged")
    forged.append(scene.signed)
    return envelope(forged)


def _moved(place: Callable[[Any, Any], None]) -> Change:
    return lambda scene, signed: place(signed, signed[-1])


def _signature_in_the_header(scene: Scene) -> bytes:
    signed, signature = _apart(scene)
    return bytes(etree.tostring(element("s:Envelope", element("s:Header", signature), element("s:Body", signed))))


def _two_signatures(attacker_first: bool) -> Change:
    def change(scene: Scene, signed: Any) -> None:
        other = crafted(scene.request, _attacker(scene))[-1]
        signed.insert(len(signed) - 1 if attacker_first else len(signed), other)

    return change


def _transplanted(scene: Scene) -> bytes:
    """The signature of another message of the same person."""
    other = copy.deepcopy(scene.request)
    other.set("Id", "_another")
    forged = scene.forged("_another")
    forged.append(crafted(other, scene.card)[-1])
    return envelope(forged)


# --- signers ------------------------------------------------------------------------------------------------------


def _attacker(scene: Scene) -> Signer:
    """Somebody whose certificates look like those of the card."""
    return crafting.lookalike(scene.card, pooled_key(ATTACKERS_KEY), scene.world.clock.now())


def _attacker_under_the_real_authority(scene: Scene) -> Signer:
    attacker = _attacker(scene)
    return Signer(attacker.private_key, (attacker.chain[0], *scene.card.chain[1:]))


def _attackers_key_her_chain(scene: Scene) -> Signer:
    return Signer(pooled_key(ATTACKERS_KEY), scene.card.chain)


def _expired(scene: Scene) -> Signer:
    from adapters.sandbox.cards import make_card
    from tests.world.keys import KeyPool

    long_ago = scene.world.clock.now() - timedelta(days=365 * 11)
    card = make_card(scene.world.sandbox.pki, PROVIDER, KeyPool(10), long_ago, lambda size: bytes(range(1, size + 1)))
    return card.signature


def _ehealth_key(scene: Scene) -> Signer:
    return scene.world.enrolled()


def _chain(change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Callable[[Scene], bytes]:
    """The right key, and other certificates in KeyInfo."""
    return _key_info(lambda scene: crafting.certificates(change(scene.card.chain)))


def _only(inside: str) -> Callable[[Scene], bytes]:
    return _key_info(lambda scene: inside.replace("URL", scene.traps.url))


_HOLDS_NOT, _REFER, _LAST = "does not hold", "does not refer", "not the last child"
_TRANSFORM, _METHOD, _CANON = "this transform", "this signature algorithm", "this canonicalisation"
_MUST_HOLD, _SCHEMA = "must hold", "not expected|is missing|only text"
_UNTRUSTED = "SIM_SIGNER_NOT_TRUSTED"
_FORM_OF_DIGEST = "this digest"

FORGERIES: dict[str, Forgery] = {
    # --- harmless
    "made by hand": Forgery(lambda scene: envelope(scene.signed), None),
    "comment inside a signed text": Forgery(
        lambda scene: envelope(scene.signed).replace(b"zoe@example", b"zoe@<!-- attacker@ -->example"), None
    ),
    "comment before a signed text": Forgery(
        lambda scene: envelope(scene.signed).replace(b">zoe@", b"><!-- attacker@example.org -->zoe@"), None
    ),
    "base64 in lines": Forgery(
        _changed(_text("SignatureValue", lambda text: "\r\n".join(text[i : i + 64] for i in range(0, len(text), 64)))),
        None,
    ),
    "an Id on the signature": Forgery(_changed(_set("Signature", "Id", "xmldsig-1")), None),
    # --- removed and moved
    "no signature": Forgery(_changed(_drop("Signature")), "Signature is missing"),
    "an empty signature": Forgery(_changed(lambda _, signed: signed[-1].clear()), _MUST_HOLD),
    "signature first": Forgery(_changed(_moved(lambda signed, s: signed.insert(0, s))), _SCHEMA),
    "signature one level down": Forgery(_changed(_moved(lambda signed, s: signed[0].append(s))), _SCHEMA),
    "signature in the header": Forgery(_signature_in_the_header, "Signature is missing"),
    "signature twice": Forgery(_changed(_moved(lambda signed, s: signed.append(copy.deepcopy(s)))), _SCHEMA),
    "attacker's signature before hers": Forgery(_changed(_two_signatures(True)), _SCHEMA),
    "attacker's signature after hers": Forgery(_changed(_two_signatures(False)), _SCHEMA),
    "a signature inside the signature": Forgery(
        _changed(_moved(lambda signed, s: s.append(copy.deepcopy(s)))), "more than one"
    ),
    "signature of another message": Forgery(_transplanted, _HOLDS_NOT),
    # --- wrapped
    "wrapped: first child, same Id": Forgery(_wrapped(_first, None), _SCHEMA),
    "wrapped: first child": Forgery(_wrapped(_first), _SCHEMA),
    "wrapped: in an Object": Forgery(_wrapped(_in("Object")), _MUST_HOLD),
    "wrapped: in an Object, same Id": Forgery(_wrapped(_in("Object"), None), _MUST_HOLD),
    "wrapped: in KeyInfo": Forgery(_wrapped(_in("KeyInfo/KeyValue")), _MUST_HOLD),
    "wrapped: in X509Data": Forgery(_wrapped(_in("KeyInfo/X509Data/X509SubjectName")), "must hold|refer"),
    "wrapped: in SignedInfo": Forgery(_wrapped(_in("SignedInfo/Object")), _MUST_HOLD),
    "wrapped: in a transform": Forgery(_wrapped(_in("Transforms/Transform")), _MUST_HOLD),
    "wrapped: in the CSR": Forgery(_wrapped(_in_the_csr), _SCHEMA),
    "wrapped: in the header": Forgery(_in_the_header("_forged"), _REFER),
    "wrapped: in the header, same Id": Forgery(_in_the_header(None), _HOLDS_NOT),
    "wrapped: before it in the body": Forgery(
        _beside(lambda forged, genuine: [element("s:Body", genuine, forged)]), "one element"
    ),
    "wrapped: after it in the body": Forgery(
        _beside(lambda forged, genuine: [element("s:Body", forged, genuine)]), "one element"
    ),
    "wrapped: in a second body": Forgery(
        _beside(lambda forged, genuine: [element("s:Body", forged), element("s:Body", genuine)]), "one Body"
    ),
    "wrapped: beside the body": Forgery(
        _beside(lambda forged, genuine: [element("s:Body", forged), genuine]), "one Body"
    ),
    "wrapped: forged around it": Forgery(_around, _SCHEMA),
    # --- changed afterwards
    "address changed": Forgery(_changed(_email(ATTACKER)), _HOLDS_NOT),
    "address cut by an element": Forgery(
        _changed(lambda _, signed: etree.SubElement(find(signed, "c:EmailPrivate"), "x")), _SCHEMA
    ),
    "attribute changed": Forgery(_changed(lambda _, signed: signed.set("Id", "_other")), _REFER),
    "a second address": Forgery(
        _changed(lambda _, signed: find(signed, "c:EmailPrivate").addnext(element("c:EmailGeneral", ATTACKER))),
        _HOLDS_NOT,
    ),
    "digest changed": Forgery(
        _changed(_text("DigestValue", lambda text: base64.b64encode(bytes(32)).decode())), _HOLDS_NOT
    ),
    "digest of what the attacker wants": Forgery(lambda scene: envelope(_with_digest_of_the_forged(scene)), _HOLDS_NOT),
    "signature value empty": Forgery(_changed(_text("SignatureValue", lambda text: "")), _MUST_HOLD),
    "digest empty": Forgery(_changed(_text("DigestValue", lambda text: "")), _MUST_HOLD),
    "signature value cut": Forgery(_changed(_text("SignatureValue", lambda text: text[:172])), _HOLDS_NOT),
    "signature value of zeros": Forgery(
        _changed(_text("SignatureValue", lambda text: base64.b64encode(bytes(256)).decode())), _HOLDS_NOT
    ),
    "signature value one": Forgery(
        _changed(_text("SignatureValue", lambda text: base64.b64encode(bytes(255) + b"\x01").decode())), _HOLDS_NOT
    ),
    "signature value no base64": Forgery(_changed(_text("SignatureValue", lambda text: "!!!")), _HOLDS_NOT),
    # --- Ids
    "the Id twice": Forgery(_edited(lambda _, r: find(r, "c:EmailPrivate").set("Id", r.get("Id"))), "not allowed"),
    "the Id twice in capitals": Forgery(
        _edited(lambda _, r: find(r, "c:EmailPrivate").set("ID", r.get("Id"))), "not allowed"
    ),
    "the Id twice as xml:id": Forgery(
        _edited(lambda _, r: find(r, "c:EmailPrivate").set(f"{{{names.XML}}}id", r.get("Id"))), "not allowed"
    ),
    "the Id again on the signature": Forgery(
        _changed(lambda _, signed: signed[-1].set("Id", signed.get("Id"))), "stands twice"
    ),
    "an Id with a quote": Forgery(_edited(lambda _, r: r.set("Id", "x' or '1'='1")), "value that is not allowed"),
    "too old": Forgery(_edited(lambda _, r: r.set("IssueInstant", "2001-01-01T00:00:00Z")), "SIM_ISSUE_INSTANT"),
    # --- algorithms; all are sound in themselves
    "HMAC with her public key": Forgery(
        _crafted(lambda scene: Craft(method=MORE + "hmac-sha256", sign=crafting.hmac_with_public_key(scene.card))),
        _METHOD,
    ),
    "HMAC of eight bits": Forgery(
        _crafted(
            lambda scene: Craft(
                method=OLD + "hmac-sha1",
                parameter="<ds:HMACOutputLength>8</ds:HMACOutputLength>",
                sign=lambda data: crafting.hmac_with_public_key(scene.card)(data)[:1],
            )
        ),
        _METHOD,
    ),
    "SHA-1 signature": Forgery(
        _crafted(lambda scene: Craft(method=OLD + "rsa-sha1", sign=crafting.rsa_with(scene.card, hashes.SHA1()))),
        _METHOD,
    ),
    "MD5 signature": Forgery(
        _crafted(lambda scene: Craft(method=MORE + "rsa-md5", sign=crafting.rsa_with(scene.card, hashes.MD5()))),
        _METHOD,
    ),
    "SHA-512 signature": Forgery(
        _crafted(lambda scene: Craft(method=MORE + "rsa-sha512", sign=crafting.rsa_with(scene.card, hashes.SHA512()))),
        _METHOD,
    ),
    "algorithm of another kind of key": Forgery(
        _crafted(lambda scene: Craft(method=names.ECDSA_SHA256)), "does not fit"
    ),
    "no algorithm": Forgery(_crafted(lambda scene: Craft(method="")), _METHOD),
    "SHA-1 digest": Forgery(_reference(digest=OLD + "sha1"), _FORM_OF_DIGEST),
    "other canonicalisation": Forgery(_crafted(lambda scene: Craft(canonicalization=crafting.INCLUSIVE_C14N)), _CANON),
    "canonicalisation with comments": Forgery(
        _crafted(lambda scene: Craft(canonicalization=names.EXCLUSIVE_C14N + "WithComments")), _CANON
    ),
    # --- transforms and references
    "no transform": Forgery(_reference(transforms=()), _MUST_HOLD),
    "only enveloped": Forgery(_reference(transforms=(names.ENVELOPED_SIGNATURE,)), _MUST_HOLD),
    "only canonicalised": Forgery(_reference(transforms=(names.EXCLUSIVE_C14N,)), _MUST_HOLD),
    "three transforms": Forgery(
        _reference(transforms=(names.ENVELOPED_SIGNATURE, *[names.EXCLUSIVE_C14N] * 2)), _MUST_HOLD
    ),
    "transforms swapped": Forgery(_reference(transforms=(names.EXCLUSIVE_C14N, names.ENVELOPED_SIGNATURE)), _TRANSFORM),
    "XSLT": Forgery(_reference(transforms=(names.ENVELOPED_SIGNATURE, crafting.XSLT)), _TRANSFORM),
    "XPath to nothing": Forgery(
        _reference(
            transforms=(names.ENVELOPED_SIGNATURE, crafting.XPATH), inside="<ds:XPath>false()</ds:XPath>", content=b""
        ),
        _TRANSFORM,
    ),
    "XPath filter": Forgery(_reference(transforms=(names.ENVELOPED_SIGNATURE, crafting.XPATH_FILTER)), _TRANSFORM),
    "base64 as a transform": Forgery(_reference(transforms=(names.ENVELOPED_SIGNATURE, crafting.BASE64)), _TRANSFORM),
    "canonicalised with prefixes": Forgery(
        _reference(inside=f'<x:InclusiveNamespaces xmlns:x="{names.EXCLUSIVE_C14N}" PrefixList="s"/>'), _TRANSFORM
    ),
    "no reference": Forgery(lambda scene: _without_reference(scene), _MUST_HOLD),
    "reference to nothing": Forgery(_reference(uri=""), _REFER),
    "reference to another Id": Forgery(_reference(uri="#_other"), _REFER),
    "reference by XPointer": Forgery(_reference(uri="#xpointer(/)"), _REFER),
    "reference to a file": Forgery(
        _crafted(lambda scene: with_references(scene.request, uri=scene.traps.file.as_uri())), _REFER
    ),
    "reference to an address": Forgery(
        _crafted(lambda scene: with_references(scene.request, uri=scene.traps.url)), _REFER
    ),
    "a second reference to a file": Forgery(
        _crafted(lambda scene: with_references(scene.request, Reference(scene.traps.file.as_uri(), content=b"x"))),
        _MUST_HOLD,
    ),
    "a second reference to an address": Forgery(
        _crafted(lambda scene: with_references(scene.request, Reference(scene.traps.url, content=b"x"))), _MUST_HOLD
    ),
    # --- keys
    "the attacker's lookalike chain": Forgery(_signed_by(_attacker), _UNTRUSTED),
    "the attacker's leaf under the real authority": Forgery(_signed_by(_attacker_under_the_real_authority), _UNTRUSTED),
    "the attacker's key under her chain": Forgery(_signed_by(_attackers_key_her_chain), _HOLDS_NOT),
    "the attacker's bare key": Forgery(
        lambda scene: envelope(
            crafted(scene.forged(), _attacker(scene), Craft(key_info=crafting.key_value(_attacker(scene))))
        ),
        _MUST_HOLD,
    ),
    "the attacker's bare key beside her chain": Forgery(
        lambda scene: envelope(
            crafted(
                scene.forged(),
                _attacker(scene),
                Craft(key_info=crafting.key_value(_attacker(scene)) + crafting.certificates(scene.card.chain)),
            )
        ),
        _MUST_HOLD,
    ),
    "a colleague's card": Forgery(
        _signed_by(lambda scene: scene.world.cards[COLLEAGUE].signature), "SIM_SSIN_DIFFERS|SIM_NAMES_DIFFER"
    ),
    "her other key": Forgery(_signed_by(lambda scene: scene.world.cards[PROVIDER].authentication), "SIM_WRONG_KEY"),
    "an eHealth key": Forgery(_signed_by(_ehealth_key), _UNTRUSTED),
    "an expired card": Forgery(_signed_by(_expired), "SIM_SIGNER_NOT_VALID|SIM_SIGNER_NOT_TRUSTED"),
    "the name of a key": Forgery(_only("<ds:KeyName>her key</ds:KeyName>"), _MUST_HOLD),
    "a key at an address": Forgery(_only('<ds:RetrievalMethod URI="URL"/>'), _MUST_HOLD),
    "no key": Forgery(_only(""), _MUST_HOLD),
    "no certificate": Forgery(_only("<ds:X509Data/>"), "must hold the certificates"),
    "a certificate that is none": Forgery(
        _only("<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>"), "cannot be read"
    ),
    "a name beside the certificate": Forgery(
        _key_info(
            lambda scene: crafting.certificates(scene.card.chain).replace(
                "</ds:X509Data>", "<ds:X509SubjectName>CN=x</ds:X509SubjectName></ds:X509Data>"
            )
        ),
        _MUST_HOLD,
    ),
    "root before leaf": Forgery(_chain(lambda chain: chain[::-1]), _HOLDS_NOT),
    "eleven certificates": Forgery(_chain(lambda chain: (chain[0], *chain[1:] * 5)), "must hold the certificates"),
}


def _with_digest_of_the_forged(scene: Scene) -> Any:
    """Her signature over SignedInfo stays; the digest is the one of the forged request."""
    forged = scene.forged()
    digest = _find(crafted(forged, _attacker(scene)), "DigestValue").text
    signature = copy.deepcopy(scene.signed[-1])
    _find(signature, "DigestValue").text = digest
    forged.append(signature)
    return forged


def _without_reference(scene: Scene) -> bytes:
    """Signed with no reference at all: sound, and about nothing."""
    signed = crafted(scene.request, scene.card, replace(Craft(), references=(Reference("", transforms=()),)))
    reference = _find(signed, "Reference")
    info = reference.getparent()
    info.remove(reference)
    content = etree.tostring(info, method="c14n", exclusive=True)
    _find(signed, "SignatureValue").text = base64.b64encode(
        crafting.rsa_with(scene.card, hashes.SHA256())(content)
    ).decode()
    return envelope(signed)
