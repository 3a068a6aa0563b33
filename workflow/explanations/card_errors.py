"""What the errors about the identity card mean for a procedure (PROCEDURES §2, steps 3, 5 and 11)."""

from __future__ import annotations

from collections.abc import Mapping

from workflow import errors
from workflow.explanations.rules import AFTER_CURE, Advice, Meaning
from workflow.texts import mark

_LIST = Advice("ehcert card list", mark("shows what is in the readers"))
_SHOW = Advice("ehcert card show", mark("shows what the card is fit for"))
_NEVER_GUESS = mark("Do not guess the PIN: the third wrong one in a row blocks the card.")

MEANINGS: Mapping[type[errors.EhcertError], Meaning] = {
    errors.CardError: Meaning(mark("Something about the card or its reader stopped it; nothing was sent.")),
    errors.MiddlewareMissingError: Meaning(
        mark("No card can be read without the eID software. Install it from eid.belgium.be and connect the reader."),
    ),
    errors.ModuleMissingError: Meaning(
        mark(
            "The settings name a library for cards that cannot be used; without that setting ehcert finds one itself."
        ),
    ),
    errors.ReaderAbsentError: Meaning(
        mark("The computer sees no card reader: connect it, at another socket if need be."), (_LIST, AFTER_CURE)
    ),
    errors.CardAbsentError: Meaning(
        mark("It waits for the identity card: put it in the reader, chip first."), (_LIST, AFTER_CURE)
    ),
    errors.NamedCardAbsentError: Meaning(
        mark("One certain card is asked for by its number, in the command or the settings, and it is in no reader."),
        (_LIST, AFTER_CURE),
    ),
    errors.NotAnEidError: Meaning(
        mark("There is a card in the reader, but not an identity card: perhaps a bank card or a professional one."),
        (_LIST, AFTER_CURE),
    ),
    errors.SeveralCardsError: Meaning(
        mark("It cannot know which card is meant, and the card of a colleague must not sign: leave one in."),
        (_LIST, AFTER_CURE),
    ),
    errors.CardNotActiveError: Meaning(
        mark(
            "The card can be read, but its Signature certificate is missing or was never activated. That looks like a"
            " broken reader and is none. In the eID viewer, tab Certificates, it must show 'NonRepudiation'; else the"
            " card is not fully active, and only the municipality can change that."
        ),
        (_SHOW, AFTER_CURE),
    ),
    errors.CardExpiredError: Meaning(
        mark("An expired card cannot sign. The municipality gives a new one; the procedure waits for it."),
        (_SHOW, AFTER_CURE),
    ),
    errors.WrongCardError: Meaning(
        mark("Only the card of the person who began may go on; nothing was signed with this one."),
        (_LIST, AFTER_CURE),
    ),
    errors.CardRemovedError: Meaning(
        mark("The card left the reader while it was needed. Nothing is lost; it has to stay in until the end."),
    ),
    errors.WrongPinError: Meaning(
        mark("The PIN was not right. The right one gives all tries back; ehcert never tries again by itself."),
        (_SHOW, AFTER_CURE),
        (_NEVER_GUESS,),
    ),
    errors.PinBlockedError: Meaning(
        mark("Three wrong PINs in a row blocked the card. Only the municipality can unblock it; the procedure waits."),
        (_SHOW, AFTER_CURE),
    ),
    errors.LastTryError: Meaning(
        mark("The card was not asked at all, for one more wrong PIN would block it. Make sure that it is right."),
        (_SHOW, Advice("ehcert resume {id} --last-try", mark("uses the last try of the PIN"))),
        (_NEVER_GUESS,),
    ),
    errors.PinMalformedError: Meaning(
        mark("What was typed cannot be a PIN, so the card was not asked: no try is lost.")
    ),
    errors.PinCancelledError: Meaning(mark("Nobody typed the PIN in time, or the window for it was closed.")),
    errors.CardSoftwareError: Meaning(
        mark("There is software for cards, but not one that can do what is needed: the official one can."),
    ),
    errors.CardUnusableError: Meaning(
        mark(
            "The reader, the card or its software failed. Most often it helps to put the card in again, or to take"
            " another reader or another socket."
        ),
        (_SHOW, AFTER_CURE),
    ),
}
