"""Numbers of people and organisations, addresses and phones: which ones the far side accepts (PROTOCOL §9.3, §9.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from adapters.sandbox.refusal import Refusal
from steps.ports.registration import Contact

# assumption: the names of check digit algorithms and their meaning (PROTOCOL §9.4).
CHECK_97_MOD_97: Final = "CHECK-97-MOD-97"

_EIGHT = (
    "PHARMACY OTD_PHARMACY LABO RETIREMENT HOSPITAL GROUP PALLIATIVE_CARE OFFICE_DENTISTS MEDICAL_HOUSE OFFICE_DOCTORS"
    " GROUP_DOCTORS OF_BAND PSYCH_HOUSE PROT_ACC HOME_SERVICES OF_PHYSIOS GUARD_POST BELRAI BELRAI_SCREEN"
    " GROUP_MIDWIVES AMBU_SERVICE LEGAL_PSY REEDUCATION SORTING_CENTER"
)
_TEN = "CBE EHP CBE-TREAT_CENTER CBE-CONSORTIUM EHP-CTRL_ORGANISM SITESMUR SITEPIT"
DEPOT_TYPES: Final = frozenset(
    {"SSIN", "NIHII11", "NIHII", "SITE", *_TEN.split(), *(f"NIHII-{kind}" for kind in _EIGHT.split())}
)
"""The identifier types that the depot knows."""


@dataclass(frozen=True, slots=True)
class OrganizationType:
    """A type of organisation with its rules; the pattern is in Java's syntax, which is Python's here."""

    identifier_type: str
    name_fr: str
    name_nl: str
    pattern: str
    algorithms: tuple[str, ...] = (CHECK_97_MOD_97,)
    base_services: tuple[str, ...] = ()


ORGANIZATION_TYPES: Final = (
    OrganizationType(
        "NIHII-HOSPITAL", "Hôpital", "Ziekenhuis", "[0-9]{8}", base_services=("tsa", "consultrn", "codage", "other")
    ),
    OrganizationType("NIHII-PHARMACY", "Pharmacie", "Apotheek", "[0-9]{8}", base_services=("tsa",)),
    OrganizationType("NIHII-LABO", "Laboratoire", "Laboratorium", "[0-9]{8}"),
    OrganizationType("NIHII-RETIREMENT", "Maison de repos", "Rusthuis", "[0-9]{8}"),
    OrganizationType("NIHII-GROUP_DOCTORS", "Groupement de médecins", "Groepering van artsen", "[0-9]{8}"),
    OrganizationType("CBE", "Entreprise", "Onderneming", "[0-9]{10}", base_services=("consultrn", "codage")),
    OrganizationType("EHP", "Partenaire eHealth", "eHealth-partner", "[0-9]{10}"),
    OrganizationType("SITE", "Site", "Site", "[0-9]{4}", algorithms=()),
)
"""The types that getGenericOrganizationTypes tells: a few, as examples."""

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}")
_PHONE = re.compile(r"[+0-9][0-9 ]*")
LONGEST_EMAIL: Final = 320


def organization_type(identifier_type: str) -> OrganizationType:
    """The rules of a type of organisation; an unknown one is refused."""
    for known in ORGANIZATION_TYPES:
        if known.identifier_type == identifier_type:
            return known
    raise Refusal("SIM_UNKNOWN_IDENTIFIER_TYPE", IdentifierType=identifier_type)


def check_organization(identifier_type: str, identifier: str) -> None:
    """Refuse an organisation's number that breaks the rules of its type."""
    rules = organization_type(identifier_type)
    fits = re.fullmatch(rules.pattern, identifier) is not None
    if not fits or (CHECK_97_MOD_97 in rules.algorithms and not _has_check_digits(identifier)):
        raise Refusal("SIM_BAD_IDENTIFIER", IdentifierType=identifier_type)


def is_ssin(value: str) -> bool:
    """Eleven digits with right check digits; who was born from 2000 is counted with a 2 in front."""
    return re.fullmatch("[0-9]{11}", value) is not None and (_has_check_digits(value) or _has_check_digits(f"2{value}"))


def is_bis(value: str) -> bool:
    """A BIS number: the month is 20 or 40 higher."""
    return is_ssin(value) and (20 <= int(value[2:4]) <= 32 or 40 <= int(value[2:4]) <= 52)


def check_contact(contact: Contact) -> None:
    """Refuse addresses and phones that break the rules (PROTOCOL §2.3)."""
    for email in (contact.email_private, contact.email_general):
        if email is not None and (len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email)):
            raise Refusal("SIM_BAD_EMAIL")
    for phone in (contact.phone_private, contact.phone_general):
        if phone is not None and not _PHONE.fullmatch(phone):
            raise Refusal("SIM_BAD_PHONE")


def _has_check_digits(number: str) -> bool:
    return int(number[-2:]) == 97 - int(number[:-2]) % 97
