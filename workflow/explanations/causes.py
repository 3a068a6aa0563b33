"""Why a procedure does not move, by what its facts say: the first rule that holds counts (PROCEDURES §2 to §8)."""

from workflow.explanations.rules import ASK, FILE, GO_ON, LOOK, READ, Advice, Rule
from workflow.texts import mark

_BEGIN_ANEW = Advice("{start}", mark("begins anew, once the cause is cleared"))
_ADDRESS = Advice("ehcert show {id}", mark("shows the address at which it is confirmed"))
_REQUEST = Advice("ehcert request", mark("requests a new certificate"))
_REQUEST_FOREIGNER = Advice("ehcert request --foreigner", mark("requests again; confirm it on the web in time"))

ENDED = (
    Rule(
        cause="ended.done",
        when=("is_done", "has_new_keystore"),
        says=mark(
            "Nothing is left to do at eHealth. When the practice software does not sign in, or messages stay closed, it"
            " still holds the old file: the new one has to be loaded there."
        ),
        do=(FILE, READ),
    ),
    Rule(
        cause="ended.password_changed",
        when=("is_done",),
        says=mark(
            "Only the password of the file changed: programs that stored the old one have to be told the new one."
        ),
        do=(READ,),
    ),
    Rule(
        cause="ended.revoked",
        when=("is_revoked",),
        says=mark("eHealth revoked the certificate, and no new one was wanted: nobody can sign in with it any more."),
        do=(READ, _REQUEST),
    ),
    Rule(
        cause="ended.cancelled",
        when=("is_cancelled",),
        says=mark("Somebody stopped it before anything was sent: at eHealth everything is as it was."),
        do=(READ, _BEGIN_ANEW),
    ),
    Rule(
        cause="ended.abandoned",
        when=("is_abandoned",),
        says=mark("Somebody gave it up after something had been sent: eHealth goes on with what it accepted."),
        do=(READ,),
    ),
    Rule(
        cause="ended.refused_after_revocation",
        when=("is_refused", "revocation_sent"),
        says=mark(
            "eHealth refused the new request: {refusal} ({refusal_code}). The old certificate is revoked all the same,"
            " so there is none at all until a new request is accepted."
        ),
        do=(READ, _REQUEST),
    ),
    Rule(
        cause="ended.refused",
        when=("is_refused",),
        says=mark(
            "The answer of eHealth was: {refusal} ({refusal_code}). The eHealth contact centre, 02 788 51 55, knows "
            "what the code means."
        ),
        do=(READ, _BEGIN_ANEW),
        never=(mark("Do not send the same request again before the cause of the refusal is cleared."),),
    ),
    Rule(
        cause="ended.not_confirmed",
        when=("is_expired", "waited_for_confirmation"),
        says=mark("Nobody confirmed the request on the web before its end, so eHealth dropped it."),
        do=(READ, _REQUEST_FOREIGNER),
    ),
    Rule(
        cause="ended.too_late",
        when=("is_expired",),
        says=mark(
            "The present certificate ended on {until}, before the renewal was sent: an ended one is not renewed."
        ),
        do=(READ, _REQUEST),
    ),
)

DOUBT = (
    Rule(
        cause="doubt.from_backup",
        when=("in_doubt", "came_from_backup"),
        says=mark(
            "It came back from a copy. Since the copy was made it may have been sent from another computer, so eHealth"
            " has to be asked first about {operation}."
        ),
        do=(ASK,),
    ),
    Rule(
        cause="doubt.card_needed",
        when=("in_doubt", "card_settles_it"),
        says=mark(
            "It is not known whether this arrived: {operation}. What eHealth answers without a card is not enough: only"
            " with the identity card in the reader can the doubt be settled."
        ),
        do=(Advice("ehcert resume {id}", mark("asks eHealth with the identity card; put it in the reader before")),),
    ),
    Rule(
        cause="doubt.request",
        when=("in_doubt", "sent_generateCertificate"),
        says=mark(
            "The request was sent, but no answer was understood: it is not sure that it arrived. eHealth has to be "
            "asked before anything else; some minutes after the sending the answer is certain."
        ),
        do=(ASK,),
        never=(mark("Do not start again, here or with the wizard of eHealth: the request may be under way already."),),
    ),
    Rule(
        cause="doubt.foreign_request",
        when=("in_doubt", "sent_submitCSRForForeigner"),
        says=mark(
            "The request of the person without a card was sent, but no answer was understood. Whether it arrived is "
            "found out before it is sent again; the address to confirm it may be lost with the answer."
        ),
        do=(ASK,),
        never=(mark("Do not request again for this person: the first request may be registered already."),),
    ),
    Rule(
        cause="doubt.revocation",
        when=("in_doubt", "sent_revoke"),
        says=mark(
            "The revocation was sent, but no answer was understood: the certificate may be revoked or not. With the "
            "card in the reader eHealth is asked for its state before anything is sent again."
        ),
        do=(ASK,),
        never=(mark("Do not count on the certificate any more, and do not revoke another one instead of it."),),
    ),
    Rule(
        cause="doubt.encryption_key",
        when=("in_doubt", "sent_completeETKRegistration"),
        says=mark(
            "The encryption key was sent to be registered, but no answer was understood. With the new keystore "
            "eHealth is asked whether it knows the key; else the registration begins anew, with the same key."
        ),
        do=(ASK,),
        never=(mark("Do not make another encryption key by hand: the one in the new keystore may be registered."),),
    ),
    Rule(
        cause="doubt.activation",
        when=("in_doubt", "sent_activateETK"),
        says=mark(
            "The activation was sent, but no answer was understood: messages may be sealed for the old key or the new "
            "one. With the new keystore eHealth is asked which one is active."
        ),
        do=(ASK,),
        never=(mark("Do not take the old file out of the practice software before that is known."),),
    ),
)

WAITING = (
    Rule(
        cause="late.announced",
        when=("waits", "is_late", "was_announced"),
        says=mark(
            "The day of eHealth's second mail, {announced}, is over and the certificate is not there: the eHealth "
            "contact centre, 02 788 51 55, can tell why. It knows the request by this key: {key}."
        ),
        do=(LOOK,),
    ),
    Rule(
        cause="late.by_hand",
        when=("waits", "is_late", "validated_by_hand"),
        says=mark(
            "The check by hand takes longer than the whole procedure usually does: ask the eHealth contact centre,"
            " 02 788 51 55, what it waits for. It knows the request by this key: {key}."
        ),
        do=(LOOK,),
    ),
    Rule(
        cause="late.address",
        when=("waits", "is_late", "address_lost", "not_confirmed"),
        says=mark(
            "Nobody could confirm the request so far, for its address was lost. When the contact centre does not know "
            "it either, let the request lapse and request again."
        ),
        do=(LOOK,),
    ),
    Rule(
        cause="late.confirmation",
        when=("waits", "is_late", "waited_for_confirmation", "not_confirmed"),
        says=mark(
            "The request should have been confirmed on the web by now: before {confirm_until}, at the address that"
            " ehcert show tells."
        ),
        do=(_ADDRESS, LOOK),
    ),
    Rule(
        cause="late.delivery",
        when=("waits", "is_late"),
        says=mark(
            "The whole procedure can take ten days, and they are over. If the second mail came, tell its date; else "
            "look whether the mails went to the wrong address or to the spam, and call the eHealth contact centre, 02 "
            "788 51 55. It knows the request by this key: {key}."
        ),
        do=(LOOK,),
    ),
    Rule(
        cause="waits.by_hand",
        when=("waits", "validated_by_hand"),
        says=mark(
            "The support team of eHealth checks the rights of the requester before it makes the certificate. For that "
            "no time is told; working days are normal. Nobody has to do anything."
        ),
        do=(LOOK,),
    ),
    Rule(
        cause="waits.address",
        when=("waits", "address_lost", "not_confirmed"),
        says=mark(
            "eHealth has the request, but the address at which the person confirms it came with an answer that was "
            "lost. The eHealth contact centre, 02 788 51 55, is asked for it, with this key: {key}."
        ),
        do=(LOOK,),
    ),
    Rule(
        cause="waits.confirmation",
        when=("waits", "waited_for_confirmation", "not_confirmed"),
        says=mark("Until the person has logged in at the address of eHealth, before {confirm_until}, nothing is made."),
        do=(_ADDRESS, LOOK),
    ),
    Rule(
        cause="waits.announced",
        when=("waits", "was_announced"),
        says=mark("eHealth makes the certificate; its second mail announces it for {announced}."),
        do=(LOOK,),
    ),
    Rule(
        cause="waits.delivery",
        when=("waits",),
        says=mark(
            "eHealth makes the certificate. Two mails come within minutes; the second one tells from when it is ready,"
            " and that date can be told to ehcert. Mostly it takes minutes to days."
        ),
        do=(LOOK, Advice("ehcert resume {id} --announced-for DATE", mark("keeps the date of the second mail"))),
    ),
)

STANDING = (
    Rule(
        cause="handover",
        when=("in_awaiting_handover",),
        says=mark(
            "The certificate is there and works, but messages are still sealed for the old key until the new file is"
            " loaded in every program and the key is activated. This last step is easily forgotten."
        ),
        do=(FILE, Advice("ehcert resume {id}", mark("activates the encryption key, when the new file is loaded"))),
    ),
    Rule(
        cause="interrupted",
        when=("works",),
        says=mark("Nothing went wrong: the program was stopped here, before this was done: {todo}"),
        do=(GO_ON,),
    ),
    Rule(
        cause="asks",
        says=mark("Somebody stopped at a question that only the person can answer: {todo}"),
        do=(Advice("ehcert resume {id}", mark("asks the question again")),),
    ),
)
