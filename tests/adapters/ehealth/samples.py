"""Answers of eHealth, fictive and valid against the official schemas, made from the Id of the request."""

from __future__ import annotations

import base64
from collections.abc import Callable

from adapters.xml import names

NAMESPACES = (
    f'xmlns:r="{names.CERTRA}" xmlns:c="{names.CERTRA_CORE}" xmlns:t="{names.ETKRA}" xmlns:k="{names.COMMONS}" '
    f'xmlns:e="{names.ETEE}" xmlns:d="{names.ETKDEPOT}" xmlns:o="{names.COMMONS1}"'
)
PKI = "00112233445566778899aabbccddeeff00112233"
OTHER_PKI = "ffeeddccbbaa99887766554433221100ffeeddcc"
SUCCESS = f'<k:Status><k:StatusCode Value="{names.STATUS_SUCCESS}"/></k:Status>'
PERSON = '<k:Id Type="SSIN">75031299943</k:Id><k:FirstName>Zoé Élise</k:FirstName><k:Name>Exemple</k:Name>'
CONTACT = (
    "<c:EmailPrivate>zoe@example.org</c:EmailPrivate><c:EmailGeneral>info@example.org</c:EmailGeneral>"
    "<c:PhonePrivate>+32 470 00 00 00</c:PhonePrivate>"
)
DN = (
    "CN=SSIN=75031299943,OU=eHealth-platform Belgium,OU=ZOE ELISE EXEMPLE,OU=SSIN=75031299943,O=Federal Government,C=BE"
)
TEXTS = (
    '<c:Value xml:lang="fr">&lt;p&gt;Je soussignée&#13;\n  demande.&lt;/p&gt;</c:Value>'
    '<c:Value xml:lang="nl"><![CDATA[<!DOCTYPE html><p>Ik & ik</p>]]></c:Value>'
)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def answer(element: str, content: str, status: str = SUCCESS) -> Callable[[str], str]:
    """An answer to the message with the given Id; `element` with its prefix, without `Response`."""

    def make(message_id: str) -> str:
        return (
            f'<{element}Response {NAMESPACES} Id="_a1" InResponseTo="{message_id}" '
            f'IssueInstant="2031-03-04T09:10:12+01:00">{status}{content}</{element}Response>'
        )

    return make


def status_of(*codes: str, value: str = names.STATUS_REQUESTER, parameters: str = "") -> str:
    """A failing Status with one Errors element for each code."""
    errors = "".join(
        f"<Errors><Code>{code}</Code><Message>about {code}</Message>{parameters}</Errors>" for code in codes
    )
    detail = f"<k:StatusDetail><e:EteeStatusDetail>{errors}</e:EteeStatusDetail></k:StatusDetail>" if codes else ""
    return f'<k:Status><k:StatusCode Value="{value}"/><k:StatusMessage>no</k:StatusMessage>{detail}</k:Status>'


def refused(element: str, *codes: str, **options: str) -> Callable[[str], str]:
    return answer(element, "", status_of(*codes, **options))


def info(details: bool = True) -> str:
    """A CertificateInfo's content, delivered or in progress."""
    delivered = (
        "<c:AuthenticationCertificateDetails><c:SerialNumber>1234</c:SerialNumber><c:DN>CN=a</c:DN>"
        "<c:IssuerDN>CN=b</c:IssuerDN><c:ValidNotBefore>2031-03-04T09:10:11.5+01:00</c:ValidNotBefore>"
        "<c:ValidNotAfter>2034-03-04T09:10:11Z</c:ValidNotAfter></c:AuthenticationCertificateDetails>"
    )
    return (
        "<c:RequestedDate>2031-03-04T09:10:11+01:00</c:RequestedDate>"
        f"<c:PublicKeyIdentifier>{PKI.upper()}</c:PublicKeyIdentifier>"
        f'<c:CertificateEntity EntityType="NaturalPerson"><c:CertificateIdentifier><c:Actor>{PERSON}</c:Actor>'
        "</c:CertificateIdentifier></c:CertificateEntity>"
        f"<c:AuthenticationCertificateStatus>{'VALID_ACTIVE' if details else 'IN_PROGRESS'}"
        "</c:AuthenticationCertificateStatus>"
        f"<c:ETKStatus>{'WAIT_FOR_ACTIVATION' if details else 'NOT_REQUESTED'}</c:ETKStatus>"
        f"<c:AutomaticallyValidated>1</c:AutomaticallyValidated>{delivered if details else ''}"
        "<c:Revocable>true</c:Revocable><c:Replaceable>false</c:Replaceable>"
        + ("<c:ReplacementPeriodStartDate>2033-12-04T00:00:00</c:ReplacementPeriodStartDate>" if details else "")
        + f"<c:ContactData>{CONTACT}</c:ContactData><c:BaseServiceUsage>tsa</c:BaseServiceUsage>"
    )


QUALITIES = answer(
    "r:GetActorQualities",
    "<r:NaturalPersonAuthorization>true</r:NaturalPersonAuthorization>"
    '<r:OrganizationAuthorization><c:Name><c:Value xml:lang="fr">Hôpital Exemple</c:Value></c:Name>'
    '<c:Identifier Type="NIHII-HOSPITAL">71999932</c:Identifier></r:OrganizationAuthorization>',
)
CONTRACT = answer(
    "r:GenerateContract",
    f"<r:Contract><c:DN>{DN}</c:DN><c:Signer>{PERSON}</c:Signer><c:Text>{TEXTS}</c:Text></r:Contract>",
)
SUBMITTED = answer(
    "r:GenerateCertificate",
    f"<r:PublicKeyIdentifier>{PKI.upper()}</r:PublicKeyIdentifier>"
    "<r:AutomaticallyValidated>false</r:AutomaticallyValidated>"
    f"<r:ReplacesCertificate>{OTHER_PKI}</r:ReplacesCertificate>",
)
INFOS = answer(
    "r:GetCertificateInfoForCitizen",
    f"<r:CertificateInfo>{info()}</r:CertificateInfo><r:CertificateInfo>{info(details=False)}</r:CertificateInfo>",
)
INFO = answer("r:GetCertificateInfoForAuthenticationCertificate", f"<r:CertificateInfo>{info()}</r:CertificateInfo>")
TYPES = answer(
    "r:GetGenericOrganizationTypes",
    '<r:OrganizationType><c:Name><c:Value xml:lang="fr">H</c:Value></c:Name>'
    "<c:IdentifierType>NIHII-HOSPITAL</c:IdentifierType><c:ValidationRegEx>[0-9]{8}</c:ValidationRegEx>"
    "<c:CheckDigitAlgorithm>CHECK-97-MOD-97</c:CheckDigitAlgorithm><c:AvailableBaseService>tsa</c:AvailableBaseService>"
    '</r:OrganizationType><r:OrganizationType><c:Name><c:Value xml:lang="nl">S</c:Value></c:Name>'
    "<c:IdentifierType>SITE</c:IdentifierType></r:OrganizationType>",
)
APPLICATION_IDS = answer(
    "r:GetExistingApplicationIds",
    f'<r:ApplicationId>APP-1</r:ApplicationId><r:ApplicationId xmlns:i="{names.XSI}" i:nil="true"/>',
    status="",
)


def revocation_contract(reason: str = "superseded") -> Callable[[str], str]:
    return answer(
        "r:GenerateRevocationContract",
        f"<r:Contract><c:DN>{DN}</c:DN><c:Signer>{PERSON}</c:Signer>"
        f"<c:RevocationReason>{reason}</c:RevocationReason><c:Text>{TEXTS}</c:Text></r:Contract>",
    )


REVOKED = answer("r:Revoke", "")


def to_confirm(address: str = "https://example.org/v/1", until: str = "2031-03-11T09:10:11+01:00"):
    return answer(
        "r:SubmitCSRForForeigner",
        f"<r:ValidationUrl>{address}</r:ValidationUrl><r:ExpirationDate>{until}</r:ExpirationDate>",
    )


CHALLENGE = answer("t:StartETKRegistration", "<t:Challenge>Y2hh&#13;\nbGxlbmdl</t:Challenge>")
REGISTERED = answer("t:CompleteETKRegistration", "<t:ETK>ZXRr</t:ETK><t:ToBeActivated>true</t:ToBeActivated>")
ACTIVATED = answer("t:ActivateETK", "")


def delivered(*certificates: bytes) -> Callable[[str], str]:
    return answer(
        "r:GetCertificate",
        "".join(f"<r:X509Certificate>{base64_of(der)}</r:X509Certificate>" for der in certificates),
    )


def depot(code: str, content: str = "", value: str = "75031299943") -> Callable[[str], str]:
    """An answer of the depot, which repeats the question."""
    given = (
        f"<d:GivenSearchCriteria><d:Identifier><d:Type>SSIN</d:Type><d:Value>{value}</d:Value>"
        "<d:ApplicationID></d:ApplicationID></d:Identifier></d:GivenSearchCriteria>"
    )
    return lambda _: (
        f'<d:GetEtkResponse {NAMESPACES} Id="1"><o:Status><Code>{code}</Code><Message Lang="EN">about it</Message>'
        f"</o:Status>{given}{content}</d:GetEtkResponse>"
    )


def fault(detail: str = "") -> str:
    return (
        f'<S:Fault xmlns:S="{names.SOAP}"><faultcode>S:Server</faultcode><faultstring>technical</faultstring>'
        f"{detail}</S:Fault>"
    )


SOA_FAULT = fault(
    f'<detail><x:SystemError xmlns:x="{names.SOA_ERRORS}" Id="f-1"><Origin>Provider</Origin><Code>SOA-02001</Code>'
    '<Message xml:lang="en">Service temporarily not available for 75031299943</Message><Retry>true</Retry>'
    "<x:Environment>Acceptation</x:Environment></x:SystemError></detail>"
)
