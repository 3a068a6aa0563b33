"""Revoke a certificate for good, then request its successor, from the same card and in the same procedure."""

from workflow.definition import Asking, Definition, Final, Transition, Turn, Working
from workflow.definitions import parts
from workflow.forms import PIN
from workflow.texts import mark

LOOKING_UP = Working(
    name="looking_up",
    until="record",
    step="look_up_revocable",
    secrets=(PIN,),
    turn=Turn.USER,
    says=mark("eHealth is being asked which certificates you may revoke."),
    todo=mark("Insert your card and go on: your PIN is asked."),
)
AWAITING_CERTIFICATE = Asking(
    name="awaiting_certificate",
    until="chosen",
    form="certificate",
    step="choose_certificate",
    turn=Turn.USER,
    says=mark("You have to choose the certificate that is to be revoked."),
    todo=mark("Choose the certificate; look at its serial number and its dates."),
)
AWAITING_REASON = Asking(
    name="awaiting_reason",
    until="reason",
    form="reason",
    step="choose_reason",
    turn=Turn.USER,
    says=mark("You have to say why the certificate is to be revoked."),
    todo=mark("Choose the reason."),
)
MAKING_REVOCATION_CONTRACT = Working(
    name="making_revocation_contract",
    until="revocation_contract",
    step="make_revocation_contract",
    turn=Turn.USER,
    says=mark("eHealth is making the text with which you will revoke the certificate."),
    todo=mark("Go on: the text is fetched again."),
)
AWAITING_REVOCATION_APPROVAL = Asking(
    name="awaiting_revocation_approval",
    until="revocation_approval",
    form="revocation",
    step="record_revocation_approval",
    turn=Turn.USER,
    says=mark("You have to read what revoking means and confirm it."),
    todo=mark("Read the text and confirm. Nothing was sent yet; your certificate still works."),
)
REVOKING = Working(
    name="revoking",
    until="revocation",
    step="revoke",
    secrets=(PIN,),
    turn=Turn.USER,
    says=mark("The revocation has to be signed with your card and sent to eHealth."),
    todo=mark("Insert your card and go on: your PIN signs the revocation."),
)
REVOKING_PART = (
    LOOKING_UP,
    AWAITING_CERTIFICATE,
    AWAITING_REASON,
    MAKING_REVOCATION_CONTRACT,
    AWAITING_REVOCATION_APPROVAL,
    REVOKING,
)
"""From the list of certificates to the revocation (PROCEDURES §6, steps 2 to 6)."""

DONE = Final(
    name="done",
    good=True,
    says=mark("The old certificate is revoked and the new one is ready."),
    todo=mark("Load the new file in your practice software. Its encryption key is in use: nothing is to be activated."),
)
REVOKED = Final(
    name="revoked",
    good=True,
    says=mark("The certificate is revoked, for good; no new one was requested."),
    todo=mark("Keep its file and its password: messages sent before can only be opened with it."),
)

REVOKE = Definition(
    name="revoke",
    version=1,
    title=mark("Revoke an eHealth certificate, and request a new one"),
    identified_by="chosen",
    kept_from="chosen",
    sent_by=("revocation", "request"),
    undo={"key": "make_key"},
    states=(
        *parts.OPENING,
        *REVOKING_PART,
        *parts.ASKING,
        *parts.DELIVERING,
        *parts.COMPLETING,
        DONE,
        REVOKED,
        parts.CANCELLED,
        parts.REFUSED,
        parts.ABANDONED,
    ),
    transitions=(
        *parts.OPENING_WAYS,
        Transition("card_read", "awaiting_card", "looking_up"),
        Transition("revocable", "looking_up", "awaiting_certificate"),
        Transition("certificate_chosen", "awaiting_certificate", "awaiting_reason"),
        Transition("reason_chosen", "awaiting_reason", "making_revocation_contract"),
        Transition("revocation_contract_made", "making_revocation_contract", "awaiting_revocation_approval"),
        Transition("revocation_approved", "awaiting_revocation_approval", "revoking"),
        Transition("revoked", "revoking", "awaiting_contact", conditions=("requests_again",)),
        Transition("revoked", "revoking", "revoked", unless=("requests_again",)),
        Transition("refused", "revoking", "refused"),
        *parts.ASKING_WAYS,
        *parts.DELIVERING_WAYS,
        *parts.COMPLETING_WAYS,
        # the manual's "Précédent" and "Annuler"
        Transition("back", "awaiting_certificate", "awaiting_card"),
        Transition("back", "awaiting_reason", "awaiting_certificate"),
        Transition("back", "awaiting_revocation_approval", "awaiting_reason"),
        Transition("back", "revoking", "awaiting_revocation_approval", conditions=("nothing_sent",)),
        Transition("cancel", parts.names(parts.OPENING, REVOKING_PART), "cancelled", conditions=("nothing_sent",)),
        Transition(
            "abandon",
            parts.names((REVOKING,), parts.ASKING, parts.DELIVERING, parts.COMPLETING),
            "abandoned",
            unless=("nothing_sent",),
        ),
    ),
)
