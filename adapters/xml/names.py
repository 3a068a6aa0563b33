"""The namespaces and URIs of the eHealth interfaces, in one place for clients and sandbox."""

from __future__ import annotations

from typing import Final

# SOAP 1.1 (PROTOCOL §1.2); faults have unqualified children.
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"

# The three services (PROTOCOL §1) and the types of CertRA (PROTOCOL §2.3).
CERTRA: Final = "urn:be:fgov:ehealth:certra:protocol:v2"
CERTRA_CORE: Final = "urn:be:fgov:ehealth:certra:core:v2"
ETKRA: Final = "urn:be:fgov:ehealth:etkra:protocol:v2"
ETKDEPOT: Final = "urn:be:fgov:ehealth:etkdepot:1_0:protocol"

# What they have in common: version 2 for CertRA and EtkRA, version 1_0 for EtkDepot (PROTOCOL §2, §11.3).
COMMONS: Final = "urn:be:fgov:ehealth:commons:core:v2"
COMMONS_PROTOCOL: Final = "urn:be:fgov:ehealth:commons:protocol:v2"
COMMONS1: Final = "urn:be:fgov:ehealth:commons:1_0:core"
COMMONS1_PROTOCOL: Final = "urn:be:fgov:ehealth:commons:1_0:protocol"

# EteeStatusDetail: only that element is qualified, everything inside it is not (PROTOCOL §2.3, §6.2).
ETEE: Final = "urn:be:fgov:ehealth:etee:commons:core:v2"

# SystemError and BusinessError inside a SOAP fault: mostly unqualified children (PROTOCOL §6.4).
SOA_ERRORS: Final = "urn:be:fgov:ehealth:errors:soa:v1"

# Status URIs (PROTOCOL §6.1): only Success is known for sure.
STATUS_SUCCESS: Final = "urn:be:fgov:ehealth:2.0:status:Success"
STATUS_DATA_NOT_FOUND: Final = "urn:be:fgov:ehealth:2.0:status:DataNotFound"
# assumption: the usual split between the caller's fault and the service's (PROTOCOL §6.1).
STATUS_REQUESTER: Final = "urn:be:fgov:ehealth:2.0:status:Requester"
STATUS_RESPONDER: Final = "urn:be:fgov:ehealth:2.0:status:Responder"

# XML signature (PROTOCOL §5).
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED_SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ECDSA_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"

# Of XML and XML Schema themselves.
XML: Final = "http://www.w3.org/XML/1998/namespace"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
