"""The operations of the three services: their elements, their structure and who must sign them (PROTOCOL §3, §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from adapters.sandbox.interface import (
    REQUEST_ATTRIBUTES,
    Attribute,
    Group,
    Opaque,
    Part,
    Text,
    any_text,
    is_base64,
    is_key_identifier,
    is_language,
    is_reason,
    is_uri,
)
from adapters.xml import names


class Key(Enum):
    """The key that must have signed a request."""

    CARD_AUTHENTICATION = "the Authentication key of a card"
    CARD_SIGNATURE = "the Signature key of a card"
    EHEALTH = "an eHealth authentication key"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `changes`: it changes something, so a repeat must not do it again."""

    name: str
    service: str
    namespace: str
    element: str
    shape: Group
    key: Key | None = None
    changes: bool = False

    @property
    def request_tag(self) -> str:
        """The qualified tag of the request."""
        return f"{{{self.namespace}}}{self.element}Request"

    @property
    def response_tag(self) -> str:
        """The qualified tag of the answer."""
        return f"{{{self.namespace}}}{self.element}Response"


CERTRA_PATH: Final = "/CertRa/v2"
ETKRA_PATH: Final = "/EtkRa/v2"
ETKDEPOT_PATH: Final = "/EtkDepot/v1"
SERVICES: Final = (CERTRA_PATH, ETKRA_PATH, ETKDEPOT_PATH)


def _r(name: str) -> str:
    return f"{{{names.CERTRA}}}{name}"


def _c(name: str) -> str:
    return f"{{{names.CERTRA_CORE}}}{name}"


def _k(name: str) -> str:
    return f"{{{names.COMMONS}}}{name}"


def _t(name: str) -> str:
    return f"{{{names.ETKRA}}}{name}"


def _d(name: str) -> str:
    return f"{{{names.ETKDEPOT}}}{name}"


_STRING: Final = Text(any_text)
_BASE64: Final = Text(is_base64)
_KEY_IDENTIFIER: Final = Text(is_key_identifier)
_IDENTIFIER: Final = Text(any_text, {"Type": Attribute(is_uri)})
_LOCALIZED: Final = Text(any_text, {f"{{{names.XML}}}lang": Attribute(is_language)})
_TEXT: Final = Group((Part(_c("Value"), _LOCALIZED, most=None),))
_SIGNATURE: Final = Part(f"{{{names.DS}}}Signature", Opaque())
_ACTOR: Final = Group(
    (
        Part(_k("Id"), _IDENTIFIER, most=None),
        Part(_k("FirstName"), _STRING, least=0, most=None),
        Part(_k("Name"), _STRING),
    )
)
_CONTACT: Final = Group(
    (
        Part(_c("EmailPrivate"), _STRING),
        Part(_c("EmailGeneral"), _STRING, least=0),
        Part(_c("PhonePrivate"), _STRING),
        Part(_c("PhoneGeneral"), _STRING, least=0),
    )
)
_CERTIFICATE_IDENTIFIER: Final = Group((Part(_c("Actor"), _ACTOR), Part(_c("ApplicationId"), _STRING, least=0)))
_CONTRACT: Final = Group((Part(_c("DN"), _STRING), Part(_c("Signer"), _ACTOR), Part(_c("Text"), _TEXT)))
_REVOCATION_CONTRACT: Final = Group(
    (
        Part(_c("DN"), _STRING),
        Part(_c("Signer"), _ACTOR),
        Part(_c("RevocationReason"), Text(is_reason)),
        Part(_c("Text"), _TEXT),
    )
)
_EHEALTH_CSR: Final = Group(
    (
        Part(_c("ContactData"), _CONTACT),
        Part(_c("CSR"), _BASE64),
        Part(_c("Contract"), _CONTRACT),
        Part(_c("BaseServiceUsage"), _STRING, least=0, most=None),
    )
)
_DEPOT_IDENTIFIER: Final = Group(
    (Part(_d("Type"), _STRING), Part(_d("Value"), _STRING), Part(_d("ApplicationID"), _STRING, least=0))
)
_SEARCH: Final = Group((Part(_d("Identifier"), _DEPOT_IDENTIFIER, most=None),))


def _certra(element: str, parts: Iterable[Part], key: Key | None = None, *, changes: bool = False) -> Operation:
    name = element[0].lower() + element[1:]
    signature = () if key is None else (_SIGNATURE,)
    shape = Group((*parts, *signature), REQUEST_ATTRIBUTES)
    return Operation(name, CERTRA_PATH, names.CERTRA, element, shape, key, changes)


def _etkra(name: str, element: str, parts: Iterable[Part], *, or_nothing: bool = False) -> Operation:
    shape = Group((*parts, _SIGNATURE), REQUEST_ATTRIBUTES, or_nothing)
    return Operation(name, ETKRA_PATH, names.ETKRA, element, shape, Key.EHEALTH, changes=True)


_ALL: Final = (
    _certra("GetActorQualities", [Part(_r("SSIN"), _IDENTIFIER)], Key.CARD_AUTHENTICATION),
    _certra(
        "GenerateContract",
        [
            Part(_r("ContactData"), _CONTACT),
            Part(_r("Signer"), _ACTOR),
            Part(_r("CertificateIdentifier"), _CERTIFICATE_IDENTIFIER),
        ],
    ),
    _certra("GenerateCertificate", [Part(_r("EHealthCSR"), _EHEALTH_CSR)], Key.CARD_SIGNATURE, changes=True),
    _certra("GetCertificate", [Part(_r("PublicKeyIdentifier"), _KEY_IDENTIFIER)]),
    _certra("GetCertificateInfoForCitizen", [], Key.CARD_AUTHENTICATION),
    _certra("GetCertificateInfoForAuthenticationCertificate", [], Key.EHEALTH),
    _certra(
        "GenerateRevocationContract",
        [
            Part(_r("PublicKeyIdentifier"), _KEY_IDENTIFIER),
            Part(_r("Signer"), _ACTOR),
            Part(_r("RevocationReason"), Text(is_reason)),
        ],
    ),
    _certra(
        "Revoke",
        [Part(_r("PublicKeyIdentifier"), _KEY_IDENTIFIER), Part(_r("Contract"), _REVOCATION_CONTRACT)],
        Key.CARD_SIGNATURE,
        changes=True,
    ),
    _certra("GetGenericOrganizationTypes", []),
    _certra("GetExistingApplicationIds", [Part(_r("OrganizationIdentifier"), _IDENTIFIER)]),
    _certra(
        "SubmitCSRForForeigner",
        [Part(_r("ForeignPerson"), _ACTOR), Part(_r("ContactData"), _CONTACT), Part(_r("CSR"), _BASE64)],
        changes=True,
    ),
    _etkra("startETKRegistration", "StartETKRegistration", [Part(_t("PublicEncryptionKey"), _BASE64)]),
    # The parts of this one are optional, but only together (PROTOCOL §4).
    _etkra(
        "completeETKRegistration", "CompleteETKRegistration", [Part(_t("ToBeRegistered"), _BASE64)], or_nothing=True
    ),
    _etkra("activateETK", "ActivateETK", []),
    Operation("getEtk", ETKDEPOT_PATH, names.ETKDEPOT, "GetEtk", Group((Part(_d("SearchCriteria"), _SEARCH),))),
)

OPERATIONS: Final = {(operation.service, operation.request_tag): operation for operation in _ALL}
"""Every operation by the path of its service and the tag of its request."""
