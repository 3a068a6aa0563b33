"""The operations that ask where a certificate stands: getCertificate and the two getCertificateInfo."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding

from adapters.sandbox.certificates import Record, State
from adapters.sandbox.content import (
    PERSON_TYPE,
    certra,
    core,
    key_identifier,
    make,
    write_actor,
    write_boolean,
    write_contact,
    write_moment,
)
from adapters.sandbox.desk import Answer, Call, Desk
from adapters.sandbox.dn import rfc2253
from adapters.sandbox.interface import encode_base64
from adapters.sandbox.refusal import NOT_YET_DELIVERED, Refusal
from adapters.sandbox.replacing import is_replaceable
from adapters.xml.parsing import Element
from steps.ports.registration import CertificateStatus


def get_certificate(desk: Desk, call: Call) -> Answer:
    """The delivered certificate with its intermediate; also later, when it is over (PROTOCOL §13.2)."""
    record = desk.known(key_identifier(call.request))
    if record.state is State.REFUSED:
        raise Refusal("SIM_REQUEST_REFUSED")
    if record.is_lapsed(call.now):
        raise Refusal("SIM_VALIDATION_EXPIRED")
    if record.certificate is None:
        raise Refusal(NOT_YET_DELIVERED)
    chain = (record.certificate, desk.pki.ehealth_issuing.certificate)
    encoded = [encode_base64(certificate.public_bytes(Encoding.DER)) for certificate in chain]
    return Answer([make(certra("X509Certificate"), value) for value in encoded])


def info_for_citizen(desk: Desk, call: Call) -> Answer:
    """Everything about the certificates of the person whose card signed, and of his organisations."""
    ssin = call.card_holder.ssin
    organizations = [(o.identifier_type, o.identifier) for o in desk.register.organizations_of(ssin)]
    actors = [(PERSON_TYPE, ssin), *organizations]
    records = [record for actor in actors for record in desk.certificates.of_actor(*actor)]
    return Answer([_info(desk, call, record) for record in records])


def info_for_certificate(desk: Desk, call: Call) -> Answer:
    """Everything about the certificate whose key signed; that it could sign is remembered."""
    desk.certificates.note_question(call.own_record.key, call.now)
    return Answer([_info(desk, call, call.own_record)])


def _info(desk: Desk, call: Call, record: Record) -> Element:
    entity_type = "NaturalPerson" if record.subject.identifier_type == PERSON_TYPE else "Organization"
    status = record.status(call.now)
    start = record.replaceable_from()
    children = [
        make(core("RequestedDate"), write_moment(record.requested_at)),
        make(core("PublicKeyIdentifier"), record.key.upper()),
        make(core("CertificateEntity"), [_identification(record)], EntityType=entity_type),
        make(core("AuthenticationCertificateStatus"), status.value),
        make(core("ETKStatus"), desk.tokens.status(record, call.now).value),
        make(core("AutomaticallyValidated"), write_boolean(record.automatic)),
        *_details(record),
        # assumption: what is not delivered cannot be revoked (PROCEDURES §3, step 2).
        make(core("Revocable"), write_boolean(status is CertificateStatus.VALID_ACTIVE)),
        make(core("Replaceable"), write_boolean(is_replaceable(desk, call, record))),
        *([] if start is None else [make(core("ReplacementPeriodStartDate"), write_moment(start))]),
        write_contact(core("ContactData"), record.contact),
        *(make(core("BaseServiceUsage"), service) for service in record.base_services),
    ]
    return make(certra("CertificateInfo"), children)


def _identification(record: Record) -> Element:
    application = record.subject.application_id
    children = [write_actor(core("Actor"), record.actor)]
    if application is not None:
        children.append(make(core("ApplicationId"), application))
    return make(core("CertificateIdentifier"), children)


def _details(record: Record) -> list[Element]:
    certificate = record.certificate
    if certificate is None:
        return []
    children = [
        make(core("SerialNumber"), str(certificate.serial_number)),
        make(core("DN"), rfc2253(certificate.subject)),
        make(core("IssuerDN"), rfc2253(certificate.issuer)),
        make(core("ValidNotBefore"), write_moment(certificate.not_valid_before_utc)),
        make(core("ValidNotAfter"), write_moment(certificate.not_valid_after_utc)),
    ]
    return [make(core("AuthenticationCertificateDetails"), children)]
