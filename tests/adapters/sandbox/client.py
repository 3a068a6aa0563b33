"""A tiny client of its own for the sandbox, so that no mistake of the real client can hide one of the sandbox."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import HOSPITAL, PROVIDER, Person
from adapters.sandbox.pki import key_usage
from adapters.sandbox.replies import Reply
from adapters.xml import names
from adapters.xml.signing import sign_enveloped
from steps.ports.signing import Signer

CERTRA_SERVICE = "/CertRa/v2"
ETKRA_SERVICE = "/EtkRa/v2"
DEPOT_SERVICE = "/EtkDepot/v1"
PREFIXES = {
    "r": names.CERTRA,
    "c": names.CERTRA_CORE,
    "k": names.COMMONS,
    "t": names.ETKRA,
    "d": names.ETKDEPOT,
    "o": names.COMMONS1,
    "e": names.ETEE,
    "s": names.SOAP,
    "err": names.SOA_ERRORS,
}
SUCCESS = "urn:be:fgov:ehealth:2.0:status:Success"
DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by


class KeyPool:
    """Keys that were made once for all tests, given out in order."""

    def __init__(self, keys: list[rsa.RSAPrivateKey]) -> None:
        self._keys: Iterator[rsa.RSAPrivateKey] = iter(keys)

    def make(self) -> rsa.RSAPrivateKey:
        return next(self._keys)


def tag(name: str) -> str:
    """'r:SSIN' as a qualified tag."""
    prefix, _, local = name.rpartition(":")
    return f"{{{PREFIXES[prefix]}}}{local}" if prefix else local


def element(name: str, *inside: Any, **attributes: str) -> Any:
    """An element with text or children."""
    made = etree.Element(tag(name), attributes)
    for part in inside:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def find(inside: Any, path: str) -> Any:
    """The first element at a path such as 'c:Contract/c:DN', at any depth."""
    found = inside.find(".//" + "/".join(tag(part) for part in path.split("/")))
    assert found is not None, path
    return found


def encoded(content: bytes) -> str:
    """base64 as a careless client writes it: with line breaks."""
    return base64.encodebytes(content).decode()


def decoded(text: str) -> bytes:
    return base64.b64decode(text)


@dataclass
class Draft:
    """A request that is not signed yet; `tamper` is done to it after signing, `wrap` makes the envelope."""

    service: str
    request: Any
    signer: Signer | None = None
    tamper: list[Callable[[Any], None]] = field(default_factory=list)

    def signed(self) -> Any:
        request = self.request
        if self.signer is not None:
            request = sign_enveloped(request, self.signer.private_key, self.signer.chain)
        for change in self.tamper:
            change(request)
        return request

    def body(self) -> bytes:
        return envelope(self.signed())


def envelope(request: Any) -> bytes:
    return etree.tostring(element("s:Envelope", element("s:Header"), element("s:Body", request)))


@dataclass(frozen=True)
class Answered:
    """An answer, opened."""

    reply: Reply
    content: Any

    @property
    def is_success(self) -> bool:
        """Carried out: what each of the three kinds of answer says then."""
        local = etree.QName(self.content).localname
        if local == "GetExistingApplicationIdsResponse":
            return True
        if local == "GetEtkResponse":
            return find(self.content, "o:Status/Code").text == "200"
        return local != "Fault" and find(self.content, "k:Status/k:StatusCode").get("Value") == SUCCESS

    @property
    def code(self) -> str:
        """The code of a refusal, a fault or the depot; 'Success' otherwise."""
        if self.is_success:
            return "Success"
        return str(next(self.content.iter("Code")).text)

    @property
    def parameters(self) -> dict[str, str]:
        return {p.findtext("Name"): p.findtext("Value") for p in self.content.iter("Parameters")}

    def text(self, path: str) -> str:
        return find(self.content, path).text or ""

    def texts(self, name: str) -> list[str]:
        return [found.text for found in self.content.iter(tag(name))]


def opened(reply: Reply) -> Answered:
    body = find(etree.fromstring(reply.body), "s:Body")
    assert len(body) == 1
    return Answered(reply, body[0])


def request_subject(dn: str) -> x509.Name:
    """The subject of a CSR for the DN of a contract, read in the simplest way there is."""
    return x509.Name.from_rfc4514_string(dn)


def csr_for(key: Any, dn: str, algorithm: Any = None, **options: Any) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(request_subject(dn))
    return builder.sign(key, algorithm or hashes.SHA256(), **options).public_bytes(DER)


def key_identifier(key: rsa.RSAPrivateKey) -> str:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()


def actor(name: str, identifier_type: str, identifier: str, surname: str, first_names: str | None = None) -> Any:
    first = [] if first_names is None else [element("k:FirstName", first_names)]
    return element(name, element("k:Id", identifier, Type=identifier_type), *first, element("k:Name", surname))


def person(name: str, who: Person) -> Any:
    return actor(name, "SSIN", who.ssin, who.surname, who.first_names)


def contact(name: str) -> Any:
    return element(name, element("c:EmailPrivate", "zoe@example.org"), element("c:PhonePrivate", "+32 470 00 00 00"))


def solve(challenge: bytes, key: rsa.RSAPrivateKey) -> int:
    """The serial number in a challenge, by PROTOCOL §11.2."""
    serial = key.decrypt(challenge[:-32], padding.PKCS1v15())[:16]
    assert hashlib.sha256(serial).digest() == challenge[-32:]
    return int.from_bytes(serial, "big")


def encryption_certificate(owner: x509.Certificate, owner_key: Any, key: Any, serial: int, **odd: Any) -> bytes:
    """The certificate for an encryption key; `odd` replaces one of its properties."""
    subject = odd.get("subject", owner.subject)
    builder = x509.CertificateBuilder(subject, odd.get("subject", owner.subject), key.public_key(), serial)
    builder = builder.not_valid_before(odd.get("start", owner.not_valid_before_utc))
    builder = builder.not_valid_after(owner.not_valid_after_utc)
    usage = odd.get("usage", key_usage(key_encipherment=True, data_encipherment=True))
    builder = builder.add_extension(usage, critical=odd.get("critical", True))
    for more in odd.get("more", []):
        builder = builder.add_extension(more, critical=False)
    return builder.sign(owner_key, hashes.SHA256()).public_bytes(DER)


class World:
    """A sandbox with people and their cards, and a person who can send every request."""

    def __init__(
        self,
        sandbox: Sandbox,
        clock: FakeClock,
        cards: dict[Person, Any],
        watch: Callable[[str, Any, Answered], None],
    ) -> None:
        self.sandbox = sandbox
        self.authority = sandbox.authority
        self.clock = clock
        self.cards = cards
        self.watch = watch
        self.notes: Any = None

    # --- sending --------------------------------------------------------------------------------------------------

    def post(self, draft: Draft) -> Answered:
        return self.post_body(draft.service, draft.body())

    def post_body(self, service: str, body: bytes) -> Answered:
        answered = opened(self.authority.answer(service, body))
        self.watch(service, body, answered)
        return answered

    def done(self, draft: Draft) -> Answered:
        answered = self.post(draft)
        assert answered.is_success, answered.code
        return answered

    def new_id(self) -> str:
        return f"_{uuid.uuid4()}"

    def _request(self, name: str, *inside: Any) -> Any:
        instant = self.clock.now().isoformat()
        return element(name, *inside, Id=self.new_id(), IssueInstant=instant)

    def authentication(self, who: Person = PROVIDER) -> Signer:
        return self.cards[who].authentication

    def signature(self, who: Person = PROVIDER) -> Signer:
        return self.cards[who].signature

    # --- CertRA ---------------------------------------------------------------------------------------------------

    def qualities(self, who: Person = PROVIDER) -> Draft:
        request = self._request("r:GetActorQualitiesRequest", element("r:SSIN", who.ssin, Type="SSIN"))
        return Draft(CERTRA_SERVICE, request, self.authentication(who))

    def contract(self, who: Person = PROVIDER) -> Draft:
        return self._contract(who, person("c:Actor", who))

    def hospital_contract(self, who: Person, application_id: str | None = None) -> Draft:
        hospital = actor("c:Actor", HOSPITAL.identifier_type, HOSPITAL.identifier, HOSPITAL.name_fr)
        application = [] if application_id is None else [element("c:ApplicationId", application_id)]
        return self._contract(who, hospital, *application)

    def _contract(self, who: Person, *identification: Any) -> Draft:
        request = self._request(
            "r:GenerateContractRequest",
            contact("r:ContactData"),
            person("r:Signer", who),
            element("r:CertificateIdentifier", *identification),
        )
        return Draft(CERTRA_SERVICE, request)

    def request(
        self, who: Person = PROVIDER, key: Any = None, contract: Draft | None = None, csr: bytes | None = None
    ) -> Draft:
        """generateCertificate for a contract that is asked for now, with a new key."""
        made = find(self.done(contract or self.contract(who)).content, "r:Contract")
        made.tag = tag("c:Contract")
        dn = find(made, "c:DN").text
        content = csr or csr_for(key or self.sandbox.keys.make(), dn)
        request = self._request(
            "r:GenerateCertificateRequest",
            element("r:EHealthCSR", contact("c:ContactData"), element("c:CSR", encoded(content)), made),
        )
        return Draft(CERTRA_SERVICE, request, self.signature(who))

    def certificate(self, key: Any) -> Draft:
        identifier = key if isinstance(key, str) else key_identifier(key)
        request = self._request("r:GetCertificateRequest", element("r:PublicKeyIdentifier", identifier))
        return Draft(CERTRA_SERVICE, request)

    def info_for_citizen(self, who: Person = PROVIDER) -> Draft:
        request = self._request("r:GetCertificateInfoForCitizenRequest")
        return Draft(CERTRA_SERVICE, request, self.authentication(who))

    def info_for_certificate(self, signer: Signer) -> Draft:
        request = self._request("r:GetCertificateInfoForAuthenticationCertificateRequest")
        return Draft(CERTRA_SERVICE, request, signer)

    def revocation_contract(self, identifier: str, who: Person = PROVIDER, reason: str = "superseded") -> Draft:
        request = self._request(
            "r:GenerateRevocationContractRequest",
            element("r:PublicKeyIdentifier", identifier),
            person("r:Signer", who),
            element("r:RevocationReason", reason),
        )
        return Draft(CERTRA_SERVICE, request)

    def revocation(self, identifier: str, who: Person = PROVIDER) -> Draft:
        made = find(self.done(self.revocation_contract(identifier, who)).content, "r:Contract")
        request = self._request("r:RevokeRequest", element("r:PublicKeyIdentifier", identifier), made)
        return Draft(CERTRA_SERVICE, request, self.signature(who))

    def organization_types(self) -> Draft:
        return Draft(CERTRA_SERVICE, self._request("r:GetGenericOrganizationTypesRequest"))

    def application_ids(self, identifier_type: str = "NIHII-HOSPITAL", identifier: str = "71999932") -> Draft:
        asked = element("r:OrganizationIdentifier", identifier, Type=identifier_type)
        return Draft(CERTRA_SERVICE, self._request("r:GetExistingApplicationIdsRequest", asked))

    def foreigner(self, ssin: str = "75431299932", key: Any = None) -> Draft:
        dn = (
            f"CN=SSIN\\={ssin},OU=eHealth-platform Belgium,OU=AUSLANDER ANNA,OU=SSIN\\={ssin},O=Federal Government,C=BE"
        )
        request = self._request(
            "r:SubmitCSRForForeignerRequest",
            actor("r:ForeignPerson", "SSIN", ssin, "Ausländer", "Anna"),
            contact("r:ContactData"),
            element("r:CSR", encoded(csr_for(key or self.sandbox.keys.make(), dn))),
        )
        return Draft(CERTRA_SERVICE, request)

    # --- EtkRA and EtkDepot ---------------------------------------------------------------------------------------

    def start(self, signer: Signer, key: Any) -> Draft:
        public_key = key if isinstance(key, bytes) else key.public_key().public_bytes(DER, SPKI)
        inside = element("t:PublicEncryptionKey", encoded(public_key))
        return Draft(ETKRA_SERVICE, self._request("t:StartETKRegistrationRequest", inside), signer)

    def complete(self, signer: Signer, certificate: bytes) -> Draft:
        inside = element("t:ToBeRegistered", encoded(certificate))
        return Draft(ETKRA_SERVICE, self._request("t:CompleteETKRegistrationRequest", inside), signer)

    def activate(self, signer: Signer) -> Draft:
        return Draft(ETKRA_SERVICE, self._request("t:ActivateETKRequest"), signer)

    def etk(self, *identifiers: tuple[str, str, str | None]) -> Draft:
        made = []
        for kind, value, application_id in identifiers or [("SSIN", PROVIDER.ssin, "")]:
            application = [] if application_id is None else [element("d:ApplicationID", application_id)]
            made.append(element("d:Identifier", element("d:Type", kind), element("d:Value", value), *application))
        return Draft(DEPOT_SERVICE, element("d:GetEtkRequest", element("d:SearchCriteria", *made)))

    # --- whole ways -----------------------------------------------------------------------------------------------

    def delivered(self, who: Person = PROVIDER, contract: Draft | None = None) -> Signer:
        """A key whose certificate was asked for and delivered, two days later."""
        key = self.sandbox.keys.make()
        self.done(self.request(who, key, contract))
        self.clock.move(timedelta(days=2))
        chain = [decoded(text) for text in self.done(self.certificate(key)).texts("r:X509Certificate")]
        return Signer(key, tuple(x509.load_der_x509_certificate(der) for der in chain))

    def challenged(self, signer: Signer, key: Any) -> int:
        """Start the registration of an ETK and solve the challenge."""
        return solve(decoded(self.done(self.start(signer, key)).text("t:Challenge")), key)

    def registered(self, signer: Signer, key: Any = None) -> Answered:
        """Register an ETK for a certificate."""
        made = key or self.sandbox.keys.make()
        serial = self.challenged(signer, made)
        certificate = encryption_certificate(signer.certificate, signer.private_key, made, serial)
        return self.done(self.complete(signer, certificate))

    def enrolled(self, valid_for: timedelta = timedelta(days=60), *, with_etk: bool = True) -> Signer:
        """A certificate that the provider has already."""
        entry = self.sandbox.enrol(PROVIDER, valid_for, with_etk=with_etk).keys[0]
        return Signer(entry.private_key, entry.chain)
