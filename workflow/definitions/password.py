"""Change the password of a keystore: nothing leaves the computer (PROCEDURES §6.1)."""

from workflow.definition import Asking, Definition, Final, Transition, Turn, Working
from workflow.forms import KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD
from workflow.texts import mark

PASSWORD = Definition(
    name="password",
    version=1,
    title=mark("Change the password of a keystore"),
    identified_by="keystore",
    kept_from="keystore",
    sent_by=(),
    scope="password",
    states=(
        Asking(
            name="awaiting_keystore",
            until="keystore",
            form="keystore_to_change",
            step="choose_keystore",
            turn=Turn.USER,
            says=mark("The keystore has to be opened with its present password."),
            todo=mark("Give the present password of the keystore."),
        ),
        Asking(
            name="awaiting_password",
            until="password",
            form="other_password",
            step="choose_other_password",
            secrets=(KEYSTORE_PASSWORD,),
            turn=Turn.USER,
            says=mark("You have to choose the new password of the keystore."),
            todo=mark("Go on: the new password is asked twice, and the present one once more."),
        ),
        Working(
            name="changing_password",
            until="changed",
            step="change_password",
            secrets=(KEYSTORE_PASSWORD, NEW_KEYSTORE_PASSWORD),
            turn=Turn.USER,
            says=mark("The keystore is being written with the new password."),
            todo=mark("Go on: the file itself tells whether it has the new password already."),
        ),
        Final(
            name="done",
            good=True,
            says=mark("The keystore has its new password."),
            todo=mark("Tell every program that has stored the old password the new one, your practice software first."),
        ),
        Final(
            name="cancelled",
            says=mark("You cancelled; the keystore keeps its password, unless it had been changed already."),
        ),
    ),
    transitions=(
        Transition("opened", "awaiting_keystore", "awaiting_password"),
        Transition("chosen", "awaiting_password", "changing_password"),
        Transition("changed", "changing_password", "done"),
        Transition("choose_again", "changing_password", "awaiting_password"),
        Transition("cancel", ("awaiting_keystore", "awaiting_password", "changing_password"), "cancelled"),
    ),
)
