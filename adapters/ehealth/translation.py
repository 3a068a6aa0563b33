"""Between the values of the port and the elements of eHealth, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.ehealth import reading
from adapters.ehealth.answers import nonsense
from adapters.xml import names
from adapters.xml.parsing import Element
from steps.ports.registration import (
    Actor,
    CertificateDetails,
    CertificateInfo,
    CertificateStatus,
    Contact,
    Contract,
    EtkStatus,
    Organization,
    Qualities,
    Registered,
    Submitted,
    ToConfirm,
)
from workflow.texts import mark

LANGUAGE: Final = f"{{{names.XML}}}lang"


def r(name: str) -> str:
    """An element of the CertRA messages."""
    return f"{{{names.CERTRA}}}{name}"


def t(name: str) -> str:
    """An element of the EtkRA messages."""
    return f"{{{names.ETKRA}}}{name}"


def d(name: str) -> str:
    """An element of the EtkDepot messages."""
    return f"{{{names.ETKDEPOT}}}{name}"


def c(name: str) -> str:
    """An element of the CertRA types."""
    return f"{{{names.CERTRA_CORE}}}{name}"


def k(name: str) -> str:
    """An element of the common types."""
    return f"{{{names.COMMONS}}}{name}"


# --- to eHealth: dictionaries for zeep ----------------------------------------------------------------------------


def identifier_out(identifier_type: str, identifier: str) -> dict[str, Any]:
    return {"_value_1": identifier, "Type": identifier_type}


def actor_out(actor: Actor) -> dict[str, Any]:
    """Exactly one identifier, at most one FirstName (PROTOCOL §2.3, §3.2)."""
    first = {} if actor.first_names is None else {"FirstName": [actor.first_names]}
    return {"Id": [identifier_out(actor.identifier_type, actor.identifier)], **first, "Name": actor.name}


def contact_out(contact: Contact) -> dict[str, Any]:
    general = {"EmailGeneral": contact.email_general, "PhoneGeneral": contact.phone_general}
    return {
        "EmailPrivate": contact.email_private,
        "PhonePrivate": contact.phone_private,
        **{name: value for name, value in general.items() if value is not None},
    }


def holder_out(actor: Actor, application_id: str | None) -> dict[str, Any]:
    return {"Actor": actor_out(actor)} | ({} if application_id is None else {"ApplicationId": application_id})


def contract_out(contract: Contract) -> dict[str, Any]:
    """The contract as it came, every text included, but for its DN."""
    return {
        "DN": escape_values_of_dn(contract.dn),
        "Signer": actor_out(contract.signer),
        "Text": texts_out(contract.texts),
    }


def texts_out(texts: Mapping[str, str]) -> dict[str, Any]:
    return {"Value": [{"_value_1": text, "lang": language} for language, text in texts.items()]}


def key_out(public_key_identifier: str) -> str:
    return bytes.fromhex(public_key_identifier).hex().upper()


def escape_values_of_dn(dn: str) -> str:
    r"""Write `=` inside the values of a DN as `\=`; nothing else changes, and what is escaped stays so.

    assumption: the request contract's DN is sent back this way, as the reference client does (PROTOCOL §9.1).
    """
    written: list[str] = []
    in_value = escaped = quoted = False
    for character in dn:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in ",;+":
            in_value = False
        elif not quoted and character == "=":
            written += ["\\"] if in_value else []
            in_value = True
        written.append(character)
    return "".join(written)


# --- from eHealth -------------------------------------------------------------------------------------------------


def qualities_in(answer: Element) -> Qualities:
    return Qualities(
        care_provider=reading.boolean(answer, r("NaturalPersonAuthorization")),
        organizations=tuple(_organization_in(found) for found in answer.findall(r("OrganizationAuthorization"))),
    )


def contract_in(answer: Element) -> Contract:
    contract = reading.child(answer, r("Contract"))
    return Contract(
        dn=reading.text(contract, c("DN")),
        signer=actor_in(reading.child(contract, c("Signer"))),
        texts=texts_in(reading.child(contract, c("Text"))),
    )


def submitted_in(answer: Element) -> Submitted:
    replaces = answer.find(r("ReplacesCertificate")) is not None
    return Submitted(
        public_key_identifier=reading.key_identifier(answer, r("PublicKeyIdentifier")),
        automatically_validated=reading.boolean(answer, r("AutomaticallyValidated")),
        replaces=reading.key_identifier(answer, r("ReplacesCertificate")) if replaces else None,
    )


def to_confirm_in(answer: Element) -> ToConfirm:
    """The address is for people to open: anything but one of a web page with TLS is nonsense."""
    address = reading.text(answer, r("ValidationUrl")).strip()
    try:
        parts = urlsplit(address)
        is_page = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        is_page = False
    if not is_page or not address.isprintable() or " " in address:
        raise nonsense("<ValidationUrl>")
    return ToConfirm(address, reading.moment(answer, r("ExpirationDate")))


def chain_in(answer: Element) -> tuple[bytes, ...]:
    chain = tuple(reading.certificate(found) for found in answer.findall(r("X509Certificate")))
    if not chain:
        raise nonsense("0 × <X509Certificate>")
    return chain


def info_in(info: Element) -> CertificateInfo:
    """A CertificateInfoType (PROTOCOL §8.1)."""
    holder = reading.child(reading.child(info, c("CertificateEntity")), c("CertificateIdentifier"))
    return CertificateInfo(
        public_key_identifier=reading.key_identifier(info, c("PublicKeyIdentifier")),
        requested_at=reading.moment(info, c("RequestedDate")),
        actor=actor_in(reading.child(holder, c("Actor"))),
        application_id=reading.optional_text(holder, c("ApplicationId")),
        status=reading.member(info, c("AuthenticationCertificateStatus"), CertificateStatus),
        etk_status=reading.member(info, c("ETKStatus"), EtkStatus),
        automatically_validated=reading.boolean(info, c("AutomaticallyValidated")),
        details=_details_in(reading.optional(info, c("AuthenticationCertificateDetails"))),
        revocable=reading.boolean(info, c("Revocable")),
        replaceable=reading.boolean(info, c("Replaceable")),
        replaceable_from=reading.optional_moment(info, c("ReplacementPeriodStartDate")),
        contact=_contact_in(reading.child(info, c("ContactData"))),
    )


def registered_in(answer: Element) -> Registered:
    return Registered(
        etk=reading.decoded(reading.child(answer, t("ETK"))),
        to_be_activated=reading.boolean(answer, t("ToBeActivated")),
    )


def _details_in(details: Element | None) -> CertificateDetails | None:
    if details is None:
        return None
    return CertificateDetails(
        serial_number=reading.text(details, c("SerialNumber")).strip(),
        dn=reading.text(details, c("DN")),
        issuer_dn=reading.text(details, c("IssuerDN")),
        valid_from=reading.moment(details, c("ValidNotBefore")),
        valid_until=reading.moment(details, c("ValidNotAfter")),
    )


def _contact_in(contact: Element) -> Contact:
    return Contact(
        email_private=reading.text(contact, c("EmailPrivate")),
        phone_private=reading.text(contact, c("PhonePrivate")),
        email_general=reading.optional_text(contact, c("EmailGeneral")),
        phone_general=reading.optional_text(contact, c("PhoneGeneral")),
    )


def actor_in(actor: Element) -> Actor:
    identifier_type, identifier = _identifier_in(reading.child(actor, k("Id")))
    first = [found.text or "" for found in actor.findall(k("FirstName"))]
    return Actor(identifier_type, identifier, reading.text(actor, k("Name")), " ".join(first) if first else None)


def _identifier_in(element: Element) -> tuple[str, str]:
    identifier_type, identifier = element.get("Type"), (element.text or "").strip()
    if not identifier_type or not identifier:
        raise nonsense("<Id>")
    return identifier_type, identifier


def _organization_in(organization: Element) -> Organization:
    identifier_type, identifier = _identifier_in(reading.child(organization, c("Identifier")))
    return Organization(identifier_type, identifier, texts_in(reading.child(organization, c("Name"))))


def texts_in(texts: Element) -> dict[str, str]:
    values = texts.findall(c("Value"))
    found = {value.get(LANGUAGE) or "": value.text or "" for value in values}
    if not values or len(found) != len(values) or "" in found:
        raise nonsense(mark("a text has no language, or two have the same"))
    return found
