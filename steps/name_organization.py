"""Take the number of an organisation, checked with eHealth's own rules for its kind."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from steps.owner import Owner, owner_fact
from steps.ports.registration import OrganizationType, RegistrationAuthority
from workflow.errors import MalformedOrganizationNumberError, UnknownOrganizationTypeError
from workflow.forms import Choice, Offer
from workflow.ports import Outcome, Work

# assumption: what the names of the check digit algorithms mean (PROTOCOL §9.4); an unknown name is no check.
CHECK_DIGITS = {"CHECK-97-MOD-97": lambda n: 97 - n % 97, "CHECK-MOD-97": lambda n: n % 97}

_TEN = ("CBE", "EHP", "CBE-TREAT_CENTER", "CBE-CONSORTIUM", "EHP-CTRL_ORGANISM", "SITESMUR", "SITEPIT")
_LENGTHS = {"SITE": 4, "NIHII11": 11, **dict.fromkeys(_TEN, 10)}
"""How many digits a number has where it is not eight (PROTOCOL §9.3)."""


@dataclass(frozen=True, slots=True)
class NameOrganization:
    """Safe to repeat: it only asks for the rules."""

    authority: RegistrationAuthority

    outcomes = frozenset({"organization_named"})

    def offer(self, work: Work) -> Offer:
        """The kinds of number that eHealth accepts."""
        kinds = self.authority.organization_types()
        choices = tuple(Choice(kind.identifier_type, _label(kind)) for kind in kinds)
        return Offer(choices={"identifier_type": choices})

    def __call__(self, work: Work) -> Outcome:
        """Raises `UnknownOrganizationTypeError`, `MalformedOrganizationNumberError`."""
        kinds = {kind.identifier_type: kind for kind in self.authority.organization_types()}
        kind = kinds.get(work.answers["identifier_type"])
        if kind is None:
            raise UnknownOrganizationTypeError(type=work.answers["identifier_type"], known=", ".join(sorted(kinds)))
        number = checked_number(kind, work.answers["number"])
        owner = Owner(kind.identifier_type, number, work.answers["name"])
        return Outcome("organization_named", {"organization": {"typed": True}, "owner": owner_fact(owner)})


def checked_number(kind: OrganizationType, typed: str) -> str:
    """The number in its normal form, padded with zeros. Raises `MalformedOrganizationNumberError`."""
    digits = re.sub(r"[ .\-/]", "", typed)
    number = digits.zfill(_LENGTHS.get(kind.identifier_type, 8))
    fits = digits.isascii() and digits.isdigit() and (kind.pattern is None or _matches(kind.pattern, number))
    if not fits or not all(_has_check_digits(name, number) for name in kind.check_digits):
        raise MalformedOrganizationNumberError(type=kind.identifier_type)
    return number


def _matches(pattern: str, number: str) -> bool:
    """Java's syntax is Python's for such patterns; one that cannot be read here is left to eHealth.

    Nor one that would be read otherwise here, such as an intersection: Python warns of it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        try:
            return re.fullmatch(pattern, number) is not None
        except (re.error, FutureWarning):
            return True


def _has_check_digits(algorithm: str, number: str) -> bool:
    check = CHECK_DIGITS.get(algorithm)
    return check is None or check(int(number[:-2])) == int(number[-2:])


def _label(kind: OrganizationType) -> str:
    return f"{kind.identifier_type} ({' / '.join(kind.names.values())})" if kind.names else kind.identifier_type
