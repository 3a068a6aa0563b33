"""The states and transitions that several procedures share: one part for each chapter of the manual."""

from datetime import timedelta

from workflow.definition import Asking, Final, State, Transition, Turn, Waiting, Wake, Working
from workflow.forms import NEW_KEYSTORE_PASSWORD, PIN
from workflow.texts import mark

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))

# Delivery takes minutes to days, "can take 10 days" (PROCEDURES §7). The rhythm is an assumption of PROTOCOL §13.3.
DELIVERY = Wake(
    rhythm=((2 * MINUTE, 10 * SECOND), (10 * MINUTE, MINUTE), (HOUR, 5 * MINUTE), (DAY, 15 * MINUTE), (DAY, HOUR)),
    expected=10 * DAY,
)

CHECKING = Working(
    name="checking",
    until="requirements",
    step="check_requirements",
    turn=Turn.USER,
    says=mark("The card reader, the network, the clock and the folders are being checked."),
    todo=mark("Connect the card reader and start again."),
)

AWAITING_CONSENT = Asking(
    name="awaiting_consent",
    until="consent",
    form="consent",
    step="record_consent",
    turn=Turn.USER,
    says=mark("You have to agree with the conditions of use."),
    todo=mark("Read the conditions and agree."),
)

AWAITING_CARD = Asking(
    name="awaiting_card",
    until="holder",
    form="card",
    step="read_card",
    turn=Turn.USER,
    says=mark("Your identity card has to be read."),
    todo=mark("Insert your identity card in the reader."),
)

AWAITING_CONTACT = Asking(
    name="awaiting_contact",
    until="contact",
    form="contact",
    step="record_contact",
    turn=Turn.USER,
    says=mark("Your contact data have to be checked."),
    todo=mark("Check your e-mail address and phone number."),
)

MAKING_CONTRACT = Working(
    name="making_contract",
    until="contract",
    step="make_contract",
    turn=Turn.USER,
    says=mark("eHealth is making the contract that you will sign."),
    todo=mark("Go on: the contract is fetched again."),
)

AWAITING_APPROVAL = Asking(
    name="awaiting_approval",
    until="approval",
    form="approval",
    step="record_approval",
    turn=Turn.USER,
    says=mark("You have to read and approve the contract."),
    todo=mark("Read the contract and approve it."),
)

AWAITING_PASSWORD = Asking(
    name="awaiting_password",
    until="password",
    form="password",
    step="choose_password",
    turn=Turn.USER,
    says=mark("You have to choose the password of the new keystore."),
    todo=mark("Choose the password; you need it at each session."),
)

MAKING_KEY = Working(
    name="making_key",
    until="key",
    step="make_key",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    turn=Turn.USER,
    says=mark("Your new key is being made and written in a new keystore."),
    todo=mark("Go on: the password of the new keystore is asked."),
)

SUBMITTING = Working(
    name="submitting",
    until="request",
    step="submit_request",
    secrets=(NEW_KEYSTORE_PASSWORD, PIN),
    turn=Turn.USER,
    says=mark("The request has to be signed with your card and sent to eHealth."),
    todo=mark("Insert your card and go on: your PIN signs the request."),
)

AWAITING_VALIDATION = Waiting(
    name="awaiting_validation",
    until="certificate",
    only_if=("validated_by_hand",),
    step="fetch_certificate",
    wake=DELIVERY,
    secrets=(PIN,),
    turn=Turn.EHEALTH,
    says=mark("Your request was sent; a person at eHealth checks your rights, which can take days."),
    todo=mark("Nothing to do; look again later. Do not request again."),
)

AWAITING_DELIVERY = Waiting(
    name="awaiting_delivery",
    until="certificate",
    step="fetch_certificate",
    wake=DELIVERY,
    secrets=(PIN,),
    turn=Turn.EHEALTH,
    says=mark("Your request was sent; eHealth has to deliver the certificate."),
    todo=mark("Nothing to do; look again after the delay of the second mail. Do not request again."),
)

INSTALLING = Working(
    name="installing",
    until="installed",
    step="install_certificate",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    turn=Turn.USER,
    says=mark("The certificate was delivered and has to be installed in the new keystore."),
    todo=mark("Go on: the password of the new keystore is asked."),
)

STARTING_ETK = Working(
    name="starting_etk",
    until="encryption_certificate",
    step="start_etk",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    turn=Turn.USER,
    says=mark("The certificate is installed; your encryption key has to be made."),
    todo=mark("Go on: the password of the new keystore is asked."),
)

COMPLETING_ETK = Working(
    name="completing_etk",
    until="etk",
    step="complete_etk",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    turn=Turn.USER,
    says=mark("Your encryption key has to be registered at eHealth."),
    todo=mark("Go on: the password of the new keystore is asked."),
)

AWAITING_HANDOVER = Asking(
    name="awaiting_handover",
    until="handover",
    only_if=("etk_waits_for_activation",),
    form="handover",
    step="record_handover",
    own_sitting=True,
    turn=Turn.USER,
    says=mark("The new keystore is ready and has to be loaded in your practice software."),
    todo=mark("Load the new file in every program that uses your certificate, then go on."),
)

ACTIVATING_ETK = Working(
    name="activating_etk",
    until="activation",
    only_if=("etk_waits_for_activation",),
    step="activate_etk",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    turn=Turn.USER,
    says=mark("Your new encryption key has to be activated."),
    todo=mark("Go on: the password of the new keystore is asked."),
)

PROVING = Working(
    name="proving",
    until="proof",
    step="prove_keystore",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    turn=Turn.USER,
    says=mark("Everything is done; the new keystore and the key at eHealth are being verified."),
    todo=mark("Go on: the password of the new keystore is asked."),
)

CANCELLED = Final(
    name="cancelled",
    says=mark("You cancelled; nothing was sent."),
)

REFUSED = Final(
    name="refused",
    says=mark("eHealth refused the request."),
    todo=mark("Call the eHealth contact centre, 02 788 51 55, and give the code of the refusal."),
)

ABANDONED = Final(
    name="abandoned",
    says=mark("This procedure was abandoned after something was sent to eHealth."),
    todo=mark("What eHealth accepted stays there: a request goes on, a revoked certificate stays revoked."),
)

OPENING = (CHECKING, AWAITING_CONSENT, AWAITING_CARD)
"""Requirements, conditions, card (PROCEDURES §2, steps 1 to 3)."""

ASKING = (AWAITING_CONTACT, MAKING_CONTRACT, AWAITING_APPROVAL, AWAITING_PASSWORD, MAKING_KEY, SUBMITTING)
"""From the contact data to the message that asks for a certificate (PROCEDURES §2, steps 6 to 13)."""

DELIVERING = (AWAITING_VALIDATION, AWAITING_DELIVERY)
"""eHealth's turn (PROCEDURES §7)."""

COMPLETING = (INSTALLING, STARTING_ETK, COMPLETING_ETK, AWAITING_HANDOVER, ACTIVATING_ETK, PROVING)
"""From the delivered certificate to the proof of the end (PROCEDURES §3 and §5)."""

OPENING_WAYS = (
    Transition("ready", "checking", "awaiting_consent"),
    Transition("agreed", "awaiting_consent", "awaiting_card"),
)

ASKING_WAYS = (
    Transition("given", "awaiting_contact", "making_contract"),
    Transition("contract_made", "making_contract", "awaiting_approval"),
    Transition("approved", "awaiting_approval", "awaiting_password"),
    Transition("chosen", "awaiting_password", "making_key"),
    Transition("made", "making_key", "submitting"),
    Transition("choose_again", "making_key", "awaiting_password"),
    Transition("registered", "submitting", "awaiting_validation", conditions=("validated_by_hand",)),
    Transition("registered", "submitting", "awaiting_delivery", unless=("validated_by_hand",)),
    Transition("delivered", "submitting", "installing"),
    Transition("refused", "submitting", "refused"),
    # the manual's "Précédent"
    Transition("back", "awaiting_approval", "awaiting_contact"),
    Transition("back", "awaiting_password", "awaiting_approval"),
    Transition("back", "submitting", "awaiting_password", conditions=("request_not_sent",)),
)

DELIVERING_WAYS = (
    Transition("delivered", ("awaiting_validation", "awaiting_delivery"), "installing"),
    Transition("refused", ("awaiting_validation", "awaiting_delivery"), "refused"),
)

COMPLETING_WAYS = (
    Transition("installed", "installing", "starting_etk"),
    Transition("started", "starting_etk", "completing_etk"),
    Transition("start_again", "completing_etk", "starting_etk"),
    Transition("etk_registered", "completing_etk", "awaiting_handover", conditions=("etk_waits_for_activation",)),
    Transition("etk_registered", "completing_etk", "proving", unless=("etk_waits_for_activation",)),
    Transition("handed_over", "awaiting_handover", "activating_etk"),
    Transition("activated", "activating_etk", "proving"),
    Transition("proved", "proving", "done"),
)


def names(*parts: tuple[State, ...]) -> tuple[str, ...]:
    """The names of the states of some parts."""
    return tuple(state.name for part in parts for state in part)
