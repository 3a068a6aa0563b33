"""What the other errors mean: answers of people, and those that stop a command rather than a procedure."""

from __future__ import annotations

from collections.abc import Mapping

from workflow import errors
from workflow.explanations.rules import AFTER_CURE, ASK, READ, Advice, Meaning
from workflow.texts import mark

_STATUS = Advice("ehcert status", mark("lists the procedures"))
_DOCTOR = Advice("ehcert doctor", mark("examines everything that ehcert keeps"))
_AGAIN = Advice("ehcert resume {id}", mark("asks the question again"))
_COMMAND = mark("The command could not be carried out as it was given; no procedure was touched.")
_ACTION = mark("What was wanted would do harm, or nothing at all, so it was refused; the procedure is as it was.")
_RECORDS = mark("This is about the records of care providers on this computer; no procedure was touched.")

MEANINGS: Mapping[type[errors.EhcertError], Meaning] = {
    errors.DefinitionError: Meaning(
        mark("The program contradicts itself, which is a bug. It stopped before it did anything; report it, please."),
        (READ, _DOCTOR),
        (mark("Do not try to go round it by hand: what is stored is sound, and a newer ehcert will go on with it."),),
    ),
    errors.BadValueError: Meaning(
        mark("A value was refused before anything was done with it; the question is asked again."), (_AGAIN,)
    ),
    errors.MissingAnswerError: Meaning(
        mark("A script or a scheduled command came to a question that its answers file does not answer."), (_AGAIN,)
    ),
    errors.MissingSecretError: Meaning(
        mark("A script or a scheduled command came to a password or PIN that it was not given."), (_AGAIN,)
    ),
    errors.ConsentRefusedError: Meaning(
        mark("Somebody did not agree with the conditions of use, and without them eHealth gives no certificate."),
        (_AGAIN,),
    ),
    errors.ContractNotApprovedError: Meaning(
        mark(
            "Somebody read the contract and did not approve it: perhaps the data in it are wrong and can be corrected."
        ),
        (_AGAIN,),
    ),
    errors.OverviewNotApprovedError: Meaning(
        mark(
            "Somebody read the overview and did not approve it: perhaps the data in it are wrong and can be corrected."
        ),
        (_AGAIN,),
    ),
    errors.NotLoadedYetError: Meaning(
        mark("Somebody said that the new file is not loaded in the practice software yet, so nothing was activated."),
        (Advice("ehcert show {id}", mark("shows where the new file is")), _AGAIN),
    ),
    errors.BusyError: Meaning(
        mark("Another window or computer works on it at this moment; when it ends, this one may.")
    ),
    errors.ProcedureUnderWayError: Meaning(
        mark("For one certificate one procedure at a time may be under way, lest something is requested twice."),
        (_STATUS,),
    ),
    errors.ActionNotPossibleError: Meaning(_ACTION, (READ, AFTER_CURE)),
    errors.ProcedureEndedError: Meaning(_ACTION, (READ,)),
    errors.NotAnEarlierStateError: Meaning(_ACTION, (READ, AFTER_CURE)),
    errors.SentSinceError: Meaning(_ACTION, (READ, AFTER_CURE)),
    errors.DoubtOpenError: Meaning(_ACTION, (ASK,)),
    errors.KeyWouldBeLostError: Meaning(_ACTION, (READ, AFTER_CURE)),
    errors.LookedJustNowError: Meaning(_ACTION, (READ, AFTER_CURE)),
    errors.MissingReasonError: Meaning(_COMMAND, (_STATUS,)),
    errors.BadAnswersError: Meaning(_COMMAND, (_STATUS,)),
    errors.BadSettingError: Meaning(_COMMAND, (_STATUS,)),
    errors.NoSuchProcedureError: Meaning(_COMMAND, (_STATUS,)),
    errors.NothingToResumeError: Meaning(_COMMAND, (_STATUS,)),
    errors.WhichProcedureError: Meaning(_COMMAND, (_STATUS,)),
    errors.CalendarTakenError: Meaning(_COMMAND, (_STATUS,)),
    errors.PollUnderWayError: Meaning(_COMMAND, (_STATUS,)),
    errors.NoSuchProviderError: Meaning(_RECORDS, (_STATUS,)),
    errors.WhichProviderError: Meaning(_RECORDS, (_STATUS,)),
    errors.ProviderExistsError: Meaning(_RECORDS, (_STATUS,)),
    errors.NoSuchNumberError: Meaning(_RECORDS, (_STATUS,)),
    errors.NothingToLinkError: Meaning(_RECORDS, (_STATUS,)),
    errors.NotLinkedError: Meaning(_RECORDS, (_STATUS,)),
    errors.StoreError: Meaning(
        mark("Where the procedures are kept something is wrong. Nothing is sent before that is put right."), (_DOCTOR,)
    ),
    errors.CalendarTakenError: Meaning(_COMMAND, (_STATUS,)),
    errors.PollUnderWayError: Meaning(_COMMAND, (_STATUS,)),
    errors.BackupError: Meaning(mark("This is about a backup; no procedure was touched."), (_STATUS,)),
    errors.BundleError: Meaning(mark("This is about a bundle for the helpdesk; no procedure was touched."), (_STATUS,)),
}
