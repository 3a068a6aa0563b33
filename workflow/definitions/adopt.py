"""Adopt: go on with a keystore that another program left half-way, from where it stands to the proof of the end."""

from dataclasses import replace

from workflow.definition import Asking, Definition, Final, Transition, Turn, Working
from workflow.definitions import parts
from workflow.forms import NEW_KEYSTORE_PASSWORD
from workflow.texts import mark

AWAITING_KEYSTORE = Asking(
    name="awaiting_keystore",
    until="adopted",
    form="keystore_to_adopt",
    step="open_adopted",
    turn=Turn.USER,
    says=mark("The unfinished keystore has to be opened."),
    todo=mark("Give the file that the other program made, and its password."),
)
LOOKING_UP = Working(
    name="looking_up",
    until="request",
    step="look_up_adopted",
    secrets=(NEW_KEYSTORE_PASSWORD,),
    turn=Turn.USER,
    says=mark("eHealth is being asked how far this certificate is."),
    todo=mark("Go on: the password of the keystore is asked."),
)
DONE = Final(
    name="done",
    good=True,
    says=mark("The certificate that was begun elsewhere is ready."),
    todo=mark("Load the file in your practice software; use the other program no more for this certificate."),
)
CANCELLED = replace(parts.CANCELLED, says=mark("You cancelled; the file that you gave is as it was."))
ABANDONED = replace(parts.ABANDONED, says=mark("This procedure was abandoned; its keystore is kept."))

ADOPT = Definition(
    name="adopt",
    version=1,
    title=mark("Go on with an unfinished keystore of another program"),
    identified_by="adopted",
    kept_from="request",
    sent_by=(),
    states=(
        AWAITING_KEYSTORE,
        LOOKING_UP,
        parts.AWAITING_DELIVERY,
        *parts.COMPLETING,
        DONE,
        CANCELLED,
        parts.REFUSED,
        ABANDONED,
    ),
    transitions=(
        Transition("opened", "awaiting_keystore", "looking_up"),
        Transition("requested", "looking_up", "awaiting_delivery"),
        Transition("delivered", ("looking_up", "awaiting_delivery"), "installing"),
        Transition("was_installed", "looking_up", "starting_etk"),
        Transition("refused", "awaiting_delivery", "refused"),
        *parts.COMPLETING_WAYS,
        Transition("cancel", ("awaiting_keystore", "looking_up"), "cancelled", conditions=("nothing_sent",)),
        Transition(
            "abandon",
            parts.names((parts.AWAITING_DELIVERY,), parts.COMPLETING),
            "abandoned",
            unless=("nothing_sent",),
        ),
    ),
)
