"""Renew: show that the current certificate may be replaced, ask for the next, install it, activate its ETK."""

from dataclasses import replace

from workflow.definition import Asking, Definition, Final, Transition, Turn, Working
from workflow.definitions import parts
from workflow.forms import KEYSTORE_PASSWORD, PIN
from workflow.texts import mark

AWAITING_KEYSTORE = Asking(
    name="awaiting_keystore",
    until="old_keystore",
    form="keystore",
    step="open_keystore",
    turn=Turn.USER,
    says=mark("Your current keystore has to be chosen and opened."),
    todo=mark("Choose the .p12 file of your current certificate and give its password."),
)

LOOKING_UP = Working(
    name="looking_up",
    until="record",
    step="look_up",
    secrets=(KEYSTORE_PASSWORD, PIN),
    turn=Turn.USER,
    says=mark("eHealth is being asked whether your certificate can be renewed now."),
    todo=mark("Insert your card and go on: the password of the keystore and the PIN are asked."),
)

# What the other procedures do, until the present certificate has ended: then it is too late.
MAKING_CONTRACT = replace(parts.MAKING_CONTRACT, step="make_renewal_contract")
SUBMITTING = replace(parts.SUBMITTING, step="submit_renewal")
AWAITING_VALIDATION = replace(
    parts.AWAITING_VALIDATION,
    todo=mark("Nothing to do; look again later. Your present certificate keeps working."),
)

ASKING = (
    parts.AWAITING_CONTACT,
    MAKING_CONTRACT,
    parts.AWAITING_APPROVAL,
    parts.AWAITING_PASSWORD,
    parts.MAKING_KEY,
    SUBMITTING,
)

DONE = Final(
    name="done",
    good=True,
    says=mark("Your certificate is renewed."),
    todo=mark("Keep the old file and its password: messages sent before can only be opened with it."),
)
CANCELLED = replace(
    parts.CANCELLED,
    says=mark("You cancelled; nothing was sent and your present certificate is unchanged."),
)
REFUSED = replace(
    parts.REFUSED,
    says=mark("eHealth refused the request; your present certificate is unchanged."),
)
EXPIRED = Final(
    name="expired",
    says=mark("The certificate ended before the renewal was sent; it cannot be renewed any more."),
    todo=mark("Request a new certificate; no revocation is needed."),
)

RENEW = Definition(
    name="renew",
    version=2,
    title=mark("Renew the eHealth certificate"),
    identified_by="holder",
    kept_from="record",
    sent_by=("request",),
    undo={"key": "make_key"},
    states=(
        *parts.OPENING,
        AWAITING_KEYSTORE,
        LOOKING_UP,
        *ASKING,
        AWAITING_VALIDATION,
        parts.AWAITING_DELIVERY,
        *parts.COMPLETING,
        DONE,
        CANCELLED,
        REFUSED,
        parts.ABANDONED,
        EXPIRED,
    ),
    transitions=(
        *parts.OPENING_WAYS,
        Transition("card_read", "awaiting_card", "awaiting_keystore"),
        Transition("opened", "awaiting_keystore", "looking_up"),
        Transition("renewable", "looking_up", "awaiting_contact"),
        *parts.ASKING_WAYS,
        Transition("too_late", ("making_contract", "submitting"), "expired"),
        *parts.DELIVERING_WAYS,
        *parts.COMPLETING_WAYS,
        # the manual's "Précédent" and "Annuler"
        Transition("back", "awaiting_keystore", "awaiting_card"),
        Transition("back", "awaiting_contact", "awaiting_keystore"),
        Transition(
            "cancel",
            parts.names(parts.OPENING, (AWAITING_KEYSTORE, LOOKING_UP), ASKING),
            "cancelled",
            conditions=("nothing_sent",),
        ),
        Transition(
            "abandon",
            parts.names((SUBMITTING,), parts.DELIVERING, parts.COMPLETING),
            "abandoned",
            unless=("nothing_sent",),
        ),
    ),
)
