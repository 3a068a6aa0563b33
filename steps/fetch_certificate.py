"""Ask eHealth whether the requested certificate has been delivered, and check what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from steps.certificates import chain_holds, environment_of, identifier_of, may_sign_in
from steps.clock import LARGEST_SKEW, check_clock, has_passed
from steps.holder import asked_with_card
from steps.names import subject_of
from steps.owner import owner_of
from steps.ports.card import Cards
from steps.ports.registration import (
    CertificateInfo,
    CertificateStatus,
    Delivered,
    NotYetDelivered,
    RegistrationAuthority,
)
from steps.remembered import chain_fact, refusal_fact
from workflow.definition import STAY
from workflow.errors import (
    CardError,
    CertificateNotYetValidError,
    RefusedError,
    WrongCertificateError,
)
from workflow.ports import Outcome, Work
from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class FetchCertificate:
    """Safe to repeat: it only asks."""

    authority: RegistrationAuthority
    cards: Cards

    outcomes = frozenset({"delivered", STAY, "refused"})

    def __call__(self, work: Work) -> Outcome:
        """Raises `WrongCertificateError`, and `RefusedError` while only the card can tell what happened."""
        try:
            answer = self.authority.certificate(work.facts["key"]["public_key_identifier"])
        except RefusedError as refusal:
            return self._ask_with_card(work, refusal)
        match answer:
            case NotYetDelivered():
                return Outcome(STAY)
            case Delivered(chain):
                return Outcome("delivered", {"certificate": certificate_fact(chain, work, self.authority)})

    def _ask_with_card(self, work: Work, refusal: RefusedError) -> Outcome:
        """The question without a card was refused: with the card in the reader the record tells more."""
        try:
            record = record_of_request(self.authority, self.cards, work)
        except CardError:
            raise refusal from None
        if record is None or record.status is not CertificateStatus.REFUSED:
            raise refusal
        return Outcome("refused", {"refusal": refusal_fact(refusal)})


def record_of_request(authority: RegistrationAuthority, cards: Cards, work: Work) -> CertificateInfo | None:
    """eHealth's record of this procedure's key, asked with the card; None when it knows nothing of it.

    Raises `CardError`.
    """
    purpose = mark("to ask what became of the request")
    records = asked_with_card(cards, work, authority.certificates_of_citizen, purpose)
    ours = work.facts["key"]["public_key_identifier"]
    return next((record for record in records if record.public_key_identifier == ours), None)


def certificate_fact(chain: tuple[bytes, ...], work: Work, authority: RegistrationAuthority) -> dict[str, Any]:
    """A delivered chain as a fact, once it is known to be ours (PROTOCOL §14).

    Raises `WrongCertificateError` for another key, another person, another environment, a usage or a chain that does
    not fit, and `CertificateNotYetValidError`: with such a certificate nothing can go on, so it is not kept; and
    `ClockOffError` rather than either of them for a validity that only this computer's clock says is over or ahead.
    """
    try:
        certificates = tuple(x509.load_der_x509_certificate(der) for der in chain)
        leaf = certificates[0]
        identifier, subject = identifier_of(leaf.public_key()), subject_of(leaf.subject)
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise WrongCertificateError(reason=mark("it cannot be read")) from error
    if identifier != work.facts["key"]["public_key_identifier"]:
        raise WrongCertificateError(reason=mark("it is for another key"))
    if subject is None or not owner_of(work.facts).is_subject(subject):
        raise WrongCertificateError(reason=mark("it is for another person"))
    if len(certificates) < 2 or not chain_holds(certificates):
        raise WrongCertificateError(reason=mark("its chain does not hold"))
    known = environment_of(leaf.issuer)
    # assumption: eHealth changes its authorities, so an unknown one is a warning (PROTOCOL §14), but for the sandbox,
    # whose only authority is known.
    if known != work.environment and (known is not None or work.environment == "sandbox"):
        raise WrongCertificateError(reason=mark("it is of another environment or of an unknown authority"))
    if not may_sign_in(leaf):
        raise WrongCertificateError(reason=mark("it is not for signing in"))
    if has_passed(leaf.not_valid_after_utc, work.now, authority):
        raise WrongCertificateError(reason=mark("it has already ended"))
    if leaf.not_valid_before_utc > work.now + LARGEST_SKEW:
        check_clock(work.now, authority.service_time())
        raise CertificateNotYetValidError()
    return {
        "chain": chain_fact(chain),
        "fetched_at": work.now.isoformat(),
        "valid_until": leaf.not_valid_after_utc.isoformat(),
        "issuer_known": known is not None,
    }
