"""The operations that ask for a certificate: generateContract, generateCertificate, submitCSRForForeigner."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.sandbox.certificates import Record, State
from adapters.sandbox.content import (
    PERSON_TYPE,
    certra,
    child,
    content,
    core,
    make,
    optional_text,
    read_actor,
    read_contact,
    read_contract,
    write_actor,
    write_boolean,
    write_moment,
    write_texts,
)
from adapters.sandbox.contracts import is_same, request_texts
from adapters.sandbox.csr import check_csr
from adapters.sandbox.desk import CONFIRMATION_PERIOD, Answer, Call, Desk
from adapters.sandbox.dn import APPLICATION_ID, Subject, parse, plain, subject_of
from adapters.sandbox.identifiers import check_contact, check_organization, is_bis, is_ssin, organization_type
from adapters.sandbox.refusal import Refusal
from adapters.sandbox.replacing import replaced
from adapters.sandbox.trust import key_identifier
from adapters.xml.parsing import Element
from steps.ports.registration import Actor, Contact, Contract

CONFIRMATION_ADDRESS: Final = "https://confirmation.ehealth-sandbox.invalid/"


def generate_contract(desk: Desk, call: Call) -> Answer:
    """A contract for a certificate; changes nothing."""
    check_contact(read_contact(child(call.request, certra("ContactData"))))
    signer = read_actor(child(call.request, certra("Signer")))
    _check_person(desk, signer)
    identification = child(call.request, certra("CertificateIdentifier"))
    actor = read_actor(child(identification, core("Actor")))
    subject = _subject(desk, signer, actor, optional_text(identification, core("ApplicationId")))
    return Answer([_write_contract(_contract(desk, subject, signer))])


def generate_certificate(desk: Desk, call: Call) -> Answer:
    """Accept a request for a certificate, whose contract the signer signed with it."""
    request = child(call.request, certra("EHealthCSR"))
    contact = read_contact(child(request, core("ContactData")))
    check_contact(contact)
    contract = read_contract(child(request, core("Contract")))
    call.card_holder.check_is(contract.signer)
    subject = _checked_subject(desk, contract)
    desk.check_may_manage(call.card_holder.ssin, subject.identifier_type, subject.identifier)
    key = check_csr(content(request, core("CSR")), subject)
    services = _checked_services(request, subject)
    automatic = _is_automatic(desk, call.card_holder.ssin)
    record = _register(desk, call, subject, contract.signer, contact, key, services, automatic)
    return Answer(_confirmation(record), key=record.key, ssin=call.card_holder.ssin)


def submit_csr_for_foreigner(desk: Desk, call: Call) -> Answer:
    """Keep the request of somebody without a card until he has confirmed it on the web."""
    person = read_actor(child(call.request, certra("ForeignPerson")))
    if person.identifier_type != PERSON_TYPE or not is_bis(person.identifier):
        raise Refusal("SIM_NOT_A_BIS_NUMBER")
    contact = read_contact(child(call.request, certra("ContactData")))
    check_contact(contact)
    # Without a card the surname comes first (PROTOCOL §9.1).
    subject = Subject(PERSON_TYPE, person.identifier, plain(f"{person.name} {person.first_names or ''}".strip()))
    key = check_csr(content(call.request, certra("CSR")), subject)
    record = _new_record(desk, call, subject, person, contact, key, ())
    until = call.now + CONFIRMATION_PERIOD
    token = desk.random_bytes(16).hex()
    desk.certificates.put(replace(record, state=State.CONFIRMING, token=token, confirm_until=until))
    answer = [
        make(certra("ValidationUrl"), f"{CONFIRMATION_ADDRESS}{token}"),
        make(certra("ExpirationDate"), write_moment(until)),
    ]
    return Answer(answer, key=record.key, ssin=person.identifier)


def _check_person(desk: Desk, signer: Actor) -> None:
    if signer.identifier_type != PERSON_TYPE or not is_ssin(signer.identifier):
        raise Refusal("SIM_BAD_IDENTIFIER", IdentifierType=signer.identifier_type)
    known = desk.register.person(signer.identifier)
    if known is not None and (known.first_names, known.surname) != (signer.first_names, signer.name):
        raise Refusal("SIM_NAMES_DIFFER")


def _subject(desk: Desk, signer: Actor, actor: Actor, application_id: str | None) -> Subject:
    """Whose certificate it will be: the signer's own or an organisation's."""
    if actor.identifier_type == PERSON_TYPE:
        if actor != signer:
            raise Refusal("SIM_ACTOR_DIFFERS")
        if application_id:
            raise Refusal("SIM_APPLICATION_ID_NOT_ALLOWED")
        return Subject(PERSON_TYPE, actor.identifier, plain(f"{actor.first_names or ''} {actor.name}".strip()))
    check_organization(actor.identifier_type, actor.identifier)
    organization = desk.register.organization(actor.identifier_type, actor.identifier)
    if organization is None:
        raise Refusal("SIM_UNKNOWN_ORGANIZATION")
    application = plain(application_id) if application_id else None
    if application is not None and not APPLICATION_ID.fullmatch(application):
        raise Refusal("SIM_BAD_APPLICATION_ID")
    return Subject(actor.identifier_type, actor.identifier, plain(organization.name_fr), application)


def _contract(desk: Desk, subject: Subject, signer: Actor) -> Contract:
    return Contract(subject.text(escaped=desk.rules.escaped_dn), signer, request_texts(subject.text(), signer))


def _write_contract(contract: Contract) -> Element:
    return make(
        certra("Contract"),
        [
            make(core("DN"), contract.dn),
            write_actor(core("Signer"), contract.signer),
            write_texts(core("Text"), dict(contract.texts)),
        ],
    )


def _checked_subject(desk: Desk, contract: Contract) -> Subject:
    """The subject of a contract that is, word for word, what generateContract makes for it."""
    try:
        named = subject_of(parse(contract.dn))
    except ValueError as error:
        raise Refusal("SIM_CONTRACT_CHANGED") from error
    if named is None:
        raise Refusal("SIM_CONTRACT_CHANGED")
    if named.identifier_type == PERSON_TYPE:
        if named.identifier != contract.signer.identifier:
            raise Refusal("SIM_NOT_AUTHORIZED")
        actor = contract.signer
    else:
        actor = Actor(named.identifier_type, named.identifier, named.name)
    subject = _subject(desk, contract.signer, actor, named.application_id)
    if not is_same(contract, _contract(desk, subject, contract.signer)):
        raise Refusal("SIM_CONTRACT_CHANGED")
    return subject


def _checked_services(request: Element, subject: Subject) -> tuple[str, ...]:
    wanted = tuple(element.text or "" for element in request.findall(core("BaseServiceUsage")))
    if not wanted:
        return ()
    is_person = subject.identifier_type == PERSON_TYPE
    allowed = () if is_person else organization_type(subject.identifier_type).base_services
    for service in wanted:
        if service not in allowed:
            raise Refusal("SIM_BASE_SERVICE_NOT_ALLOWED", BaseService=service)
    return wanted


def _is_automatic(desk: Desk, ssin: str) -> bool:
    """Whether the request goes to the authority without a look by the support team.

    assumption: who is not known as a care provider is looked at by hand, he is not refused (PROCEDURES §2, step 5).
    """
    person = desk.register.person(ssin)
    if person is None or desk.rules.manual_validation or not person.automatic:
        return False
    return person.care_provider or bool(desk.register.organizations_of(ssin))


def _register(
    desk: Desk,
    call: Call,
    subject: Subject,
    signer: Actor,
    contact: Contact,
    key: rsa.RSAPublicKey,
    services: tuple[str, ...],
    automatic: bool,
) -> Record:
    record = replace(_new_record(desk, call, subject, signer, contact, key, services), automatic=automatic)
    if automatic:
        record = desk.approve(record, call.now)
    desk.certificates.put(record)
    desk.mails.confirm(record, call.now)
    return record


def _new_record(
    desk: Desk,
    call: Call,
    subject: Subject,
    signer: Actor,
    contact: Contact,
    key: rsa.RSAPublicKey,
    services: tuple[str, ...],
) -> Record:
    """A record for a key that was never used, of a name for which a certificate may be asked now."""
    identifier = key_identifier(key)
    if desk.certificates.by_key(identifier) is not None or desk.tokens.by_enc_key(identifier) is not None:
        raise Refusal("SIM_DUPLICATE_KEY")
    return Record(
        key=identifier,
        requested_at=call.now,
        subject=subject,
        actor=_actor(desk, subject, signer),
        contact=contact,
        base_services=services,
        requester=signer.identifier,
        state=State.WAITING,
        automatic=False,
        public_key=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        replaces=replaced(desk, call, subject),
    )


def _actor(desk: Desk, subject: Subject, signer: Actor) -> Actor:
    organization = desk.register.organization(subject.identifier_type, subject.identifier)
    if organization is None:
        return signer
    return Actor(subject.identifier_type, subject.identifier, organization.name_fr)


def _confirmation(record: Record) -> list[Element]:
    children = [
        make(certra("PublicKeyIdentifier"), record.key.upper()),
        make(certra("AutomaticallyValidated"), write_boolean(record.automatic)),
    ]
    if record.replaces is not None:
        children.append(make(certra("ReplacesCertificate"), record.replaces.upper()))
    return children
