"""Whether a certificate stands in the way of a new one of its name, or is replaced by it (PROTOCOL §8.2)."""

from __future__ import annotations

from adapters.sandbox.certificates import Record
from adapters.sandbox.content import write_moment
from adapters.sandbox.desk import OLD_KEY_PROOF, Call, Desk
from adapters.sandbox.dn import Subject
from adapters.sandbox.refusal import Refusal
from steps.ports.registration import CertificateStatus


def is_replaceable(desk: Desk, call: Call, record: Record) -> bool:
    """Whether a replacement would be accepted now: in the window, and none asked for or delivered yet."""
    running = (CertificateStatus.IN_PROGRESS, CertificateStatus.VALID_ACTIVE)
    others = [r for r in desk.certificates.of_subject(record.subject) if r.key != record.key]
    blocking = [r for r in others if r.status(call.now) in running and not r.is_in_window(call.now)]
    return record.is_in_window(call.now) and not blocking


def replaced(desk: Desk, call: Call, subject: Subject) -> str | None:
    """The key of the certificate that a new one would replace (PROTOCOL §8.2).

    assumption: a revocation may be known here a little later than where it was asked for (PROCEDURES §6, step 7).
    """
    valid = []
    for record in desk.certificates.of_subject(subject):
        match record.status(call.now):
            case CertificateStatus.IN_PROGRESS:
                raise Refusal("SIM_REQUEST_IN_PROGRESS", PublicKeyIdentifier=record.key.upper())
            case CertificateStatus.VALID_ACTIVE:
                valid.append(record)
            case CertificateStatus.REVOKED if _is_revoked_unnoticed(desk, call, record):
                raise _not_replaceable(record)
    for record in valid:
        if not record.is_in_window(call.now):
            raise _not_replaceable(record)
    if valid and desk.rules.old_key_needed and not any(_has_shown_its_key(desk, call, record) for record in valid):
        raise Refusal("SIM_OLD_KEY_NEEDED", PublicKeyIdentifier=valid[0].key.upper())
    return valid[0].key if valid else None


def _is_revoked_unnoticed(desk: Desk, call: Call, record: Record) -> bool:
    return record.revoked_at is not None and call.now < record.revoked_at + desk.rules.revocation_delay


def _not_replaceable(record: Record) -> Refusal:
    start = record.replaceable_from()
    known = {} if start is None else {"ReplacementPeriodStartDate": write_moment(start)}
    return Refusal("SIM_NOT_REPLACEABLE", **known)


def _has_shown_its_key(desk: Desk, call: Call, record: Record) -> bool:
    asked_at = desk.certificates.asked_at(record.key)
    return asked_at is not None and call.now - asked_at <= OLD_KEY_PROOF
