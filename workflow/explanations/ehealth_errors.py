"""What the errors about eHealth, its answers and the time mean for a procedure (PROCEDURES §2 to §6)."""

from __future__ import annotations

from collections.abc import Mapping

from workflow import errors
from workflow.explanations.rules import ASK, LOOK, READ, TRY_AGAIN, Advice, Meaning
from workflow.texts import mark

_FILES_STAY = mark("Do not change, move or delete any of the files.")
_RENEW = Advice("ehcert renew", mark("renews the certificate"))
_WITHOUT = Advice("ehcert renew --without-old-keystore", mark("renews it when the old file or its password is lost"))
_REQUEST = Advice("ehcert request", mark("requests a new certificate"))
_STATUS = Advice("ehcert status", mark("lists what is under way here"))

MEANINGS: Mapping[type[errors.EhcertError], Meaning] = {
    errors.TemporaryError: Meaning(mark("It may work later; nothing is lost by trying again."), (TRY_AGAIN,)),
    errors.EhealthUnreachableError: Meaning(
        mark("No connection was made, so certainly nothing was sent. Look at the network, the firewall, the proxy."),
        (TRY_AGAIN,),
    ),
    errors.EhealthNoAnswerError: Meaning(
        mark(
            "The connection broke, or the time ran out, before the answer was there: what was asked may have been done."
        ),
        (ASK,),
    ),
    errors.EhealthNonsenseError: Meaning(
        mark(
            "Something answered in the place of eHealth, or eHealth answered badly: often a page of a proxy, of a "
            "sign-in or of a maintenance. What was asked may have been done."
        ),
        (ASK,),
    ),
    errors.EhealthFaultError: Meaning(
        mark("The platform in front of the services did not do its part; that is eHealth's, and mostly over soon."),
        (ASK,),
    ),
    errors.StillInDoubtError: Meaning(
        mark("A message without an answer may arrive late: some minutes after the sending eHealth's word is certain."),
        (ASK,),
    ),
    errors.RefusedError: Meaning(
        mark(
            "eHealth understood and said no. The procedure stands where it was; what the code means is known to the"
            " eHealth contact centre, 02 788 51 55. With the identity card in the reader more can be found out."
        ),
        (TRY_AGAIN, READ),
    ),
    errors.RevocationNotKnownYetError: Meaning(
        mark(
            "The old certificate was revoked a moment ago, and not every part of eHealth has heard of it: so the new"
            " request looks like a second one. In a minute the same request is sent again, with the same key."
        ),
        (TRY_AGAIN,),
        (mark("Do not revoke anything else, and do not begin a new request beside this one."),),
    ),
    errors.ContractMismatchError: Meaning(
        mark("eHealth sent the contract of somebody else. Nothing was signed; the contact centre must know of it."),
        (Advice("ehcert resume {id}", mark("lets eHealth make the contract anew; nothing is signed by that")),),
        (mark("Do not sign that contract in another way."),),
    ),
    errors.WrongCertificateError: Meaning(
        mark(
            "What eHealth delivered does not fit this request, so it was left alone and the keystore is as it was. The"
            " eHealth contact centre, 02 788 51 55, has to look at it, with this key: {key}."
        ),
        (Advice("ehcert resume {id}", mark("fetches it again and checks it anew")), READ),
        (_FILES_STAY, mark("Do not install that certificate by hand.")),
    ),
    errors.WrongEtkError: Meaning(
        mark(
            "Messages for this person may be sealed for a key that is not in the keystore. The eHealth contact centre,"
            " 02 788 51 55, has to look at it."
        ),
        (ASK, READ),
        (_FILES_STAY,),
    ),
    errors.ChallengeWrongError: Meaning(
        mark("eHealth's question for the encryption key was garbled. Once more mostly helps, else the contact centre."),
        (TRY_AGAIN,),
    ),
    errors.NotProvenError: Meaning(
        mark(
            "Everything is done and only the last look is missing: eHealth's depot of keys shows a new key a bit later."
        ),
        (LOOK,),
    ),
    errors.CertificateNotYetValidError: Meaning(
        mark("eHealth delivered a certificate that begins later. It is fetched when it has begun; nobody has to act."),
        (LOOK,),
    ),
    errors.ClockOffError: Meaning(
        mark(
            "With a wrong clock a signature is refused, so nothing was signed. Set the clock, by itself from the "
            "network."
        ),
    ),
    errors.TooEarlyError: Meaning(
        mark(
            "A certificate is renewed in its last three months only; until then nothing can be done, and nothing must."
        ),
        (_STATUS,),
    ),
    errors.CertificateExpiredError: Meaning(
        mark("What has ended cannot be renewed: a new certificate is requested instead, without revoking anything."),
        (_REQUEST,),
    ),
    errors.CertificateRevokedError: Meaning(
        mark("Somebody revoked it, perhaps from another computer: a new certificate is requested instead."), (_REQUEST,)
    ),
    errors.NothingToRenewError: Meaning(
        mark("eHealth's list for this card has nothing to renew: a first certificate is requested."), (_REQUEST,)
    ),
    errors.RequestUnderWayError: Meaning(
        mark("A request waits at eHealth, made here, on another computer or with the wizard: that one has to go on."),
        (_STATUS,),
        (mark("Do not revoke anything to get out of this: the request under way will be delivered."),),
    ),
    errors.CertificateStillValidError: Meaning(
        mark(
            "Each person has one certificate, and there is one that works. If its file or password is lost, revoke it."
        ),
        (_STATUS,),
    ),
    errors.RenewInsteadError: Meaning(
        mark("The window for renewing is open: renewing leaves no gap without a certificate, requesting is refused."),
        (_RENEW, _WITHOUT),
    ),
    errors.NothingToRevokeError: Meaning(
        mark("eHealth's list for this card has nothing to revoke. If one is missing there, a form by mail is the way."),
        (_STATUS,),
    ),
    errors.NotAppointedError: Meaning(
        mark(
            "For an organisation only its appointed person may ask: its access manager (VTE) names a local manager "
            "(LB), who may."
        ),
    ),
    errors.RevocationNotConfirmedError: Meaning(
        mark("Revoking is final, so the typed word is the last barrier; the certificate works as before."),
        (Advice("ehcert resume {id}", mark("shows the text again and asks for the word")),),
    ),
}
