"""What the errors about keystores and files mean for a procedure (PROCEDURES §3, §4 and §8)."""

from __future__ import annotations

from collections.abc import Mapping

from workflow import errors
from workflow.explanations.rules import AFTER_CURE, Advice, Meaning
from workflow.texts import mark

_NEVER_DELETE = mark("Do not delete any keystore, however old or damaged it looks.")
_LIST = Advice("ehcert keystore list", mark("lists the keystores and tells which are finished"))
_GIVE_UP = Advice("ehcert abandon {id}", mark("if the file is lost for good: then revoke, and request a new one"))

MEANINGS: Mapping[type[errors.EhcertError], Meaning] = {
    errors.KeystoreError: Meaning(mark("The keystore that was given does not fit; another one can be chosen.")),
    errors.KeystoreMissingError: Meaning(
        mark("The file was renamed, moved, or is on another computer: it lies in the folder of the keystores there."),
        (_LIST, AFTER_CURE),
    ),
    errors.NewKeystoreMissingError: Meaning(
        mark(
            "Without this file what eHealth makes cannot be used, for it holds the only copy of the key. Look for it in"
            " the waste bin and in backups; ehcert knows it under any name."
        ),
        (_LIST, AFTER_CURE, _GIVE_UP),
        (_NEVER_DELETE,),
    ),
    errors.NotAKeystoreError: Meaning(
        mark("Another kind of file was chosen: the right one ends in .p12."), (_LIST, AFTER_CURE)
    ),
    errors.KeystoreDamagedError: Meaning(
        mark("The file is not whole any more, as after a copy that was cut short: a copy from a backup helps."),
        (_LIST, AFTER_CURE),
        (_NEVER_DELETE,),
    ),
    errors.KeystorePasswordError: Meaning(
        mark(
            "It is the password that was chosen for the new keystore in this procedure, on {password_chosen}; that of "
            "an older file need not fit. Nobody can recover it. If it is lost, the request cannot be completed: wait "
            "until it is delivered, then revoke, and request a new certificate."
        ),
        (
            AFTER_CURE,
            Advice("ehcert abandon {id}", mark("if the password is lost for good: then revoke, and request anew")),
        ),
    ),
    errors.OldPasswordWrongError: Meaning(
        mark(
            "Nothing was changed: without its present password a keystore cannot get another one, and nobody can help."
        ),
    ),
    errors.SamePasswordError: Meaning(mark("The file keeps its password, since the new one is the same.")),
    errors.OldKeystorePasswordError: Meaning(
        mark(
            "It is the password of the present certificate, the one that opens sessions every day. If it is forgotten:"
            " cancel this renewal and try the one without the old keystore, or else revoke."
        ),
    ),
    errors.KeystoreOfOtherPersonError: Meaning(
        mark("The file and the card belong to two people, perhaps to a colleague: the number in its name tells."),
        (_LIST, AFTER_CURE),
    ),
    errors.KeystoreUnfinishedError: Meaning(
        mark("This file comes from a request that was never completed: it is not the one that is in use today."),
        (_LIST, AFTER_CURE),
    ),
    errors.KeystoreFinishedError: Meaning(
        mark("There is nothing to take over: the file is complete and can be loaded in the practice software."),
        (_LIST,),
    ),
    errors.EncryptionKeyLostError: Meaning(
        mark("eHealth knows an encryption key for this certificate that the file does not hold."), (_LIST, AFTER_CURE)
    ),
    errors.RequestUnknownError: Meaning(
        mark("The key in the file was never requested, or so long ago that eHealth forgot it."), (_LIST, AFTER_CURE)
    ),
    errors.KeystoreNamelessError: Meaning(
        mark("Whose certificate it will be stands only in the name of an unfinished file."), (_LIST, AFTER_CURE)
    ),
    errors.KeystoreMisnamedError: Meaning(
        mark("The name of the file and what is inside tell two different owners."), (_LIST, AFTER_CURE)
    ),
    errors.KeystoreNotEhealthError: Meaning(
        mark("It is a keystore of something else: of a web site, of a mail program, of another service."),
        (_LIST, AFTER_CURE),
    ),
    errors.KeystoreChangedError: Meaning(
        mark(
            "Something else stands in the place of the file that this procedure wrote, or an older copy of it. The "
            "right one holds the key of this procedure: {key}."
        ),
        (_LIST, AFTER_CURE),
        (_NEVER_DELETE,),
    ),
    errors.KeystoreOfOtherEnvironmentError: Meaning(
        mark("Rehearsal, acceptance and production are different worlds: a keystore works in one of them only."),
        (_LIST, AFTER_CURE),
    ),
    errors.FolderNotWritableError: Meaning(
        mark("The disk is full, or the folder belongs to somebody else. It stopped before anything was sent or lost."),
        (Advice("ehcert doctor", mark("examines the folders and changes nothing")), AFTER_CURE),
    ),
}
