"""Take why the certificate is revoked, in the person's words."""

from __future__ import annotations

from dataclasses import dataclass

from steps.ports.registration import RevocationReason
from steps.remembered import Facts
from workflow.errors import BadValueError
from workflow.forms import Choice, Offer
from workflow.ports import Outcome, Work
from workflow.texts import mark

# assumption: which of eHealth's four reasons a person's words stand for (PROCEDURES §6, step 4).
REASONS: dict[str, tuple[str, RevocationReason]] = {
    "password_forgotten": (mark("the password is forgotten"), RevocationReason.SUPERSEDED),
    "file_lost": (mark("the file is lost"), RevocationReason.SUPERSEDED),
    "to_be_replaced": (mark("it is to be replaced by a new certificate"), RevocationReason.SUPERSEDED),
    "stolen": (mark("the file or the password was stolen, or seen by others"), RevocationReason.KEY_COMPROMISE),
    "left": (mark("I left the organisation"), RevocationReason.AFFILIATION_CHANGED),
    "stopped": (mark("I stopped working"), RevocationReason.CESSATION_OF_OPERATION),
}
"""By the value of the answer: the words, and eHealth's reason."""

_NO_SUCCESSOR = frozenset({"left", "stopped"})
"""After these reasons nothing is left for which a new certificate could be requested."""


@dataclass(frozen=True, slots=True)
class ChooseReason:
    """Safe to repeat: it changes nothing outside."""

    outcomes = frozenset({"reason_chosen"})

    def offer(self, work: Work) -> Offer:
        """The reasons; where renewing is possible it is told, for it leaves no gap (PROCEDURES §6)."""
        choices = tuple(Choice(value, words) for value, (words, _reason) in REASONS.items())
        renewable = (_RENEW,) if work.facts["chosen"]["replaceable"] else ()
        succeeded = (_SUCCEEDED,) if _has_successor(work.facts) else ()
        return Offer(choices={"reason": choices}, warnings=renewable + succeeded)

    def __call__(self, work: Work) -> Outcome:
        """Raises `BadValueError`."""
        value = work.answers["reason"]
        if value not in REASONS:
            raise BadValueError(field="reason", value=value)
        request_again = not work.answers.get("only") and value not in _NO_SUCCESSOR and not _has_successor(work.facts)
        reason = {"words": value, "code": REASONS[value][1].value, "request_again": request_again}
        return Outcome("reason_chosen", {"reason": reason})


def _has_successor(facts: Facts) -> bool:
    """Whether the chosen certificate was renewed already: while that one is new, another is refused (PROTOCOL §8.2)."""
    chosen = facts["chosen"]
    others = [one for one in facts["record"]["certificates"] if all(one[part] == chosen[part] for part in _OWNER)]
    return any((one["valid_until"] or "") > (chosen["valid_until"] or "") for one in others)


_OWNER = ("type", "identifier", "application_id")

_RENEW = mark(
    "This certificate can be renewed now, which leaves no gap: ehcert renew, or ehcert renew --without-old-keystore "
    "when its file or its password is lost. That may be refused; nothing is lost by trying it first."
)
_SUCCEEDED = mark(
    "This certificate has a successor, which stays valid: after the revocation no new certificate is requested."
)
