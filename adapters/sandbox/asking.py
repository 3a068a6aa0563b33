"""The operations that ask about people and organisations: qualities, types of organisation, application ids."""

from __future__ import annotations

from adapters.sandbox.content import PERSON_TYPE, certra, child, core, make, write_boolean, write_texts
from adapters.sandbox.desk import Answer, Call, Desk
from adapters.sandbox.identifiers import ORGANIZATION_TYPES, OrganizationType
from adapters.sandbox.people import RegisteredOrganization
from adapters.sandbox.refusal import Refusal
from adapters.xml import names
from adapters.xml.parsing import Element
from steps.ports.registration import CertificateStatus


def get_actor_qualities(desk: Desk, call: Call) -> Answer:
    """What the person whose card signed is known as."""
    asked = child(call.request, certra("SSIN"))
    if asked.get("Type", "").strip() != PERSON_TYPE:
        raise Refusal("SIM_UNKNOWN_IDENTIFIER_TYPE")
    ssin = call.card_holder.ssin
    if (asked.text or "").strip() != ssin:
        raise Refusal("SIM_SSIN_DIFFERS")
    person = desk.register.person(ssin)
    organizations = [_organization(organization) for organization in desk.register.organizations_of(ssin)]
    care_provider = person is not None and person.care_provider
    return Answer([make(certra("NaturalPersonAuthorization"), write_boolean(care_provider)), *organizations])


def get_generic_organization_types(_desk: Desk, _call: Call) -> Answer:
    """The types of organisation that are accepted, with their rules."""
    return Answer([_organization_type(known) for known in ORGANIZATION_TYPES])


def get_existing_application_ids(desk: Desk, call: Call) -> Answer:
    """The application ids of an organisation's active certificates; this answer has no place for a refusal."""
    asked = child(call.request, certra("OrganizationIdentifier"))
    records = desk.certificates.of_actor(asked.get("Type", "").strip(), (asked.text or "").strip())
    active = [r for r in records if r.status(call.now) is CertificateStatus.VALID_ACTIVE]
    return Answer([_application_id(record.subject.application_id) for record in active])


def _organization(organization: RegisteredOrganization) -> Element:
    texts = {"fr": organization.name_fr, "nl": organization.name_nl}
    identifier = make(core("Identifier"), organization.identifier, Type=organization.identifier_type)
    return make(certra("OrganizationAuthorization"), [write_texts(core("Name"), texts), identifier])


def _organization_type(known: OrganizationType) -> Element:
    children = [
        write_texts(core("Name"), {"fr": known.name_fr, "nl": known.name_nl}),
        make(core("IdentifierType"), known.identifier_type),
        make(core("ValidationRegEx"), known.pattern),
        *(make(core("CheckDigitAlgorithm"), name) for name in known.algorithms),
        *(make(core("AvailableBaseService"), name) for name in known.base_services),
    ]
    return make(certra("OrganizationType"), children)


def _application_id(application_id: str | None) -> Element:
    if application_id is None:
        return make(certra("ApplicationId"), **{f"{{{names.XSI}}}nil": "true"})
    return make(certra("ApplicationId"), application_id)
