"""The operations that ehcert uses; their SOAPActions and elements stand in the WSDLs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one service."""

    service: str
    name: str


QUALITIES: Final = Operation("certra", "getActorQualities")
CONTRACT: Final = Operation("certra", "generateContract")
REQUEST: Final = Operation("certra", "generateCertificate")
FETCH: Final = Operation("certra", "getCertificate")
INFO_OF_CITIZEN: Final = Operation("certra", "getCertificateInfoForCitizen")
INFO_OF_CERTIFICATE: Final = Operation("certra", "getCertificateInfoForAuthenticationCertificate")
REVOCATION_CONTRACT: Final = Operation("certra", "generateRevocationContract")
REVOKE: Final = Operation("certra", "revoke")
ORGANIZATION_TYPES: Final = Operation("certra", "getGenericOrganizationTypes")
APPLICATION_IDS: Final = Operation("certra", "getExistingApplicationIds")
REQUEST_OF_FOREIGNER: Final = Operation("certra", "submitCSRForForeigner")
START_ETK: Final = Operation("etkra", "startETKRegistration")
COMPLETE_ETK: Final = Operation("etkra", "completeETKRegistration")
ACTIVATE_ETK: Final = Operation("etkra", "activateETK")
GET_ETK: Final = Operation("etkdepot", "getEtk")
