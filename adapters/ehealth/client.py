"""The registration authority of eHealth over SOAP: every method of the port."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from adapters.ehealth import depot, operations, organizations, reading, revocation, translation
from adapters.ehealth.answers import check_status, codes_of, nonsense
from adapters.ehealth.config import ServiceConfig
from adapters.ehealth.operations import Operation
from adapters.ehealth.translation import r, t
from adapters.xml.parsing import Element
from steps.clock import check_clock
from steps.ports.registration import (
    Actor,
    CertificateInfo,
    Contact,
    Contract,
    Delivered,
    NotYetDelivered,
    OrganizationType,
    Qualities,
    Registered,
    RevocationContract,
    RevocationReason,
    SignedMessage,
    Submitted,
    ToConfirm,
)
from steps.ports.signing import Signer
from workflow.errors import DefinitionError, EhealthNonsenseError, RefusedError
from workflow.texts import mark

if TYPE_CHECKING:
    from adapters.ehealth.reply import Reply
    from adapters.ehealth.soap import Answer, Post

# PROTOCOL §6.3. assumption: in v2 a code that starts with the second one also means to wait.
NOT_YET: Final = ("CERT_NOT_YET_DELIVERED", "AUTH_CERT_NOT_YET_VALID")


class EhealthServices:
    """Implements `steps.ports.registration.RegistrationAuthority`; nothing is ever sent twice.

    `now` gives the moment of the messages, with a zone; `post` brings them in place of HTTP.
    """

    def __init__(self, config: ServiceConfig, now: Callable[[], datetime], post: Post | None = None) -> None:
        # zeep and signxml take a third of a second to import: only who talks to eHealth pays for it.
        from adapters.ehealth.soap import Soap

        self._soap = Soap(config, now, post)
        self._now = now

    def service_time(self) -> datetime:
        """From the Date header of an answer to getGenericOrganizationTypes; precise to the second."""
        return _given_at(self._exchange(operations.ORGANIZATION_TYPES, {}).reply)

    def qualities(self, ssin: str, card: Signer) -> Qualities:
        """getActorQualities."""
        values = {"SSIN": translation.identifier_out("SSIN", ssin)}
        return translation.qualities_in(self._ask(operations.QUALITIES, values, card))

    def contract(self, contact: Contact, signer: Actor, actor: Actor, application_id: str | None = None) -> Contract:
        """generateContract."""
        values = {
            "ContactData": translation.contact_out(contact),
            "Signer": translation.actor_out(signer),
            "CertificateIdentifier": translation.holder_out(actor, application_id),
        }
        return translation.contract_in(self._ask(operations.CONTRACT, values))

    def organization_types(self) -> tuple[OrganizationType, ...]:
        """getGenericOrganizationTypes."""
        return organizations.types_in(self._ask(operations.ORGANIZATION_TYPES, {}))

    def application_ids(self, identifier_type: str, identifier: str) -> tuple[str | None, ...]:
        """getExistingApplicationIds, the only answer without a status."""
        values = {"OrganizationIdentifier": translation.identifier_out(identifier_type, identifier)}
        return organizations.application_ids_in(self._exchange(operations.APPLICATION_IDS, values).element)

    def sign_certificate_request(self, csr: bytes, contact: Contact, contract: Contract, card: Signer) -> SignedMessage:
        """generateCertificate, signed with the card's Signature key, not sent."""
        values = {
            "ContactData": translation.contact_out(contact),
            "CSR": csr,
            "Contract": translation.contract_out(contract),
        }
        return self._soap.build(operations.REQUEST, {"EHealthCSR": values}, card)

    def submit(self, message: SignedMessage) -> Submitted:
        """Send generateCertificate."""
        return translation.submitted_in(self._send(operations.REQUEST, message))

    def certificate(self, public_key_identifier: str) -> Delivered | NotYetDelivered:
        """getCertificate."""
        values = {"PublicKeyIdentifier": translation.key_out(public_key_identifier)}
        try:
            return Delivered(translation.chain_in(self._ask(operations.FETCH, values)))
        except RefusedError as refusal:
            if all(code.startswith(NOT_YET) for code in codes_of(refusal)):
                return NotYetDelivered()
            raise

    def certificates_of_citizen(self, card: Signer) -> tuple[CertificateInfo, ...]:
        """getCertificateInfoForCitizen."""
        answer = self._ask(operations.INFO_OF_CITIZEN, {}, card)
        return tuple(translation.info_in(info) for info in answer.findall(r("CertificateInfo")))

    def certificate_info(self, authentication: Signer) -> CertificateInfo:
        """getCertificateInfoForAuthenticationCertificate."""
        answer = self._ask(operations.INFO_OF_CERTIFICATE, {}, authentication)
        return translation.info_in(reading.child(answer, r("CertificateInfo")))

    def revocation_contract(
        self, public_key_identifier: str, signer: Actor, reason: RevocationReason
    ) -> RevocationContract:
        """generateRevocationContract."""
        values = {
            "PublicKeyIdentifier": translation.key_out(public_key_identifier),
            "Signer": translation.actor_out(signer),
            "RevocationReason": reason.value,
        }
        return revocation.contract_in(self._ask(operations.REVOCATION_CONTRACT, values), reason)

    def sign_revocation(self, public_key_identifier: str, contract: RevocationContract, card: Signer) -> SignedMessage:
        """revoke, signed with the card's Signature key, not sent."""
        values = {
            "PublicKeyIdentifier": translation.key_out(public_key_identifier),
            "Contract": revocation.contract_out(contract),
        }
        return self._soap.build(operations.REVOKE, values, card)

    def revoke(self, message: SignedMessage) -> None:
        """Send revoke."""
        self._send(operations.REVOKE, message)

    def make_foreign_request(self, person: Actor, contact: Contact, csr: bytes) -> SignedMessage:
        """submitCSRForForeigner, which nobody signs, not sent."""
        values = {
            "ForeignPerson": translation.actor_out(person),
            "ContactData": translation.contact_out(contact),
            "CSR": csr,
        }
        return self._soap.build(operations.REQUEST_OF_FOREIGNER, values)

    def submit_foreign_request(self, message: SignedMessage) -> ToConfirm:
        """Send submitCSRForForeigner."""
        return translation.to_confirm_in(self._send(operations.REQUEST_OF_FOREIGNER, message, signed=False))

    def start_etk(self, public_key: bytes, authentication: Signer) -> bytes:
        """startETKRegistration."""
        answer = self._ask(operations.START_ETK, {"PublicEncryptionKey": public_key}, authentication)
        return reading.decoded(reading.child(answer, t("Challenge")))

    def sign_etk_completion(self, certificate: bytes, authentication: Signer) -> SignedMessage:
        """completeETKRegistration, signed, not sent."""
        return self._soap.build(operations.COMPLETE_ETK, {"ToBeRegistered": certificate}, authentication)

    def complete_etk(self, message: SignedMessage) -> Registered:
        """Send completeETKRegistration."""
        return translation.registered_in(self._send(operations.COMPLETE_ETK, message))

    def sign_etk_activation(self, authentication: Signer) -> SignedMessage:
        """activateETK, signed, not sent."""
        return self._soap.build(operations.ACTIVATE_ETK, {}, authentication)

    def activate_etk(self, message: SignedMessage) -> None:
        """Send activateETK."""
        self._send(operations.ACTIVATE_ETK, message)

    def etk(self, identifier_type: str, identifier: str, application_id: str | None = None) -> bytes | None:
        """GetEtk."""
        values = depot.question(identifier_type, identifier, application_id)
        return depot.token_in(self._exchange(operations.GET_ETK, values).element, identifier_type, identifier)

    def _ask(self, operation: Operation, values: Mapping[str, Any], signer: Signer | None = None) -> Element:
        """Ask a question that changes nothing; the answer's status is Success."""
        answer = self._exchange(operation, values, signer)
        self._check(answer, signed=signer is not None)
        return answer.element

    def _exchange(self, operation: Operation, values: Mapping[str, Any], signer: Signer | None = None) -> Answer:
        return self._soap.send(operation, self._soap.build(operation, values, signer))

    def _send(self, operation: Operation, message: SignedMessage, *, signed: bool = True) -> Element:
        """Send what was built and written down earlier, and only that."""
        if message.operation != operation.name or hashlib.sha256(message.body).hexdigest() != message.sha256:
            raise DefinitionError(problem=mark("the message to be sent is not the one that was signed"))
        answer = self._soap.send(operation, message)
        self._check(answer, signed=signed)
        return answer.element

    def _check(self, answer: Answer, *, signed: bool) -> None:
        """Return when the status is Success.

        Raises `RefusedError`, and `ClockOffError` in its place when the message was signed by a clock that is wrong:
        it bore a moment that the service may refuse, with a code that is not known (PROTOCOL §2.1).
        """
        try:
            check_status(answer.element)
        except RefusedError:
            with contextlib.suppress(EhealthNonsenseError):
                if signed:
                    check_clock(self._now(), _given_at(answer.reply))
            raise


def _given_at(reply: Reply) -> datetime:
    """The Date of an answer: what the service's clock shows."""
    try:
        moment = parsedate_to_datetime(reply.date or "")
    except ValueError as error:
        raise nonsense(mark("it does not say when it was given")) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
