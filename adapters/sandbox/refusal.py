"""How the far side says no: refusals with a code, and messages that break the interface."""

from __future__ import annotations

from typing import Final

NOT_YET_DELIVERED: Final = "CERT_NOT_YET_DELIVERED"
"""The only code that is known from eHealth (PROTOCOL §6.3)."""

REFUSALS: Final = {
    NOT_YET_DELIVERED: "The certificate has not been delivered yet.",
    # assumption: eHealth's own codes are not public; these are invented, and their prefix says so (PROTOCOL §6.3).
    "SIM_SIGNATURE_INVALID": "The XML signature cannot be accepted.",
    "SIM_REPEATED_ID": "The Id of this message was used before by another message.",
    "SIM_ISSUE_INSTANT": "The IssueInstant is too far from the present moment.",
    "SIM_SIGNER_NOT_TRUSTED": "The certificate of the signer does not lead to an authority that is trusted here.",
    "SIM_SIGNER_NOT_VALID": "The certificate of the signer is not valid at this moment.",
    "SIM_SIGNER_REVOKED": "The certificate of the signer was revoked.",
    "SIM_SIGNER_UNKNOWN": "The certificate of the signer was not delivered by this authority.",
    "SIM_WRONG_KEY": "The signature was made with the wrong key of the card.",
    "SIM_SSIN_DIFFERS": "The SSIN in the message is not the SSIN of the signer.",
    "SIM_NAMES_DIFFER": "The names in the message are not the names of the person.",
    "SIM_ACTOR_DIFFERS": "For a natural person the actor must be the signer.",
    "SIM_SEVERAL_IDENTIFIERS": "An actor is identified by exactly one identifier.",
    "SIM_UNKNOWN_IDENTIFIER_TYPE": "The type of identifier is not known.",
    "SIM_BAD_IDENTIFIER": "The identifier does not follow the rules of its type.",
    "SIM_UNKNOWN_ORGANIZATION": "The organization is not known.",
    "SIM_NOT_AUTHORIZED": "The signer may not manage the certificates of this actor.",
    "SIM_APPLICATION_ID_NOT_ALLOWED": "Only organizations may use an application id.",
    "SIM_BAD_APPLICATION_ID": "The application id does not follow its rules.",
    "SIM_BAD_EMAIL": "An e-mail address does not follow its rules.",
    "SIM_BAD_PHONE": "A phone number does not follow its rules.",
    "SIM_CONTRACT_CHANGED": "The contract is not the one that was generated.",
    "SIM_BASE_SERVICE_NOT_ALLOWED": "The base service is not available for this actor.",
    "SIM_BAD_CSR": "The CSR is not a PKCS#10 request.",
    "SIM_CSR_SIGNATURE": "The signature of the CSR does not hold.",
    "SIM_CSR_ALGORITHM": "The CSR must be signed with RSA and SHA-256 or better.",
    "SIM_KEY_TYPE": "The public key must be of type rsaEncryption.",
    "SIM_KEY_SIZE": "The RSA key must have at least 2048 bits.",
    "SIM_SUBJECT_DIFFERS": "The subject of the CSR is not the DN of the contract.",
    "SIM_DUPLICATE_KEY": "This public key was used before.",
    "SIM_REQUEST_IN_PROGRESS": "A request for this DN is in progress.",
    "SIM_NOT_REPLACEABLE": "There is a valid certificate for this DN and its replacement period has not begun.",
    "SIM_OLD_KEY_NEEDED": "The certificate that is to be replaced has not shown its key.",
    "SIM_UNKNOWN_PUBLIC_KEY": "There is no request with this PublicKeyIdentifier.",
    "SIM_REQUEST_REFUSED": "The request was refused.",
    "SIM_NOT_REVOCABLE": "The certificate cannot be revoked in its present state.",
    "SIM_NOT_A_BIS_NUMBER": "The person must be identified by a valid SSIN BIS number.",
    "SIM_VALIDATION_EXPIRED": "The request was not validated in time.",
    "SIM_BAD_ENCRYPTION_KEY": "The encryption key must be an RSA public key of 2048 bits.",
    "SIM_ETK_EXISTS": "There is an ETK for this certificate already.",
    "SIM_ETK_NOT_STARTED": "The registration of an ETK was not started with this certificate.",
    "SIM_BAD_ENC_CERTIFICATE": "This is not an X.509 certificate.",
    "SIM_CHALLENGE_NOT_MET": "The serial number is not the one of the newest challenge.",
    "SIM_ENC_NAME": "Subject and issuer must be the subject of the authentication certificate.",
    "SIM_ENC_VALIDITY": "The validity must be the one of the authentication certificate.",
    "SIM_ENC_EXTENSIONS": "The only extension must be a critical keyUsage, keyEncipherment and dataEncipherment.",
    "SIM_ENC_KEY": "The public key is not the one of the start of the registration.",
    "SIM_ENC_SIGNATURE": "The encryption certificate is not signed with the authentication key.",
    "SIM_ETK_NOT_REGISTERED": "There is no ETK that waits for activation.",
    "SIM_ETK_ALREADY_ACTIVE": "The ETK is active already.",
}
"""Every code with its English message."""


class Refusal(Exception):
    """The request was understood and is refused; nothing was changed."""

    def __init__(self, code: str, **parameters: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = REFUSALS[code]
        self.parameters = parameters


class BadMessage(Exception):
    """The message breaks the interface; the text tells where, without values (PROTOCOL §6.4, SOA-03006)."""
