"""What every request must be when it arrives (PROTOCOL §1.2, §3.1, §5)."""

from __future__ import annotations

from lxml import etree

from adapters.xml import names
from adapters.xml.signing import verify_enveloped

ACTIONS = {
    "GetActorQualitiesRequest": '"urn:be:fgov:ehealth:certra:protocol:v2:getActorQualities"',
    "GenerateContractRequest": '"urn:be:fgov:ehealth:certra:protocol:v2:generateContract"',
    "GenerateCertificateRequest": '"urn:be:fgov:ehealth:etee:certra:protocol:v2:generatecertificate"',
    "GetCertificateRequest": '"urn:be:fgov:ehealth:etee:certra:protocol:v2:getcertificate"',
    "GetCertificateInfoForCitizenRequest": '"urn:be:fgov:ehealth:certra:protocol:v2:getCertificateInfoForCitizen"',
    "GetCertificateInfoForAuthenticationCertificateRequest": (
        '"urn:be:fgov:ehealth:etee:certra:protocol:v2:getCertificateInfoForAuthenticationCertificate"'
    ),
    "GetGenericOrganizationTypesRequest": '"urn:be:fgov:ehealth:certra:protocol:v2:getGenericOrganizationTypes"',
    "GetExistingApplicationIdsRequest": '"urn:be:fgov:ehealth:etee:certra:protocol:v2:getexistingapplicationids"',
    "GenerateRevocationContractRequest": '"urn:be:fgov:ehealth:certra:protocol:v2:generateRevocationContract"',
    "RevokeRequest": '"urn:be:fgov:ehealth:etee:certra:protocol:v2:revoke"',
    "SubmitCSRForForeignerRequest": '"urn:be:fgov:ehealth:certra:protocol:v2:submitCSRForForeigner"',
    "StartETKRegistrationRequest": '"urn:be:fgov:ehealth:etee:etkra:protocol:v2:startETKRegistration"',
    "CompleteETKRegistrationRequest": '"urn:be:fgov:ehealth:etee:etkra:protocol:v2:completeETKregistration"',
    "ActivateETKRequest": '"urn:be:fgov:ehealth:etee:etkra:protocol:v2:activateETK"',
    "GetEtkRequest": '""',
}


def check_on_the_wire(far, official, service: str, signer=None):
    """What every request must be; returns the element, of which only the signed part when it is signed."""
    received = far.last
    request = received.request
    official(service, request)
    assert received.path == {"certra": "/CertRa/v2", "etkra": "/EtkRa/v2", "etkdepot": "/EtkDepot/v1"}[service]
    assert received.headers["SOAPAction"] == ACTIONS[etree.QName(request).localname]
    assert received.headers["Content-Type"] == "text/xml; charset=utf-8"
    header = received.envelope[0]
    assert (header.tag, len(header)) == (f"{{{names.SOAP}}}Header", 0)
    if service != "etkdepot":
        assert request.get("IssueInstant") == "2031-03-04T09:10:11Z"
        assert request.get("Id").startswith("_")
    if signer is None:
        assert request.find(f"{{{names.DS}}}Signature") is None
        return request
    verified = verify_enveloped(request)
    assert verified.chain == signer.chain
    return verified.signed


def text_of(element, *path: str) -> str | None:
    return element.findtext("/".join(path))


def r(name):
    return f"{{{names.CERTRA}}}{name}"


def c(name):
    return f"{{{names.CERTRA_CORE}}}{name}"


def k(name):
    return f"{{{names.COMMONS}}}{name}"
