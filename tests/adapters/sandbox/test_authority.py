"""The good ways through the far side."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree

from adapters.sandbox.desk import Rules
from adapters.sandbox.home import Sandbox
from adapters.sandbox.operations import OPERATIONS
from adapters.sandbox.people import COLLEAGUE, MANAGER, PROVIDER, SCRUTINIZED, STRANGER
from adapters.sandbox.pki import Pki
from tests.adapters.sandbox.client import (
    CERTRA_SERVICE,
    DEPOT_SERVICE,
    Answered,
    Draft,
    KeyPool,
    World,
    csr_for,
    element,
    encryption_certificate,
    envelope,
    find,
    key_identifier,
    opened,
    tag,
)


def every_operation(world: World) -> list[Draft]:
    """One good message for each operation, in an order in which they can be sent."""
    old = world.enrolled()
    new = world.delivered()
    enc_key = world.sandbox.keys.make()
    serial = world.challenged(new, enc_key)
    certificate = encryption_certificate(new.certificate, new.private_key, enc_key, serial)
    key = key_identifier(old.private_key)
    return [
        world.qualities(),
        world.contract(),
        world.request(COLLEAGUE),
        world.certificate(new.private_key),
        world.info_for_citizen(),
        world.info_for_certificate(new),
        world.organization_types(),
        world.application_ids(),
        world.foreigner(),
        world.complete(new, certificate),
        world.activate(new),
        world.start(world.enrolled(with_etk=False), world.sandbox.keys.make()),
        world.etk(),
        world.revocation_contract(key),
        world.revocation(key),
    ]


def info(answered: Answered) -> dict[str, str]:
    """What a CertificateInfo says, without its structure."""
    names = (
        "AuthenticationCertificateStatus ETKStatus AutomaticallyValidated Revocable Replaceable"
        " ReplacementPeriodStartDate SerialNumber"
    )
    found = find(answered.content, "r:CertificateInfo")
    return {name: value for name in names.split() if (value := found.findtext(".//" + tag(f"c:{name}"))) is not None}


def test_every_operation_answers_by_the_official_schemas(world: World, schemas: Any) -> None:
    drafts = every_operation(world)
    sent = {(draft.service, draft.request.tag) for draft in drafts}

    for draft in drafts:
        answered = world.done(draft)
        assert schemas.is_valid(draft.service, answered.content), schemas.problem(draft.service)

    assert sent == set(OPERATIONS)


def test_a_renewal_goes_all_the_way(world: World) -> None:
    old = world.enrolled()

    new = world.delivered()
    registered = world.registered(new)
    before = world.done(world.etk()).text("d:ETK")
    world.done(world.activate(new))

    assert registered.text("t:ToBeActivated") == "true"
    assert before != registered.text("t:ETK")
    assert world.done(world.etk()).text("d:ETK") == registered.text("t:ETK")
    assert old.certificate.subject == new.certificate.subject
    assert world.authority.accepted_counts() == {
        "generateCertificate": 1,
        "startETKRegistration": 1,
        "completeETKRegistration": 1,
        "activateETK": 1,
    }


def test_a_first_etk_needs_no_activation(world: World) -> None:
    first = world.delivered()

    registered = world.registered(first)

    assert registered.text("t:ToBeActivated") == "false"
    assert info(world.done(world.info_for_certificate(first)))["ETKStatus"] == "VALID_ACTIVE"


def test_after_a_revocation_the_new_etk_is_in_use_at_once(world: World) -> None:
    old = world.enrolled(timedelta(days=400))
    world.done(world.revocation(key_identifier(old.private_key)))

    registered = world.registered(world.delivered())

    assert registered.text("t:ToBeActivated") == "false"


def test_an_answer_names_its_question_and_the_moment(world: World) -> None:
    draft = world.contract()

    answered = world.done(draft)

    assert answered.content.get("InResponseTo") == draft.request.get("Id")
    assert answered.content.get("IssueInstant") == "2031-03-04T09:10:11.000Z"
    assert answered.content.get("Id").startswith("_")
    assert answered.reply.content_type == "text/xml; charset=utf-8"


def test_a_certificate_is_not_there_after_hours_but_after_two_days(world: World) -> None:
    key = world.sandbox.keys.make()
    world.done(world.request(key=key))
    codes = []

    for hours in (0, 20, 15, 13):
        world.clock.move(timedelta(hours=hours))
        codes.append(world.post(world.certificate(key)).code)

    assert codes == ["CERT_NOT_YET_DELIVERED"] * 3 + ["Success"]


def test_the_state_of_a_certificate_is_told_all_along(world: World) -> None:
    key = world.sandbox.keys.make()
    world.done(world.request(key=key))
    asked = info(world.done(world.info_for_citizen()))
    world.clock.move(timedelta(days=2))
    delivered = info(world.done(world.info_for_citizen()))
    world.clock.move(timedelta(days=36 * 31))
    near_end = info(world.done(world.info_for_citizen()))

    assert asked == {
        "AuthenticationCertificateStatus": "IN_PROGRESS",
        "ETKStatus": "NOT_REQUESTED",
        "AutomaticallyValidated": "true",
        "Revocable": "false",
        "Replaceable": "false",
    }
    assert delivered["AuthenticationCertificateStatus"] == "VALID_ACTIVE"
    assert delivered["ReplacementPeriodStartDate"] == "2034-03-05T21:10:11.000Z"
    assert (delivered["Revocable"], delivered["Replaceable"]) == ("true", "false")
    assert near_end["Replaceable"] == "true"


def test_a_replacement_names_what_it_replaces_and_closes_the_window(world: World) -> None:
    old = world.enrolled()

    answered = world.done(world.request())

    assert answered.text("r:ReplacesCertificate").lower() == key_identifier(old.private_key)
    assert info(world.done(world.info_for_certificate(old)))["Replaceable"] == "false"


def test_a_first_certificate_replaces_nothing(world: World) -> None:
    answered = world.done(world.request())

    assert answered.texts("r:ReplacesCertificate") == []
    assert answered.text("r:AutomaticallyValidated") == "true"


def test_an_expired_or_revoked_certificate_can_still_ask_how_it_is(world: World) -> None:
    signer = world.enrolled()
    world.done(world.revocation(key_identifier(signer.private_key)))
    revoked = info(world.done(world.info_for_certificate(signer)))
    world.clock.move(timedelta(days=61))
    other = world.enrolled(timedelta(days=1))
    world.clock.move(timedelta(days=2))
    expired = info(world.done(world.info_for_certificate(other)))

    assert (revoked["AuthenticationCertificateStatus"], revoked["ETKStatus"]) == ("REVOKED", "REVOKED")
    assert (expired["AuthenticationCertificateStatus"], expired["ETKStatus"]) == ("EXPIRED", "EXPIRED")


@pytest.mark.parametrize("who", [SCRUTINIZED, STRANGER], ids=["looked at", "no care provider"])
def test_the_support_team_may_say_yes(world: World, who: Any) -> None:
    key = world.sandbox.keys.make()
    answered = world.done(world.request(who, key))
    world.clock.move(timedelta(days=30))
    waiting = world.post(world.certificate(key)).code

    world.authority.approve(key_identifier(key))
    world.clock.move(timedelta(days=2))

    assert answered.text("r:AutomaticallyValidated") == "false"
    assert waiting == "CERT_NOT_YET_DELIVERED"
    assert world.post(world.certificate(key)).code == "Success"


def test_the_support_team_may_say_no(world: World) -> None:
    key = world.sandbox.keys.make()
    world.done(world.request(SCRUTINIZED, key))

    world.authority.refuse(key_identifier(key))

    told = info(world.done(world.info_for_citizen(SCRUTINIZED)))
    assert told["AuthenticationCertificateStatus"] == "REFUSED"
    assert world.done(world.request(SCRUTINIZED)).is_success


def test_a_sandbox_can_look_at_every_request(make_world: Callable[..., World]) -> None:
    world = make_world(Rules(manual_validation=True))

    answered = world.done(world.request())

    assert answered.text("r:AutomaticallyValidated") == "false"


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("sent_escaped", [True, False])
def test_the_dn_is_compared_by_meaning(make_world: Callable[..., World], escaped: bool, sent_escaped: bool) -> None:
    world = make_world(Rules(escaped_dn=escaped))
    draft = world.request()
    dn = find(draft.request, "c:Contract/c:DN")
    assert ("SSIN\\=" in dn.text) is escaped
    plain = dn.text.replace("\\=", "=")
    dn.text = plain.replace("SSIN=", "SSIN\\=") if sent_escaped else plain

    answered = world.post(draft)

    assert answered.code == "Success"


def test_the_subject_of_a_csr_may_stand_in_another_order(world: World) -> None:
    dn = find(world.done(world.contract()).content, "c:DN").text
    backwards = ",".join(reversed(dn.split(",")))

    answered = world.post(world.request(csr=csr_for(world.sandbox.keys.make(), backwards)))

    assert answered.code == "Success"


def test_an_organisation_has_certificates_of_its_own(world: World) -> None:
    qualities = world.done(world.qualities(MANAGER))
    plain = world.delivered(MANAGER, world.hospital_contract(MANAGER))
    named = world.delivered(MANAGER, world.hospital_contract(MANAGER, "app-1"))

    ids = world.done(world.application_ids())

    assert qualities.text("r:NaturalPersonAuthorization") == "false"
    assert find(qualities.content, "c:Identifier").text == "71999932"
    assert [found.text for found in ids.content] == [None, "APP-1"]
    assert ids.content[0].get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"
    units = [str(a.value) for a in named.certificate.subject if a.oid.dotted_string == "2.5.4.11"]
    assert units == ["APP-1", "NIHII-HOSPITAL=71999932", "HOPITAL EXEMPLE", "eHealth-platform Belgium"]
    assert plain.certificate.subject != named.certificate.subject
    assert len(world.done(world.info_for_citizen(MANAGER)).texts("c:ETKStatus")) == 2


def test_an_organisation_may_use_the_base_services_of_its_type(world: World) -> None:
    draft = world.request(MANAGER, contract=world.hospital_contract(MANAGER))
    find(draft.request, "c:Contract").addnext(element("c:BaseServiceUsage", "tsa"))

    world.done(draft)

    assert world.done(world.info_for_citizen(MANAGER)).texts("c:BaseServiceUsage") == ["tsa"]


def test_a_foreigner_confirms_on_the_web_and_gets_a_certificate(world: World) -> None:
    key = world.sandbox.keys.make()
    answered = world.done(world.foreigner(key=key))
    waiting = world.post(world.certificate(key)).code

    world.authority.confirm_foreigner(answered.text("r:ValidationUrl"))
    world.clock.move(timedelta(days=2))

    assert answered.text("r:ExpirationDate") == "2031-03-11T09:10:11.000Z"
    assert waiting == "CERT_NOT_YET_DELIVERED"
    assert world.post(world.certificate(key)).code == "Success"
    with pytest.raises(LookupError):
        world.authority.confirm_foreigner(answered.text("r:ValidationUrl"))


def test_the_types_of_organisation_come_with_their_rules(world: World) -> None:
    answered = world.done(world.organization_types())

    assert "NIHII-HOSPITAL" in answered.texts("c:IdentifierType")
    assert set(answered.texts("c:CheckDigitAlgorithm")) == {"CHECK-97-MOD-97"}


def test_a_card_of_other_authorities_is_taken_once_their_root_is_trusted(
    world: World, key_pool: list[RSAPrivateKey]
) -> None:
    keys = KeyPool(key_pool)
    other = Sandbox.in_memory(world.clock, keys, pki=Pki.make(keys))
    card = other.make_card(PROVIDER, "ec").authentication
    other.close()
    draft = world.qualities()
    draft.signer = card
    before = world.post(draft).code

    world.sandbox.trust(card.chain[-1])

    assert before == "SIM_SIGNER_NOT_TRUSTED"
    assert world.post(draft).code == "Success"


def test_the_depot_finds_a_provider_by_inami_number_too(world: World) -> None:
    world.enrolled()

    by_ssin = world.done(world.etk()).text("d:ETK")
    by_nihii = world.done(world.etk(("NIHII11", PROVIDER.nihii, ""), ("SSIN", PROVIDER.ssin, None))).text("d:ETK")

    assert by_ssin == by_nihii


def test_the_depot_names_several_matches(world: World) -> None:
    for application_id in (None, "APP-1"):
        world.registered(world.delivered(MANAGER, world.hospital_contract(MANAGER, application_id)))
    criterion = ("NIHII-HOSPITAL", "71999932")

    wide = world.done(world.etk((*criterion, None)))
    narrow = world.done(world.etk((*criterion, "APP-1")))
    empty = world.done(world.etk((*criterion, "")))

    matches = [
        match.findtext(f"{tag('d:Identifier')}/{tag('d:ApplicationID')}")
        for match in wide.content.iter(tag("d:MatchingEtk"))
    ]
    assert matches == ["", "APP-1"]
    assert narrow.text("d:ETK") != empty.text("d:ETK")


def test_a_body_that_is_no_message_gets_a_fault_that_says_where(world: World) -> None:
    draft = world.contract()
    find(draft.request, "c:PhonePrivate").tag = tag("c:Phone")

    answered = world.post(draft)
    error = find(answered.content, "err:BusinessError")

    assert answered.reply.status == 500
    assert [etree.QName(part).text for part in error] == [
        "Origin",
        "Code",
        "Message",
        "Retry",
        tag("err:Environment"),
    ]
    assert error.findtext("Message") == "/GenerateContractRequest/ContactData: PhonePrivate is missing"
    assert error.findtext(tag("err:Environment")) == "Simulation"
    assert answered.content.findtext("faultcode") == "soap:Client"


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"<a/>", b"<!DOCTYPE a><a/>", envelope(element("r:Unknown")), envelope(element("r:RevokeRequest"))],
    ids=["nothing", "text", "no envelope", "a DTD", "an unknown request", "an empty request"],
)
def test_anything_is_answered(world: World, body: bytes) -> None:
    answered = world.post_body(CERTRA_SERVICE, body)

    assert answered.code == "SOA-03006"


def test_each_service_knows_its_own_operations_only(world: World) -> None:
    draft = world.contract()

    assert world.post_body(DEPOT_SERVICE, draft.body()).code == "SOA-03006"
    assert world.authority.answer("/CertRa/v1", draft.body()).status == 404


def test_prefixes_headers_and_white_space_do_not_matter(world: World) -> None:
    body = world.request().body().decode()
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    without_header = body.replace("<ns0:Header/>", "")
    assert without_header != body
    assert without_header.count("<ns0:Body>") == without_header.count("</ns0:Body>") == 1
    commented = without_header.replace("<ns0:Body>", f'<x:Body xmlns:x="{soap}" xmlns="urn:unused">\n  ', 1)
    commented = commented.replace("</ns0:Body>", "<!-- nothing -->\n</x:Body>")

    answered = world.post_body(CERTRA_SERVICE, commented.encode())

    assert answered.code == "Success"


def test_the_log_says_what_was_accepted(world: World) -> None:
    key = world.sandbox.keys.make()
    draft = world.request(key=key)
    body = draft.body()

    world.post_body(CERTRA_SERVICE, body)
    (entry,) = world.authority.accepted()

    assert (entry.operation, entry.message_id) == ("generateCertificate", draft.request.get("Id"))
    assert (entry.public_key_identifier, entry.ssin) == (key_identifier(key), PROVIDER.ssin)
    assert (entry.sha256, entry.at) == (hashlib.sha256(body).hexdigest(), world.clock.now())


def test_the_same_bytes_again_get_the_same_answer_and_change_nothing(world: World) -> None:
    answers = []
    drafts = [draft for draft in every_operation(world) if OPERATIONS[(draft.service, draft.request.tag)].changes]
    for draft in drafts:
        body = draft.body()
        first = world.post_body(draft.service, body)
        world.clock.move(timedelta(minutes=1))
        counts = world.authority.accepted_counts()
        answers.append((first, world.post_body(draft.service, body)))
        assert world.authority.accepted_counts() == counts

    assert len(answers) == 6
    assert all(first.is_success and first.reply == second.reply for first, second in answers)
    assert len(world.authority.repeats()) == 6


def test_a_refused_message_may_be_good_later(world: World) -> None:
    first = world.sandbox.keys.make()
    world.done(world.request(SCRUTINIZED, first))
    body = world.request(SCRUTINIZED).body()
    refused = world.post_body(CERTRA_SERVICE, body)
    world.authority.refuse(key_identifier(first))

    again = world.post_body(CERTRA_SERVICE, body)

    assert (refused.code, again.code) == ("SIM_REQUEST_IN_PROGRESS", "Success")


def test_a_renewed_challenge_makes_the_older_one_void(world: World) -> None:
    signer = world.enrolled(with_etk=False)
    key = world.sandbox.keys.make()
    world.challenged(signer, key)
    newest = world.challenged(signer, key)

    answered = world.post(
        world.complete(signer, encryption_certificate(signer.certificate, signer.private_key, key, newest))
    )

    assert answered.code == "Success"


def test_a_delivered_certificate_is_like_a_real_one(world: World) -> None:
    signer = world.delivered()
    certificate = signer.certificate
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value

    assert [(a.rfc4514_attribute_name, a.value) for a in certificate.subject] == [
        ("C", "BE"),
        ("O", "Federal Government"),
        ("OU", "SSIN=75031299943"),
        ("OU", "ZOE ELISE EXEMPLE"),
        ("OU", "eHealth-platform Belgium"),
        ("CN", "SSIN=75031299943"),
    ]
    assert certificate.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    ).value.digest.hex() == key_identifier(signer.private_key)
    assert usage.critical
    assert usage.value.public_bytes() == bytes.fromhex("030205e0")
    assert [oid.dotted_string for oid in extended] == ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"]
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    for kind in (x509.AuthorityInformationAccess, x509.CRLDistributionPoints, x509.AuthorityKeyIdentifier):
        assert not certificate.extensions.get_extension_for_class(kind).critical
    assert certificate.not_valid_before_utc.isoformat() == "2031-03-05T21:10:11+00:00"
    assert certificate.not_valid_after_utc.isoformat() == "2034-06-05T21:10:11+00:00"
    certificate.verify_directly_issued_by(signer.chain[1])
    assert len(signer.chain) == 2
    assert signer.chain[1].issuer != signer.chain[1].subject
    assert opened(world.authority.answer(CERTRA_SERVICE, world.certificate(signer.private_key).body())).is_success
