"""What a person is asked, as data, so that a terminal, a script and a web page can ask the same questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from workflow import checks
from workflow.checks import Check
from workflow.errors import BadValueError
from workflow.texts import mark


class Kind(Enum):
    """What sort of value a field takes."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    SSIN = "ssin"
    BIS = "bis"  # the national number of who has no Belgian card
    INAMI = "inami"
    DAY = "day"
    YES = "yes"  # true or false; never filled in by itself
    CHOICE = "choice"  # one of the offered values
    FILE = "file"  # one of the offered values, or another path
    SECRET = "secret"  # kept in memory for one sitting, never an answer
    NEW_SECRET = "new_secret"  # as SECRET, asked twice


_CHECKS: dict[Kind, Check] = {
    Kind.TEXT: checks.text,
    Kind.CHOICE: checks.text,
    Kind.FILE: checks.text,
    Kind.EMAIL: checks.email,
    Kind.PHONE: checks.phone,
    Kind.SSIN: checks.ssin,
    Kind.BIS: checks.bis,
    Kind.INAMI: checks.inami,
    Kind.DAY: checks.day,
    Kind.NEW_SECRET: checks.new_password,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One question. A secret field's name is the name of its secret."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = True

    @property
    def secret(self) -> bool:
        """Whether the value may only live in memory."""
        return self.kind in (Kind.SECRET, Kind.NEW_SECRET)

    def check(self, value: Any) -> Any:
        """The value in its normal form; raises `BadValueError` or one of its leaves."""
        if self.kind is Kind.YES:
            if isinstance(value, bool):
                return value
            raise BadValueError(field=self.name, value=value)
        if not isinstance(value, str):
            raise BadValueError(field=self.name, value=value)
        check = _CHECKS.get(self.kind)
        return check(value, self.name) if check else value


@dataclass(frozen=True, slots=True)
class Form:
    """One screen of questions."""

    name: str
    title: str
    intro: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that may be chosen, and its text for people (already safe to show)."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of an overview: a label to translate and a value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What is known when a form is asked: answers to start from, choices, and what must be read first.

    `documents` maps a language to a text (HTML of eHealth, or plain text of ours); foreign text is never trusted.
    """

    defaults: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    overview: tuple[Shown, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


KEYSTORE_PASSWORD = "keystore_password"
NEW_KEYSTORE_PASSWORD = "new_keystore_password"
PIN = "pin"
BACKUP_PASSPHRASE = "backup_passphrase"

CONSENT = Form(
    "consent",
    mark("Conditions of use"),
    mark("Read the conditions; go on only if you agree."),
    (Field("agree", Kind.YES, mark("Do you agree with these conditions?")),),
)
CARD = Form(
    "card",
    mark("Identity card"),
    mark("Insert the electronic identity card of the person who asks."),
    (
        Field("card", Kind.CHOICE, mark("Which card?"), required=False),
        Field("ssin", Kind.SSIN, mark("National number of its holder, to be sure"), required=False),
    ),
)
KEYSTORE = Form(
    "keystore",
    mark("Your current keystore"),
    mark("The .p12 file with the certificate that is to be renewed, and its password."),
    (
        Field("file", Kind.FILE, mark("Keystore")),
        Field(KEYSTORE_PASSWORD, Kind.SECRET, mark("Password of this keystore")),
    ),
)
CONTACT = Form(
    "contact",
    mark("Contact data"),
    mark("eHealth sends its mails to this address; a mistyped one means that they never arrive."),
    (
        Field("email_private", Kind.EMAIL, mark("Private e-mail address")),
        Field("phone_private", Kind.PHONE, mark("Private phone number")),
        Field("email_general", Kind.EMAIL, mark("General e-mail address"), required=False),
        Field("phone_general", Kind.PHONE, mark("General phone number"), required=False),
    ),
)
APPROVAL = Form(
    "approval",
    mark("Overview and contract"),
    mark("This is what will be sent. Read the contract: you will sign it with your card."),
    (Field("approve", Kind.YES, mark("Do you approve the contract?")),),
)
PASSWORD = Form(
    "password",
    mark("Password of the new keystore"),
    mark("You need it at each session. If it is lost, a new certificate is needed. It may be an older one."),
    (Field(NEW_KEYSTORE_PASSWORD, Kind.NEW_SECRET, mark("New password")),),
)
KEYSTORE_TO_CHANGE = Form(
    "keystore_to_change",
    mark("The keystore and its present password"),
    mark("Nothing leaves your computer. The file as it is now is kept beside it, with the date in its name."),
    (
        Field("file", Kind.FILE, mark("Keystore")),
        Field(KEYSTORE_PASSWORD, Kind.SECRET, mark("Present password")),
    ),
)
KEYSTORE_TO_ADOPT = Form(
    "keystore_to_adopt",
    mark("The unfinished keystore"),
    mark("The .p12 file that the other program made, and the password that was chosen for it then."),
    (
        Field("file", Kind.FILE, mark("Keystore")),
        Field(NEW_KEYSTORE_PASSWORD, Kind.SECRET, mark("Password of this keystore")),
    ),
)
OTHER_PASSWORD = Form(
    "other_password",
    mark("New password of the keystore"),
    mark("You need it at each session; a forgotten one cannot be recovered."),
    (Field(NEW_KEYSTORE_PASSWORD, Kind.NEW_SECRET, mark("New password")),),
)
PROVIDER = Form(
    "provider",
    mark("A care provider"),
    mark("The record of whom your practice software works for; it stays on this computer."),
    (
        Field("name", Kind.TEXT, mark("Name")),
        Field("ssin", Kind.SSIN, mark("National number (NISS)")),
    ),
)
INAMI_NUMBER = Form(
    "inami_number",
    mark("INAMI number"),
    mark("Each kind of provider has a number of its own, and the day from which it holds."),
    (
        Field("kind", Kind.CHOICE, mark("Kind of provider")),
        Field("number", Kind.INAMI, mark("INAMI number")),
        Field("since", Kind.DAY, mark("Holds from (start of the convention)")),
    ),
)
REMOVED_NUMBER = Form(
    "removed_number",
    mark("INAMI number to remove"),
    mark("Only the record changes."),
    (Field("number", Kind.INAMI, mark("INAMI number")),),
)
HANDOVER = Form(
    "handover",
    mark("Load the new certificate in your practice software"),
    mark("Load the new file in every program that uses your certificate. Then the encryption key is activated."),
    (
        Field("loaded", Kind.YES, mark("Is the new file loaded in your practice software?")),
        Field(
            "inami",
            Kind.INAMI,
            mark("INAMI number in the provider's record of your software"),
            help=mark("The record must hold it, besides the national number."),
            required=False,
        ),
    ),
)

PERSON = Form(
    "person",
    mark("Person without a Belgian identity card"),
    mark("As registered at the municipality that gave the BIS number. You confirm the request on the web afterwards."),
    (
        Field("bis", Kind.BIS, mark("BIS number")),
        Field("surname", Kind.TEXT, mark("Surname")),
        Field("first_names", Kind.TEXT, mark("Given names"), required=False),
    ),
)
OVERVIEW = Form(
    "overview",
    mark("Overview"),
    mark("This is what will be sent. There is no contract to sign: you confirm the request on the web."),
    (Field("approve", Kind.YES, mark("Is everything right, and may it be sent?")),),
)
KIND = Form(
    "kind",
    mark("Personal certificate or certificate of an organisation"),
    mark("A care provider has one certificate; an organisation may have several, requested by somebody it appointed."),
    (Field("certificate_for", Kind.CHOICE, mark("For whom is the certificate?")),),
)
ORGANIZATION = Form(
    "organization",
    mark("Organisation"),
    mark("The organisation as eHealth knows it; you must be appointed to manage its certificates."),
    (
        Field("identifier_type", Kind.CHOICE, mark("Kind of number")),
        Field("number", Kind.TEXT, mark("Number of the organisation")),
        Field("name", Kind.TEXT, mark("Name of the organisation")),
    ),
)
APPLICATION = Form(
    "application",
    mark("Application of the organisation"),
    mark("An application id tells the certificates of one organisation apart; most organisations leave it empty."),
    (
        Field(
            "application_id",
            Kind.TEXT,
            mark("Application id"),
            help=mark("1 to 30 capital letters, digits, hyphens and underscores."),
            required=False,
        ),
    ),
)
CERTIFICATE = Form(
    "certificate",
    mark("Certificate to revoke"),
    mark("Compare the serial number and the dates: the certificate in use must not be revoked by mistake."),
    (Field("certificate", Kind.CHOICE, mark("Which certificate is to be revoked?")),),
)
REASON = Form(
    "reason",
    mark("Reason of the revocation"),
    mark("eHealth keeps the reason. After the revocation the request of a new certificate begins by itself."),
    (
        Field("reason", Kind.CHOICE, mark("Why is the certificate to be revoked?")),
        Field("only", Kind.YES, mark("Stop after the revocation, without a new certificate?"), required=False),
    ),
)
REVOCATION = Form(
    "revocation",
    mark("Confirmation of the revocation"),
    mark("This cannot be undone. Read the text: you will sign it with your card."),
    (Field("confirmation", Kind.TEXT, mark("Type the word revoke to confirm")),),
)

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        CONSENT,
        CARD,
        KEYSTORE,
        CONTACT,
        APPROVAL,
        PASSWORD,
        HANDOVER,
        KEYSTORE_TO_CHANGE,
        KEYSTORE_TO_ADOPT,
        OTHER_PASSWORD,
        PROVIDER,
        INAMI_NUMBER,
        REMOVED_NUMBER,
        KIND,
        ORGANIZATION,
        APPLICATION,
        CERTIFICATE,
        REASON,
        REVOCATION,
        PERSON,
        OVERVIEW,
    )
}
