"""What the far side refuses: one defect each, the code it gets, and how to make it.

`arrange` builds a good message; `spoil` puts the one defect in, in the message or in the world around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import COLLEAGUE, MANAGER, PROVIDER, SCRUTINIZED
from adapters.sandbox.pki import Pki, key_usage
from steps.ports.signing import Signer
from tests.adapters.sandbox.client import (
    DER,
    SPKI,
    Draft,
    KeyPool,
    World,
    csr_for,
    element,
    encoded,
    encryption_certificate,
    find,
    key_identifier,
    tag,
)

Arrange = Callable[[World], Draft]
Spoil = Callable[[World, Draft], Draft | None]


@dataclass(frozen=True)
class Case:
    """One refusal: of which operation, for which defect, with which code."""

    operation: str
    defect: str
    code: str
    arrange: Arrange
    spoil: Spoil

    @property
    def id(self) -> str:
        return f"{self.operation}: {self.defect}"


FAULT = "SOA-03006"
PROVIDER_DN = (
    "CN=SSIN\\=75031299943,OU=eHealth-platform Belgium,OU=ZOE ELISE EXEMPLE,OU=SSIN\\=75031299943,"
    "O=Federal Government,C=BE"
)


# --- defects ------------------------------------------------------------------------------------------------------


def text(path: str, value: str) -> Spoil:
    """Another text in one place."""

    def spoil(world: World, draft: Draft) -> None:
        find(draft.request, path).text = value

    return spoil


def attribute(path: str, name: str, value: str) -> Spoil:
    def spoil(world: World, draft: Draft) -> None:
        find(draft.request, path).set(name, value)

    return spoil


def issued(shift: timedelta) -> Spoil:
    """Issued that much later than now."""

    def spoil(world: World, draft: Draft) -> None:
        draft.request.set("IssueInstant", (world.clock.now() + shift).isoformat())

    return spoil


def signed_by(signer: Callable[[World], Signer]) -> Spoil:
    def spoil(world: World, draft: Draft) -> None:
        draft.signer = signer(world)

    return spoil


def tampered(path: str, value: str) -> Spoil:
    """Another text, after signing."""

    def change(request: Any) -> None:
        find(request, path).text = value

    def spoil(world: World, draft: Draft) -> None:
        draft.tamper.append(change)

    return spoil


def earlier(*drafts: Callable[[World, Draft], Any]) -> Spoil:
    """Something that happened before."""

    def spoil(world: World, draft: Draft) -> None:
        for act in drafts:
            act(world, draft)

    return spoil


def without(path: str) -> Spoil:
    def spoil(world: World, draft: Draft) -> None:
        gone = find(draft.request, path)
        gone.getparent().remove(gone)

    return spoil


def twice(path: str) -> Spoil:
    def spoil(world: World, draft: Draft) -> None:
        found = find(draft.request, path)
        copy = element("k:Id", found.text, **dict(found.attrib))
        copy.tag = found.tag
        found.addnext(copy)

    return spoil


def with_csr(make: Callable[[World], bytes]) -> Spoil:
    def spoil(world: World, draft: Draft) -> None:
        csr = next(draft.request.iter(tag("c:CSR"), tag("r:CSR")))
        csr.text = encoded(make(world))

    return spoil


def odd_certificate(**odd: Any) -> Spoil:
    """An encryption certificate with one odd property."""

    def spoil(world: World, draft: Draft) -> Draft:
        signer, key, serial = world.notes
        made = encryption_certificate(
            signer.certificate,
            odd.get("signed_by", lambda w: signer.private_key)(world),
            odd.get("key", lambda w: key)(world),
            odd.get("serial", lambda s: s)(serial),
            **{name: make(signer) for name, make in odd.items() if name not in ("signed_by", "key", "serial")},
        )
        return world.complete(draft.signer, made)

    return spoil


# --- good messages ------------------------------------------------------------------------------------------------


def revocation(world: World) -> Draft:
    return world.revocation(key_identifier(world.enrolled().private_key))


def started(world: World) -> Draft:
    """A good completeETKRegistration; `notes` keeps the signer, the encryption key and the serial number."""
    signer = world.enrolled(with_etk=False)
    key = world.sandbox.keys.make()
    serial = world.challenged(signer, key)
    world.notes = (signer, key, serial)
    return world.complete(signer, encryption_certificate(signer.certificate, signer.private_key, key, serial))


def start(world: World) -> Draft:
    return world.start(world.enrolled(with_etk=False), world.sandbox.keys.make())


def waiting(world: World) -> Draft:
    """A good activateETK."""
    world.enrolled()
    new = world.delivered()
    world.registered(new)
    return world.activate(new)


def fetch(world: World) -> Draft:
    return world.certificate(world.delivered().private_key)


def hospital_request(world: World) -> Draft:
    return world.request(MANAGER, contract=world.hospital_contract(MANAGER))


def qualities(world: World) -> Draft:
    return world.qualities()


def own_info(world: World) -> Draft:
    return world.info_for_certificate(world.enrolled())


# --- what happens around a message --------------------------------------------------------------------------------


def stranger_card(world: World) -> Signer:
    """The card of the same person from authorities that nobody knows."""
    keys = KeyPool([*_STRANGE_KEYS])
    other = Sandbox.in_memory(world.clock, keys, pki=Pki.make(keys))
    return other.make_card(PROVIDER, kind="ec").authentication


def expired_card_of(world: World, draft: Draft) -> Draft:
    world.clock.move(timedelta(days=4000))
    return world.qualities()


def withdrawn(world: World, draft: Draft) -> None:
    assert draft.signer is not None
    world.sandbox.withdraw_card(draft.signer.certificate)


def same_id(world: World, draft: Draft) -> None:
    first = world.qualities(COLLEAGUE)
    first.request.set("Id", draft.request.get("Id"))
    world.done(first)


def csr_key_used(world: World, draft: Draft) -> Draft:
    """Another person asked for a certificate with the same key before."""
    key = world.sandbox.keys.make()
    world.done(world.request(COLLEAGUE, key))
    return world.request(PROVIDER, key)


def request_under_way(world: World, draft: Draft) -> None:
    world.done(world.request())


def valid_certificate(world: World, draft: Draft) -> None:
    world.enrolled(valid_for=timedelta(days=400))


def not_delivered(world: World, draft: Draft) -> Draft:
    key = world.sandbox.keys.make()
    world.done(world.request(COLLEAGUE, key))
    world.clock.move(timedelta(hours=12))
    return world.certificate(key)


def declined(world: World, draft: Draft) -> Draft:
    key = world.sandbox.keys.make()
    world.done(world.request(SCRUTINIZED, key))
    world.authority.refuse(key_identifier(key))
    return world.certificate(key)


def not_confirmed(world: World, draft: Draft) -> Draft:
    key = world.sandbox.keys.make()
    world.done(world.foreigner(key=key))
    world.clock.move(timedelta(days=8))
    return world.certificate(key)


def revoked(world: World, draft: Draft) -> None:
    assert draft.signer is not None
    world.done(world.revocation(key_identifier(draft.signer.private_key)))


def revoked_before(world: World, draft: Draft) -> None:
    world.done(world.revocation(find(draft.request, "r:PublicKeyIdentifier").text))


def other_reason(world: World, draft: Draft) -> None:
    find(draft.request, "c:RevocationReason").text = "keyCompromise"


def unknown_ehealth(world: World) -> Signer:
    """A certificate of the right authority that is not on record."""
    signer = world.enrolled()
    key = world.sandbox.keys.make()
    valid = (signer.certificate.not_valid_before_utc, signer.certificate.not_valid_after_utc)
    leaf = world.sandbox.pki.issue_authentication(signer.certificate.subject, key.public_key(), valid, 7)
    return Signer(key, (leaf, *signer.chain[1:]))


def over_by_now(world: World, draft: Draft) -> Draft:
    world.clock.move(timedelta(days=61))
    return world.start(draft.signer, world.sandbox.keys.make())


def old_challenge(world: World, draft: Draft) -> None:
    signer, key, _ = world.notes
    world.challenged(signer, key)


def never_started(world: World, draft: Draft) -> Draft:
    signer = world.enrolled(with_etk=False)
    _, key, serial = world.notes
    return world.complete(signer, encryption_certificate(signer.certificate, signer.private_key, key, serial))


def completed_before(world: World, draft: Draft) -> Draft:
    signer, key, serial = world.notes
    world.done(draft)
    return world.complete(signer, encryption_certificate(signer.certificate, signer.private_key, key, serial))


def etk_there(world: World, draft: Draft) -> None:
    world.registered(draft.signer)


def enc_key_of_other(world: World, draft: Draft) -> Draft:
    key = world.sandbox.keys.make()
    world.registered(world.delivered(COLLEAGUE), key)
    return world.start(world.enrolled(with_etk=False), key)


def own_key(world: World, draft: Draft) -> Draft:
    return world.start(draft.signer, draft.signer.private_key)


def activated_before(world: World, draft: Draft) -> Draft:
    world.done(draft)
    return world.activate(draft.signer)


def nothing_waits(world: World, draft: Draft) -> Draft:
    return world.activate(world.delivered(COLLEAGUE))


def key_of_1024_bits() -> bytes:
    return _spki(rsa.generate_private_key(public_exponent=65537, key_size=1024))


def _spki(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(DER, SPKI))


def flipped_csr(world: World) -> bytes:
    good = csr_for(world.sandbox.keys.make(), PROVIDER_DN)
    return good[:-1] + bytes([good[-1] ^ 1])


def other_name(signer: Signer) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody else")])


def reordered_name(signer: Signer) -> x509.Name:
    return x509.Name(reversed(list(signer.certificate.subject)))


def all_usages(signer: Signer) -> x509.KeyUsage:
    return key_usage(key_encipherment=True, data_encipherment=True, digital_signature=True)


_STRANGE_KEYS: list[rsa.RSAPrivateKey] = []


def fill_strange_keys(keys: list[rsa.RSAPrivateKey]) -> None:
    """Five keys for authorities that nobody knows; they may be ones that are used elsewhere."""
    _STRANGE_KEYS[:] = keys[:5]


def contract_of(world: World) -> Draft:
    return world.contract()


def hospital_contract(world: World) -> Draft:
    return world.hospital_contract(MANAGER, "APP-1")


def good_request(world: World) -> Draft:
    return world.request()


def renewal(world: World) -> Draft:
    world.enrolled()
    return world.request()


def old_key_needed(world: World, _draft: Draft) -> None:
    rules = replace(world.authority.desk.rules, old_key_needed=True)
    world.authority.desk = replace(world.authority.desk, rules=rules)


def foreigner(world: World) -> Draft:
    return world.foreigner()


def bad_info(world: World) -> Draft:
    return world.info_for_citizen()


MINUTES = timedelta(minutes=11)
Q, C, G, F = "getActorQualities", "generateContract", "generateCertificate", "getCertificate"
S, K, A, R = "startETKRegistration", "completeETKRegistration", "activateETK", "revoke"
I6, X = "getCertificateInfoForAuthenticationCertificate", "submitCSRForForeigner"

REFUSALS = [
    Case(Q, "the SSIN of another person", "SIM_SSIN_DIFFERS", qualities, text("r:SSIN", COLLEAGUE.ssin)),
    Case(Q, "not an SSIN", "SIM_UNKNOWN_IDENTIFIER_TYPE", qualities, attribute("r:SSIN", "Type", "NIHII")),
    Case(Q, "the Signature key", "SIM_WRONG_KEY", qualities, signed_by(lambda w: w.signature())),
    Case(Q, "changed after signing", "SIM_SIGNATURE_INVALID", qualities, tampered("r:SSIN", COLLEAGUE.ssin)),
    Case(Q, "too old", "SIM_ISSUE_INSTANT", qualities, issued(-MINUTES)),
    Case(Q, "from the future", "SIM_ISSUE_INSTANT", qualities, issued(MINUTES)),
    Case(Q, "a card of unknown authorities", "SIM_SIGNER_NOT_TRUSTED", qualities, signed_by(stranger_card)),
    Case(Q, "an eHealth key", "SIM_SIGNER_NOT_TRUSTED", qualities, signed_by(lambda w: w.enrolled())),
    Case(Q, "an expired card", "SIM_SIGNER_NOT_VALID", qualities, expired_card_of),
    Case(Q, "a withdrawn card", "SIM_SIGNER_REVOKED", qualities, withdrawn),
    Case(Q, "an Id that was used", "SIM_REPEATED_ID", qualities, same_id),
    Case(
        "getCertificateInfoForCitizen",
        "the Signature key",
        "SIM_WRONG_KEY",
        bad_info,
        signed_by(lambda w: w.signature()),
    ),
    Case(C, "an e-mail without a domain", "SIM_BAD_EMAIL", contract_of, text("c:EmailPrivate", "zoe@example")),
    Case(C, "a phone with signs", "SIM_BAD_PHONE", contract_of, text("c:PhonePrivate", "02/123.45.67")),
    Case(C, "a shortened first name", "SIM_NAMES_DIFFER", contract_of, text("r:Signer/k:FirstName", "Zoé")),
    Case(C, "another actor", "SIM_ACTOR_DIFFERS", contract_of, text("c:Actor/k:Id", COLLEAGUE.ssin)),
    Case(C, "a mistyped SSIN", "SIM_BAD_IDENTIFIER", contract_of, text("r:Signer/k:Id", "75031299944")),
    Case(C, "two identifiers", "SIM_SEVERAL_IDENTIFIERS", contract_of, twice("r:Signer/k:Id")),
    Case(
        C,
        "an application id of a person",
        "SIM_APPLICATION_ID_NOT_ALLOWED",
        contract_of,
        lambda w, d: find(d.request, "c:Actor").addnext(element("c:ApplicationId", "APP")),
    ),
    Case(
        C,
        "an unknown type",
        "SIM_UNKNOWN_IDENTIFIER_TYPE",
        hospital_contract,
        attribute("c:Actor/k:Id", "Type", "CLUB"),
    ),
    Case(C, "wrong check digits", "SIM_BAD_IDENTIFIER", hospital_contract, text("c:Actor/k:Id", "71999933")),
    Case(C, "an unknown hospital", "SIM_UNKNOWN_ORGANIZATION", hospital_contract, text("c:Actor/k:Id", "71999833")),
    Case(
        C, "an application id with signs", "SIM_BAD_APPLICATION_ID", hospital_contract, text("c:ApplicationId", "A/1")
    ),
    Case(G, "the Authentication key", "SIM_WRONG_KEY", good_request, signed_by(lambda w: w.authentication())),
    Case(G, "the card of another", "SIM_SSIN_DIFFERS", good_request, signed_by(lambda w: w.signature(COLLEAGUE))),
    Case(G, "other names", "SIM_NAMES_DIFFER", good_request, text("c:Signer/k:Name", "Exemples")),
    Case(
        G, "changed after signing", "SIM_SIGNATURE_INVALID", good_request, tampered("c:EmailPrivate", "x@example.org")
    ),
    Case(G, "too old", "SIM_ISSUE_INSTANT", good_request, issued(-MINUTES)),
    Case(G, "another text", "SIM_CONTRACT_CHANGED", good_request, text("c:Text/c:Value", "<html/>")),
    Case(
        G,
        "another name in the DN",
        "SIM_CONTRACT_CHANGED",
        good_request,
        text("c:Contract/c:DN", PROVIDER_DN.replace("EXEMPLE", "EXEMPEL")),
    ),
    Case(G, "no DN at all", "SIM_CONTRACT_CHANGED", good_request, text("c:Contract/c:DN", "Zoé")),
    Case(
        G,
        "the DN of another person",
        "SIM_NOT_AUTHORIZED",
        good_request,
        text("c:Contract/c:DN", PROVIDER_DN.replace(PROVIDER.ssin, COLLEAGUE.ssin)),
    ),
    Case(
        G,
        "no mandate for the organisation",
        "SIM_NOT_AUTHORIZED",
        hospital_request,
        lambda w, d: w.request(PROVIDER, contract=w.hospital_contract(PROVIDER)),
    ),
    Case(G, "not a CSR", "SIM_BAD_CSR", good_request, with_csr(lambda w: b"not a request")),
    Case(G, "a broken CSR signature", "SIM_CSR_SIGNATURE", good_request, with_csr(flipped_csr)),
    Case(
        G,
        "a PSS signature",
        "SIM_CSR_ALGORITHM",
        good_request,
        with_csr(
            lambda w: csr_for(
                w.sandbox.keys.make(), PROVIDER_DN, rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            )
        ),
    ),
    Case(
        G,
        "an EC key",
        "SIM_KEY_TYPE",
        good_request,
        with_csr(lambda w: csr_for(ec.generate_private_key(ec.SECP256R1()), PROVIDER_DN)),
    ),
    Case(
        G,
        "a short key",
        "SIM_KEY_SIZE",
        good_request,
        with_csr(lambda w: csr_for(rsa.generate_private_key(public_exponent=65537, key_size=1024), PROVIDER_DN)),
    ),
    Case(
        G,
        "another subject",
        "SIM_SUBJECT_DIFFERS",
        good_request,
        with_csr(lambda w: csr_for(w.sandbox.keys.make(), PROVIDER_DN.replace("ZOE ELISE", "ZOE"))),
    ),
    Case(G, "a key that was used", "SIM_DUPLICATE_KEY", good_request, csr_key_used),
    Case(G, "a request under way", "SIM_REQUEST_IN_PROGRESS", good_request, request_under_way),
    Case(G, "a certificate that is valid for long", "SIM_NOT_REPLACEABLE", good_request, valid_certificate),
    Case(G, "an old key that was not shown", "SIM_OLD_KEY_NEEDED", renewal, old_key_needed),
    Case(
        G,
        "a base service of a person",
        "SIM_BASE_SERVICE_NOT_ALLOWED",
        good_request,
        lambda w, d: find(d.request, "c:Contract").addnext(element("c:BaseServiceUsage", "tsa")),
    ),
    Case(G, "a bad e-mail", "SIM_BAD_EMAIL", good_request, text("c:EmailPrivate", "zoe")),
    Case(G, "a bad phone", "SIM_BAD_PHONE", good_request, text("c:PhonePrivate", "call me")),
    Case(F, "an unknown key", "SIM_UNKNOWN_PUBLIC_KEY", fetch, text("r:PublicKeyIdentifier", "00" * 20)),
    Case(F, "twelve hours only", "CERT_NOT_YET_DELIVERED", fetch, not_delivered),
    Case(F, "refused by the support team", "SIM_REQUEST_REFUSED", fetch, declined),
    Case(F, "never confirmed by the foreigner", "SIM_VALIDATION_EXPIRED", fetch, not_confirmed),
    Case(I6, "a card", "SIM_SIGNER_NOT_TRUSTED", own_info, signed_by(lambda w: w.authentication())),
    Case(I6, "a certificate not on record", "SIM_SIGNER_UNKNOWN", own_info, signed_by(unknown_ehealth)),
    Case(
        "generateRevocationContract",
        "an unknown key",
        "SIM_UNKNOWN_PUBLIC_KEY",
        lambda w: w.revocation_contract(key_identifier(w.enrolled().private_key)),
        text("r:PublicKeyIdentifier", "00" * 20),
    ),
    Case(R, "the Authentication key", "SIM_WRONG_KEY", revocation, signed_by(lambda w: w.authentication())),
    Case(R, "another reason", "SIM_CONTRACT_CHANGED", revocation, other_reason),
    Case(R, "revoked before", "SIM_NOT_REVOCABLE", revocation, revoked_before),
    Case(
        R,
        "somebody else's certificate",
        "SIM_NOT_AUTHORIZED",
        revocation,
        lambda w, d: w.revocation(find(d.request, "r:PublicKeyIdentifier").text, COLLEAGUE),
    ),
    Case(X, "no BIS number", "SIM_NOT_A_BIS_NUMBER", foreigner, lambda w, d: w.foreigner(PROVIDER.ssin)),
    Case(
        X,
        "another subject",
        "SIM_SUBJECT_DIFFERS",
        foreigner,
        with_csr(lambda w: csr_for(w.sandbox.keys.make(), PROVIDER_DN)),
    ),
    Case(S, "a short key", "SIM_BAD_ENCRYPTION_KEY", start, lambda w, d: w.start(d.signer, key_of_1024_bits())),
    Case(S, "not a key", "SIM_BAD_ENCRYPTION_KEY", start, text("t:PublicEncryptionKey", "AAAA")),
    Case(S, "the authentication key itself", "SIM_DUPLICATE_KEY", start, own_key),
    Case(S, "the encryption key of another", "SIM_DUPLICATE_KEY", start, enc_key_of_other),
    Case(S, "an ETK is there", "SIM_ETK_EXISTS", start, etk_there),
    Case(S, "a revoked certificate", "SIM_SIGNER_REVOKED", start, revoked),
    Case(S, "an expired certificate", "SIM_SIGNER_NOT_VALID", start, over_by_now),
    Case(S, "a card", "SIM_SIGNER_NOT_TRUSTED", start, signed_by(lambda w: w.authentication())),
    Case(K, "never started", "SIM_ETK_NOT_STARTED", started, never_started),
    Case(K, "completed before", "SIM_ETK_EXISTS", started, completed_before),
    Case(K, "not a certificate", "SIM_BAD_ENC_CERTIFICATE", started, text("t:ToBeRegistered", "AAAA")),
    Case(K, "a challenge that is not the newest", "SIM_CHALLENGE_NOT_MET", started, old_challenge),
    Case(K, "another serial", "SIM_CHALLENGE_NOT_MET", started, odd_certificate(serial=lambda s: s ^ 1)),
    Case(K, "another subject", "SIM_ENC_NAME", started, odd_certificate(subject=other_name)),
    Case(K, "the subject in another order", "SIM_ENC_NAME", started, odd_certificate(subject=reordered_name)),
    Case(
        K,
        "another start",
        "SIM_ENC_VALIDITY",
        started,
        odd_certificate(start=lambda s: s.certificate.not_valid_before_utc + timedelta(seconds=1)),
    ),
    Case(K, "too much key usage", "SIM_ENC_EXTENSIONS", started, odd_certificate(usage=all_usages)),
    Case(
        K, "a key usage that is not critical", "SIM_ENC_EXTENSIONS", started, odd_certificate(critical=lambda s: False)
    ),
    Case(
        K,
        "a second extension",
        "SIM_ENC_EXTENSIONS",
        started,
        odd_certificate(more=lambda s: [x509.BasicConstraints(ca=False, path_length=None)]),
    ),
    Case(K, "another key", "SIM_ENC_KEY", started, odd_certificate(key=lambda w: w.sandbox.keys.make())),
    Case(
        K,
        "signed by another key",
        "SIM_ENC_SIGNATURE",
        started,
        odd_certificate(signed_by=lambda w: w.sandbox.keys.make()),
    ),
    Case(A, "nothing waits", "SIM_ETK_NOT_REGISTERED", waiting, nothing_waits),
    Case(A, "active already", "SIM_ETK_ALREADY_ACTIVE", waiting, activated_before),
    Case(Q, "no IssueInstant", FAULT, qualities, lambda w, d: d.request.attrib.pop("IssueInstant") and None),
    Case(
        Q,
        "an IssueInstant that is no moment",
        FAULT,
        qualities,
        lambda w, d: d.request.set("IssueInstant", "yesterday"),
    ),
    Case(Q, "no Type", FAULT, qualities, lambda w, d: find(d.request, "r:SSIN").attrib.pop("Type") and None),
    Case(Q, "no signature", FAULT, qualities, lambda w, d: replace(d, signer=None)),
    Case(Q, "an attribute too many", FAULT, qualities, attribute("r:SSIN", "Colour", "blue")),
    Case(C, "no phone", FAULT, contract_of, without("c:PhonePrivate")),
    Case(
        C,
        "the wrong order",
        FAULT,
        contract_of,
        lambda w, d: d.request.append(find(d.request, "r:ContactData")),
    ),
    Case(C, "text between elements", FAULT, contract_of, text("r:Signer", "hello")),
    Case(G, "a CSR that is not base64", FAULT, good_request, text("c:CSR", "A")),
    Case(F, "an identifier of 19 bytes", FAULT, fetch, text("r:PublicKeyIdentifier", "00" * 19)),
    Case(
        "generateRevocationContract",
        "an unknown reason",
        FAULT,
        lambda w: w.revocation_contract(key_identifier(w.enrolled().private_key)),
        text("r:RevocationReason", "boredom"),
    ),
    Case(S, "an unknown element", FAULT, start, lambda w, d: d.request.append(element("t:Extra"))),
    Case("getEtk", "no type", FAULT, lambda w: _with_etk(w), without("d:Type")),
    Case("getEtk", "an unknown type", "400", lambda w: _with_etk(w), text("d:Type", "CLUB")),
    Case("getEtk", "nobody", "404", lambda w: _with_etk(w), text("d:Value", COLLEAGUE.ssin)),
    Case("getEtk", "another application id", "404", lambda w: _with_etk(w), text("d:ApplicationID", "APP")),
]


def _with_etk(world: World) -> Draft:
    world.enrolled()
    return world.etk()
