"""Every operation of the port: what goes over the wire, and what comes back as a value."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapters.ehealth.client import EhealthServices
from adapters.xml import names
from adapters.xml.parsing import parse
from steps.ports.registration import (
    Actor,
    CertificateDetails,
    CertificateStatus,
    Contact,
    Delivered,
    EtkStatus,
    NotYetDelivered,
    Organization,
    Qualities,
    Registered,
    RegistrationAuthority,
    Submitted,
)
from tests.adapters.ehealth import samples
from tests.adapters.ehealth.far_side import answers
from tests.adapters.ehealth.on_the_wire import c, check_on_the_wire, k, r, text_of
from workflow.errors import DefinitionError, EhealthFaultError, EhealthNonsenseError, RefusedError

pytestmark = pytest.mark.soap


def test_it_is_a_registration_authority(services: EhealthServices):
    authority: RegistrationAuthority = services

    assert authority is services


def test_service_time_is_the_date_header(far, services, official):
    far.then(answers(samples.TYPES, Date="Tue, 04 Mar 2031 09:10:12 GMT"))

    moment = services.service_time()

    assert moment == datetime(2031, 3, 4, 9, 10, 12, tzinfo=UTC)
    check_on_the_wire(far, official, "certra")


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": "Tue, 99 Foo 2031 09:10:12 GMT"}])
def test_service_time_without_a_date_is_nonsense(headers, far, services):
    far.then(answers(samples.TYPES, **headers))

    with pytest.raises(EhealthNonsenseError):
        services.service_time()


def test_qualities(far, services, official, card):
    far.then(answers(samples.QUALITIES))

    qualities = services.qualities("75031299943", card)

    assert qualities == Qualities(True, (Organization("NIHII-HOSPITAL", "71999932", {"fr": "Hôpital Exemple"}),))
    signed = check_on_the_wire(far, official, "certra", card)
    assert text_of(signed, r("SSIN")) == "75031299943"
    assert signed[0].get("Type") == "SSIN"


def test_a_contract_of_a_person(far, services, official, person, contact):
    far.then(answers(samples.CONTRACT))

    contract = services.contract(contact, person, person)

    assert contract.dn == samples.DN
    assert contract.signer == person
    assert contract.texts == {
        "fr": "<p>Je soussignée\r\n  demande.</p>",
        "nl": "<!DOCTYPE html><p>Ik & ik</p>",
    }
    request = check_on_the_wire(far, official, "certra")
    assert [child.tag for child in request.find(r("ContactData"))] == [
        c("EmailPrivate"),
        c("PhonePrivate"),
        c("PhoneGeneral"),
    ]
    assert text_of(request, r("Signer"), k("FirstName")) == "Zoé Élise"
    assert request.find(f"{r('CertificateIdentifier')}/{c('ApplicationId')}") is None


def test_a_contract_of_an_organization(far, services, official, person, contact):
    hospital = Actor("NIHII-HOSPITAL", "71999932", "Hôpital Exemple")
    far.then(answers(samples.CONTRACT))

    services.contract(contact, person, hospital, application_id="APP-1")

    holder = check_on_the_wire(far, official, "certra").find(r("CertificateIdentifier"))
    assert text_of(holder, c("ApplicationId")) == "APP-1"
    assert holder.find(f"{c('Actor')}/{k('FirstName')}") is None
    assert holder.find(f"{c('Actor')}/{k('Id')}").get("Type") == "NIHII-HOSPITAL"


def test_the_contract_goes_back_as_it_came_but_for_its_dn(far, services, person, contact, card):
    far.then(answers(samples.CONTRACT))
    contract = services.contract(contact, person, person)

    message = services.sign_certificate_request(b"csr", contact, contract, card)

    sent = parse(message.body).find(f".//{c('Contract')}")
    language = f"{{{names.XML}}}lang"
    assert {value.get(language): value.text for value in sent.iter(c("Value"))} == contract.texts
    assert text_of(sent, c("DN")) == samples.DN.replace("SSIN=", "SSIN\\=")


def test_a_certificate_request_is_signed_first_and_sent_as_it_is_later(
    far, services, official, contact, contract, card
):
    message = services.sign_certificate_request(b"\x30\x03\x02\x01\x00", contact, contract, card)
    assert far.received == []
    far.then(answers(samples.SUBMITTED))

    submitted = services.submit(message)

    assert submitted == Submitted(samples.PKI, False, samples.OTHER_PKI)
    assert far.last.body == message.body
    assert hashlib.sha256(far.last.body).hexdigest() == message.sha256
    assert message.operation == "generateCertificate"
    signed = check_on_the_wire(far, official, "certra", card)
    assert signed.get("Id") == message.message_id
    assert text_of(signed, r("EHealthCSR"), c("CSR")) == "MAMCAQA="


def test_a_message_survives_being_stored(far, services, contact, contract, card):
    message = services.sign_certificate_request(b"csr", contact, contract, card)
    stored = dataclasses.replace(message, body=bytes.fromhex(message.body.hex()))
    far.then(answers(samples.SUBMITTED))

    assert services.submit(stored).public_key_identifier == samples.PKI


def test_a_message_that_was_changed_is_not_sent(far, services, contact, contract, card):
    message = services.sign_certificate_request(b"csr", contact, contract, card)

    with pytest.raises(DefinitionError):
        services.submit(dataclasses.replace(message, body=message.body + b" "))
    assert far.received == []


def test_a_message_is_not_sent_to_another_operation(far, services, authentication):
    message = services.sign_etk_activation(authentication)

    with pytest.raises(DefinitionError):
        services.submit(message)
    assert far.received == []


def test_every_message_has_its_own_id(services, authentication):
    ids = {services.sign_etk_activation(authentication).message_id for _ in range(3)}

    assert len(ids) == 3


def test_the_moment_of_a_message_is_in_utc(far, authentication, make_services):
    belgian = datetime(2031, 7, 1, 9, 0, tzinfo=timezone(timedelta(hours=2)))
    services = make_services()
    services._soap._now = lambda: belgian

    message = services.sign_etk_activation(authentication)

    assert b'IssueInstant="2031-07-01T07:00:00Z"' in message.body


def test_a_delivered_certificate(far, services, official, authentication, rsa_card):
    chain = tuple(signer.certificate.public_bytes(Encoding.DER) for signer in (authentication, rsa_card))
    far.then(answers(samples.delivered(*chain)))

    found = services.certificate(samples.PKI)

    assert found == Delivered(chain)
    request = check_on_the_wire(far, official, "certra")
    assert text_of(request, r("PublicKeyIdentifier")) == samples.PKI.upper()


@pytest.mark.parametrize(
    "code", ["CERT_NOT_YET_DELIVERED", "AUTH_CERT_NOT_YET_VALID", "AUTH_CERT_NOT_YET_VALID[04/03/2031 09:10,x]"]
)
def test_a_certificate_that_is_not_there_yet(code, far, services):
    far.then(answers(samples.refused("r:GetCertificate", code)))

    assert services.certificate(samples.PKI) == NotYetDelivered()


def test_an_unknown_identifier_is_refused(far, services):
    far.then(answers(samples.refused("r:GetCertificate", "SIM_UNKNOWN")))

    with pytest.raises(RefusedError) as caught:
        services.certificate(samples.PKI)

    assert caught.value.refusal_code == "SIM_UNKNOWN"


def test_waiting_and_another_error_together_is_refused(far, services):
    far.then(answers(samples.refused("r:GetCertificate", "CERT_NOT_YET_DELIVERED", "SIM_UNKNOWN")))

    with pytest.raises(RefusedError):
        services.certificate(samples.PKI)


def test_not_yet_is_only_for_fetching(far, services, rsa_card):
    far.then(answers(samples.refused("r:GetCertificateInfoForCitizen", "CERT_NOT_YET_DELIVERED")))

    with pytest.raises(RefusedError):
        services.certificates_of_citizen(rsa_card)


def test_certificates_of_a_citizen(far, services, official, card):
    far.then(answers(samples.INFOS))

    delivered, waiting = services.certificates_of_citizen(card)

    check_on_the_wire(far, official, "certra", card)
    assert delivered.public_key_identifier == samples.PKI
    assert delivered.actor == Actor("SSIN", "75031299943", "Exemple", "Zoé Élise")
    assert delivered.requested_at == datetime(2031, 3, 4, 8, 10, 11, tzinfo=UTC)
    assert (delivered.status, delivered.etk_status) == (CertificateStatus.VALID_ACTIVE, EtkStatus.WAIT_FOR_ACTIVATION)
    assert (delivered.automatically_validated, delivered.revocable, delivered.replaceable) == (True, True, False)
    assert delivered.details == CertificateDetails(
        "1234",
        "CN=a",
        "CN=b",
        datetime(2031, 3, 4, 8, 10, 11, 500_000, tzinfo=UTC),
        datetime(2034, 3, 4, 9, 10, 11, tzinfo=UTC),
    )
    assert delivered.contact == Contact("zoe@example.org", "+32 470 00 00 00", email_general="info@example.org")
    assert (waiting.status, waiting.details, waiting.replaceable_from) == (CertificateStatus.IN_PROGRESS, None, None)


def test_a_moment_without_a_zone_is_in_utc(far, services, authentication):
    far.then(answers(samples.INFO))

    info = services.certificate_info(authentication)

    assert info.replaceable_from == datetime(2033, 12, 4, tzinfo=UTC)


def test_no_certificates_of_a_citizen(far, services, rsa_card):
    far.then(answers(samples.answer("r:GetCertificateInfoForCitizen", "")))

    assert services.certificates_of_citizen(rsa_card) == ()


def test_the_state_of_the_own_certificate(far, services, official, authentication):
    far.then(answers(samples.INFO))

    info = services.certificate_info(authentication)

    check_on_the_wire(far, official, "certra", authentication)
    assert info.public_key_identifier == samples.PKI


def test_starting_an_etk(far, services, official, authentication):
    far.then(answers(samples.CHALLENGE))

    challenge = services.start_etk(b"public key", authentication)

    assert challenge == b"challenge"
    signed = check_on_the_wire(far, official, "etkra", authentication)
    assert text_of(signed, f"{{{names.ETKRA}}}PublicEncryptionKey") == "cHVibGljIGtleQ=="


def test_completing_an_etk(far, services, official, authentication):
    message = services.sign_etk_completion(b"certificate", authentication)
    far.then(answers(samples.REGISTERED))

    registered = services.complete_etk(message)

    assert registered == Registered(b"etk", to_be_activated=True)
    assert far.last.body == message.body
    check_on_the_wire(far, official, "etkra", authentication)


def test_activating_an_etk(far, services, official, authentication):
    message = services.sign_etk_activation(authentication)
    far.then(answers(samples.ACTIVATED))

    services.activate_etk(message)

    assert far.last.body == message.body
    check_on_the_wire(far, official, "etkra", authentication)


def test_an_etk_in_the_depot(far, services, official):
    far.then(answers(samples.depot("200", "<d:ETK>ZXRr</d:ETK>")))

    assert services.etk("SSIN", "75031299943") == b"etk"
    request = check_on_the_wire(far, official, "etkdepot")
    owner = request[0][0]
    assert [etree.QName(child).localname for child in owner] == ["Type", "Value", "ApplicationID"]
    assert not owner[2].text


def test_an_etk_of_an_application(far, services, official):
    far.then(answers(samples.depot("200", "<d:ETK>ZXRr</d:ETK>")))

    services.etk("SSIN", "75031299943", "APP-1")

    assert check_on_the_wire(far, official, "etkdepot")[0][0][2].text == "APP-1"


@pytest.mark.parametrize(
    "content",
    [("404", ""), ("200", "<d:Error><d:Code>404</d:Code><d:Message>none</d:Message></d:Error>")],
)
def test_no_etk_in_the_depot(content, far, services):
    far.then(answers(samples.depot(*content)))

    assert services.etk("SSIN", "75031299943") is None


def test_an_unknown_type_in_the_depot_is_refused(far, services):
    far.then(answers(samples.depot("400")))

    with pytest.raises(RefusedError) as caught:
        services.etk("SSIN", "75031299943")

    assert caught.value.refusal_code == "400"


def test_an_internal_error_of_the_depot_is_a_fault(far, services):
    far.then(answers(samples.depot("500")))

    with pytest.raises(EhealthFaultError):
        services.etk("SSIN", "75031299943")


@pytest.mark.parametrize(
    "answer",
    [
        samples.depot("200"),
        samples.depot("200", "<d:ETK>ZXRr</d:ETK>", value="02031299991"),
        samples.depot(
            "200",
            "<d:MatchingEtk><d:Identifier><d:Type>SSIN</d:Type><d:Value>1</d:Value></d:Identifier></d:MatchingEtk>",
        ),
    ],
    ids=["nothing found", "another person", "several found"],
)
def test_an_unusable_answer_of_the_depot_is_nonsense(answer, far, services):
    far.then(answers(answer))

    with pytest.raises(EhealthNonsenseError):
        services.etk("SSIN", "75031299943")


def test_who_calls_is_said_with_every_call(far, services):
    far.then(answers(samples.TYPES, Date="Tue, 04 Mar 2031 09:10:12 GMT"))

    services.service_time()

    headers = far.last.headers
    assert (headers["User-Agent"], headers["From"]) == ("ehcert/0.1.0", "zoe@example.org")
    assert headers["Accept-Encoding"] == "identity"


def test_ecdsa_sha384_is_a_setting(make_services, ec_card):
    services = make_services(ec_signature="ecdsa-sha384")

    message = services.sign_etk_activation(ec_card)

    assert names.ECDSA_SHA384.encode() in message.body
