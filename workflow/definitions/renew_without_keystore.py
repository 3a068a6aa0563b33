"""Renew without the old keystore: lost, or its password forgotten. The card alone says what may be replaced.

assumption: inside the window eHealth accepts that; it may refuse (PROTOCOL §8.2). Nothing is lost by trying.
"""

from dataclasses import replace

from workflow.definition import Definition, Transition, Turn, Working
from workflow.definitions import parts, renew
from workflow.forms import PIN
from workflow.texts import mark

LOOKING_UP = Working(
    name="looking_up",
    until="record",
    step="look_up_with_card",
    secrets=(PIN,),
    turn=Turn.USER,
    says=mark("eHealth is being asked whether your certificate can be renewed now, with your card alone."),
    todo=mark("Insert your card and go on: your PIN is asked."),
)
DONE = replace(
    renew.DONE,
    todo=mark("Keep the old file if it turns up: messages sent before can only be opened with it and its password."),
)
REFUSED = replace(
    renew.REFUSED,
    says=mark("eHealth refused the renewal without the old keystore; your present certificate is unchanged."),
    todo=mark("Find the old file and its password and run ehcert renew; without them: ehcert revoke, then a new one."),
)

RENEW_WITHOUT_KEYSTORE = Definition(
    name="renew_without_keystore",
    version=1,
    title=mark("Renew the eHealth certificate without its old keystore"),
    identified_by="holder",
    kept_from="record",
    sent_by=("request",),
    undo={"key": "make_key"},
    states=(
        *parts.OPENING,
        LOOKING_UP,
        *renew.ASKING,
        renew.AWAITING_VALIDATION,
        parts.AWAITING_DELIVERY,
        *parts.COMPLETING,
        DONE,
        renew.CANCELLED,
        REFUSED,
        parts.ABANDONED,
        renew.EXPIRED,
    ),
    transitions=(
        *parts.OPENING_WAYS,
        Transition("card_read", "awaiting_card", "looking_up"),
        Transition("renewable", "looking_up", "awaiting_contact"),
        *parts.ASKING_WAYS,
        Transition("too_late", ("making_contract", "submitting"), "expired"),
        *parts.DELIVERING_WAYS,
        *parts.COMPLETING_WAYS,
        # the manual's "Précédent" and "Annuler"
        Transition("back", "awaiting_contact", "awaiting_card"),
        Transition(
            "cancel",
            parts.names(parts.OPENING, (LOOKING_UP,), renew.ASKING),
            "cancelled",
            conditions=("nothing_sent",),
        ),
        Transition(
            "abandon",
            parts.names((renew.SUBMITTING,), parts.DELIVERING, parts.COMPLETING),
            "abandoned",
            unless=("nothing_sent",),
        ),
    ),
)
