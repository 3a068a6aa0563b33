"""Organisations, revocation and foreigners: what goes over the wire, and what comes back as a value."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from adapters.ehealth.client import EhealthServices
from adapters.xml import names
from steps.ports.registration import (
    Actor,
    Contact,
    OrganizationType,
    RevocationContract,
    RevocationReason,
    ToConfirm,
)
from tests.adapters.ehealth import samples
from tests.adapters.ehealth.far_side import answers
from tests.adapters.ehealth.on_the_wire import c, check_on_the_wire, k, r, text_of
from workflow.errors import ClockOffError, DefinitionError, EhealthNonsenseError, RefusedError

pytestmark = pytest.mark.soap

FOREIGNER = Actor("SSIN", "75431299932", "Beispiel", "Anna Maria")
REVOCATION = RevocationContract(
    samples.DN,
    Actor("SSIN", "75031299943", "Exemple", "Zoé Élise"),
    RevocationReason.SUPERSEDED,
    {"fr": "<p>a\r\nb</p>"},
)


def test_the_types_of_organisations(far, services: EhealthServices, official):
    far.then(answers(samples.TYPES))

    types = services.organization_types()

    assert types == (
        OrganizationType("NIHII-HOSPITAL", {"fr": "H"}, "[0-9]{8}", ("CHECK-97-MOD-97",)),
        OrganizationType("SITE", {"nl": "S"}),
    )
    check_on_the_wire(far, official, "certra")


def test_no_types_of_organisations_is_nonsense(far, services):
    far.then(answers(samples.answer("r:GetGenericOrganizationTypes", "")))

    with pytest.raises(EhealthNonsenseError):
        services.organization_types()


def test_the_application_ids_of_an_organisation(far, services, official):
    far.then(answers(samples.APPLICATION_IDS))

    ids = services.application_ids("NIHII-HOSPITAL", "71999932")

    assert ids == ("APP-1", None)
    request = check_on_the_wire(far, official, "certra")
    assert (text_of(request, r("OrganizationIdentifier")), request[0].get("Type")) == ("71999932", "NIHII-HOSPITAL")


def test_an_organisation_without_certificates_has_no_application_ids(far, services):
    far.then(answers(samples.answer("r:GetExistingApplicationIds", "", status="")))

    assert services.application_ids("NIHII-HOSPITAL", "71999932") == ()


def test_an_empty_application_id_is_nonsense(far, services):
    far.then(answers(samples.answer("r:GetExistingApplicationIds", "<r:ApplicationId/>", status="")))

    with pytest.raises(EhealthNonsenseError):
        services.application_ids("NIHII-HOSPITAL", "71999932")


@pytest.mark.parametrize("reason", RevocationReason)
def test_a_contract_for_a_revocation(reason, far, services, official, person):
    far.then(answers(samples.revocation_contract(reason.value)))

    contract = services.revocation_contract(samples.PKI, person, reason)

    assert (contract.dn, contract.signer, contract.reason) == (samples.DN, person, reason)
    assert contract.texts == {
        "fr": "<p>Je soussignée\r\n  demande.</p>",
        "nl": "<!DOCTYPE html><p>Ik & ik</p>",
    }
    request = check_on_the_wire(far, official, "certra")
    assert text_of(request, r("PublicKeyIdentifier")) == samples.PKI.upper()
    assert text_of(request, r("RevocationReason")) == reason.value
    assert text_of(request, r("Signer"), k("FirstName")) == "Zoé Élise"


def test_a_contract_for_another_reason_is_nonsense(far, services, person):
    far.then(answers(samples.revocation_contract("keyCompromise")))

    with pytest.raises(EhealthNonsenseError):
        services.revocation_contract(samples.PKI, person, RevocationReason.SUPERSEDED)


def test_a_contract_that_is_refused(far, services, person):
    far.then(answers(samples.refused("r:GenerateRevocationContract", "SIM_UNKNOWN")))

    with pytest.raises(RefusedError) as caught:
        services.revocation_contract(samples.PKI, person, RevocationReason.SUPERSEDED)

    assert caught.value.refusal_code == "SIM_UNKNOWN"


def test_a_revocation_is_signed_first_and_sent_as_it_is_later(far, services, official, card):
    message = services.sign_revocation(samples.PKI, REVOCATION, card)
    assert far.received == []
    far.then(answers(samples.REVOKED))

    services.revoke(message)

    assert far.last.body == message.body
    assert message.operation == "revoke"
    signed = check_on_the_wire(far, official, "certra", card)
    assert signed.get("Id") == message.message_id
    assert text_of(signed, r("PublicKeyIdentifier")) == samples.PKI.upper()


def test_the_contract_of_a_revocation_goes_back_exactly_as_it_came(far, services, official, card, person):
    far.then(answers(samples.revocation_contract()), answers(samples.REVOKED))
    contract = services.revocation_contract(samples.PKI, person, RevocationReason.SUPERSEDED)

    services.revoke(services.sign_revocation(samples.PKI, contract, card))

    sent = check_on_the_wire(far, official, "certra", card).find(r("Contract"))
    language = f"{{{names.XML}}}lang"
    assert text_of(sent, c("DN")) == samples.DN
    assert text_of(sent, c("RevocationReason")) == "superseded"
    assert {value.get(language): value.text for value in sent.iter(c("Value"))} == contract.texts


def test_a_revocation_that_is_refused(far, services, rsa_card):
    message = services.sign_revocation(samples.PKI, REVOCATION, rsa_card)
    far.then(answers(samples.refused("r:Revoke", "SIM_NOT_REVOCABLE"), Date="Tue, 04 Mar 2031 09:10:12 GMT"))

    with pytest.raises(RefusedError):
        services.revoke(message)


def test_a_revocation_that_is_refused_to_a_wrong_clock_tells_of_the_clock(far, services, rsa_card):
    message = services.sign_revocation(samples.PKI, REVOCATION, rsa_card)
    far.then(answers(samples.refused("r:Revoke", "SIM_ISSUE_INSTANT"), Date="Tue, 04 Mar 2031 19:10:12 GMT"))

    with pytest.raises(ClockOffError):
        services.revoke(message)


def test_the_request_of_a_foreigner_is_not_signed(far, services, official):
    contact = Contact("anna@example.org", "+32 470 00 00 00")
    message = services.make_foreign_request(FOREIGNER, contact, b"\x30\x03\x02\x01\x00")
    assert far.received == []
    far.then(answers(samples.to_confirm()))

    to_confirm = services.submit_foreign_request(message)

    assert to_confirm == ToConfirm("https://example.org/v/1", datetime(2031, 3, 11, 8, 10, 11, tzinfo=UTC))
    assert hashlib.sha256(far.last.body).hexdigest() == message.sha256
    request = check_on_the_wire(far, official, "certra")
    assert request.get("Id") == message.message_id
    assert text_of(request, r("ForeignPerson"), k("Id")) == "75431299932"
    assert text_of(request, r("ForeignPerson"), k("FirstName")) == "Anna Maria"
    assert text_of(request, r("CSR")) == "MAMCAQA="


def test_a_refused_request_of_a_foreigner_bears_no_signed_moment(far, services):
    message = services.make_foreign_request(FOREIGNER, Contact("a@example.org", "+32 470 00 00 00"), b"csr")
    far.then(
        answers(samples.refused("r:SubmitCSRForForeigner", "SIM_DUPLICATE_KEY"), Date="Tue, 04 Mar 2031 19:10:12 GMT")
    )

    with pytest.raises(RefusedError):
        services.submit_foreign_request(message)


@pytest.mark.parametrize(
    "address",
    ["http://example.org/v", "javascript:alert(1)", "https://", "https://exa mple.org/v", "", "https://[::1/v", "/v/1"],
)
def test_an_address_that_is_no_web_page_with_tls_is_nonsense(address, far, services):
    message = services.make_foreign_request(FOREIGNER, Contact("a@example.org", "+32 470 00 00 00"), b"csr")
    far.then(answers(samples.to_confirm(address)))

    with pytest.raises(EhealthNonsenseError):
        services.submit_foreign_request(message)


def test_a_message_is_not_sent_to_another_operation(far, services, rsa_card):
    revocation = services.sign_revocation(samples.PKI, REVOCATION, rsa_card)
    foreign = services.make_foreign_request(FOREIGNER, Contact("a@example.org", "+32 470 00 00 00"), b"csr")

    with pytest.raises(DefinitionError):
        services.submit_foreign_request(revocation)
    with pytest.raises(DefinitionError):
        services.revoke(foreign)
    assert far.received == []
