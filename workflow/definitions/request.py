"""Request: a first certificate, for a person or an organisation, from the identity card to the proof of the end."""

from workflow.definition import Asking, Definition, Final, Transition, Turn, Working
from workflow.definitions import parts
from workflow.forms import PIN
from workflow.texts import mark

SIGNING_IN = Working(
    name="signing_in",
    until="qualities",
    step="sign_in",
    secrets=(PIN,),
    turn=Turn.USER,
    says=mark("eHealth is being asked for whom you may request a certificate."),
    todo=mark("Insert your card and go on: your PIN is asked."),
)
AWAITING_KIND = Asking(
    name="awaiting_kind",
    until="kind",
    form="kind",
    step="choose_kind",
    turn=Turn.USER,
    says=mark("You have to say whether the certificate is for yourself or for an organisation."),
    todo=mark("Choose for whom the certificate is."),
)
AWAITING_ORGANIZATION = Asking(
    name="awaiting_organization",
    until="organization",
    only_if=("organization_typed",),
    form="organization",
    step="name_organization",
    turn=Turn.USER,
    says=mark("The organisation has to be named, with its number."),
    todo=mark("Give the kind, the number and the name of the organisation."),
)
AWAITING_APPLICATION = Asking(
    name="awaiting_application",
    until="application",
    only_if=("for_an_organization",),
    form="application",
    step="choose_application",
    turn=Turn.USER,
    says=mark("You have to say for which application of the organisation the certificate is."),
    todo=mark("Give an application id, or leave it empty."),
)
LOOKING_UP = Working(
    name="looking_up",
    until="record",
    step="look_up_owner",
    secrets=(PIN,),
    turn=Turn.USER,
    says=mark("eHealth is being asked which certificates exist already."),
    todo=mark("Insert your card and go on: your PIN is asked."),
)
CHOOSING = (SIGNING_IN, AWAITING_KIND, AWAITING_ORGANIZATION, AWAITING_APPLICATION, LOOKING_UP)
"""For whom, and whether a certificate may be requested at all (PROCEDURES §2, steps 4 and 5)."""

DONE = Final(
    name="done",
    good=True,
    says=mark("Your certificate is ready."),
    todo=mark("Load the new file in your practice software. Its encryption key is in use: nothing is to be activated."),
)

REQUEST = Definition(
    name="request",
    version=1,
    title=mark("Request a new eHealth certificate"),
    identified_by="record",
    kept_from="record",
    sent_by=("request",),
    undo={"key": "make_key"},
    states=(
        *parts.OPENING,
        *CHOOSING,
        *parts.ASKING,
        *parts.DELIVERING,
        *parts.COMPLETING,
        DONE,
        parts.CANCELLED,
        parts.REFUSED,
        parts.ABANDONED,
    ),
    transitions=(
        *parts.OPENING_WAYS,
        Transition("card_read", "awaiting_card", "signing_in"),
        Transition("signed_in", "signing_in", "awaiting_kind"),
        Transition("kind_chosen", "awaiting_kind", "awaiting_organization", conditions=("organization_typed",)),
        Transition(
            "kind_chosen",
            "awaiting_kind",
            "awaiting_application",
            conditions=("for_an_organization",),
            unless=("organization_typed",),
        ),
        Transition("kind_chosen", "awaiting_kind", "looking_up", unless=("for_an_organization",)),
        Transition("organization_named", "awaiting_organization", "awaiting_application"),
        Transition("application_chosen", "awaiting_application", "looking_up"),
        Transition("free", "looking_up", "awaiting_contact"),
        *parts.ASKING_WAYS,
        *parts.DELIVERING_WAYS,
        *parts.COMPLETING_WAYS,
        # the manual's "Précédent" and "Annuler"
        Transition("back", "awaiting_kind", "awaiting_card"),
        Transition("back", ("awaiting_organization", "awaiting_contact"), "awaiting_kind"),
        Transition("back", "awaiting_application", "awaiting_organization", conditions=("organization_typed",)),
        Transition("back", "awaiting_application", "awaiting_kind", unless=("organization_typed",)),
        Transition(
            "cancel",
            parts.names(parts.OPENING, CHOOSING, parts.ASKING),
            "cancelled",
            conditions=("nothing_sent",),
        ),
        Transition(
            "abandon",
            parts.names((parts.SUBMITTING,), parts.DELIVERING, parts.COMPLETING),
            "abandoned",
            unless=("nothing_sent",),
        ),
    ),
)
