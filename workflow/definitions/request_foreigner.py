"""Request for a person without a Belgian card: not signed, but confirmed by him on the web (PROTOCOL §3.2, op. 11)."""

from dataclasses import replace

from workflow.definition import Asking, Definition, Final, Transition, Turn, Waiting, Wake
from workflow.definitions import parts
from workflow.definitions.parts import DAY, HOUR, MINUTE
from workflow.forms import NEW_KEYSTORE_PASSWORD
from workflow.texts import mark

# The answer says until when the person may confirm; how long that usually is, is not known (PROTOCOL §3.2).
CONFIRMATION = Wake(rhythm=((HOUR, 5 * MINUTE), (DAY, HOUR), (DAY, 6 * HOUR)), expected=14 * DAY)

CHECKING = replace(
    parts.CHECKING,
    step="check_requirements_without_card",
    says=mark("The network, the clock and the folders are being checked."),
    todo=mark("Check the network and start again."),
)
AWAITING_PERSON = Asking(
    name="awaiting_person",
    until="holder",
    form="person",
    step="name_person",
    turn=Turn.USER,
    says=mark("The person without a Belgian card has to be named, with his BIS number."),
    todo=mark("Give the BIS number, the surname and the given names."),
)
AWAITING_APPROVAL = replace(
    parts.AWAITING_APPROVAL,
    form="overview",
    step="record_overview",
    says=mark("You have to check and approve what will be sent."),
    todo=mark("Read the overview and approve it."),
)
SUBMITTING = replace(
    parts.SUBMITTING,
    step="submit_foreign_request",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    says=mark("The request has to be sent to eHealth."),
    todo=mark("Go on: the password of the new keystore is asked."),
)
AWAITING_ADDRESS = Waiting(
    name="awaiting_address",
    until="confirmation",
    only_if=("address_lost",),
    step="fetch_confirmed",
    wake=CONFIRMATION,
    turn=Turn.USER,
    says=mark("The request arrived, but the address at which you confirm it was lost with eHealth's answer."),
    todo=mark("Call the eHealth contact centre, 02 788 51 55, for the address; else the request lapses by itself."),
)
AWAITING_CONFIRMATION = Waiting(
    name="awaiting_confirmation",
    until="confirmation",
    step="fetch_confirmed",
    wake=CONFIRMATION,
    turn=Turn.USER,
    says=mark("Your request was sent; eHealth makes nothing until you have confirmed it on the web."),
    todo=mark("Log in at the address shown, before its end; then look again later."),
)
ASKING = (
    AWAITING_PERSON,
    parts.AWAITING_CONTACT,
    AWAITING_APPROVAL,
    parts.AWAITING_PASSWORD,
    parts.MAKING_KEY,
    SUBMITTING,
)
CONFIRMING = (AWAITING_ADDRESS, AWAITING_CONFIRMATION)

DONE = Final(
    name="done",
    good=True,
    says=mark("Your certificate is ready."),
    todo=mark("Load the new file in your practice software."),
)
EXPIRED = Final(
    name="expired",
    says=mark("The request was not confirmed in time; eHealth made nothing."),
    todo=mark("Request again: ehcert request --foreigner."),
)

REQUEST_FOREIGNER = Definition(
    name="request_foreigner",
    version=1,
    title=mark("Request an eHealth certificate for a person without a Belgian card"),
    identified_by="holder",
    kept_from="contact",
    sent_by=("request",),
    undo={"key": "make_key"},
    states=(
        CHECKING,
        parts.AWAITING_CONSENT,
        *ASKING,
        *CONFIRMING,
        parts.AWAITING_DELIVERY,
        *parts.COMPLETING,
        DONE,
        parts.CANCELLED,
        parts.REFUSED,
        parts.ABANDONED,
        EXPIRED,
    ),
    transitions=(
        Transition("ready", "checking", "awaiting_consent"),
        Transition("agreed", "awaiting_consent", "awaiting_person"),
        Transition("named", "awaiting_person", "awaiting_contact"),
        Transition("given", "awaiting_contact", "awaiting_approval"),
        Transition("approved", "awaiting_approval", "awaiting_password"),
        Transition("chosen", "awaiting_password", "making_key"),
        Transition("made", "making_key", "submitting"),
        Transition("choose_again", "making_key", "awaiting_password"),
        Transition("registered", "submitting", "awaiting_address", conditions=("address_lost",)),
        Transition("registered", "submitting", "awaiting_confirmation", unless=("address_lost",)),
        Transition("refused", ("submitting", "awaiting_delivery"), "refused"),
        Transition("confirmed", parts.names(CONFIRMING), "awaiting_delivery"),
        Transition("not_confirmed", parts.names(CONFIRMING), "expired"),
        Transition("delivered", ("submitting", *parts.names(CONFIRMING), "awaiting_delivery"), "installing"),
        *parts.COMPLETING_WAYS,
        # the manual's "Précédent" and "Annuler"
        Transition("back", "awaiting_contact", "awaiting_person"),
        Transition("back", "awaiting_approval", "awaiting_contact"),
        Transition("back", "awaiting_password", "awaiting_approval"),
        Transition("back", "submitting", "awaiting_password", conditions=("request_not_sent",)),
        Transition(
            "cancel",
            parts.names((CHECKING, parts.AWAITING_CONSENT), ASKING),
            "cancelled",
            conditions=("nothing_sent",),
        ),
        Transition(
            "abandon",
            parts.names((SUBMITTING,), CONFIRMING, (parts.AWAITING_DELIVERY,), parts.COMPLETING),
            "abandoned",
            unless=("nothing_sent",),
        ),
    ),
)
