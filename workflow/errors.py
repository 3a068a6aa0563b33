"""Every deliberate error, grouped by what the engine does about it.

The families: after a `TemporaryError` the state is kept and looked at again later; a `UserActionError` waits
for a person; a `RefusedError` is eHealth's no; a `DefinitionError` is ours. Each leaf has a stable `code`, which
selects the text, the exit code, the remedy and the test. Texts are lower-case, have no final stop, name the thing
and never hold a PIN, a password, a key or a national number.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar

from workflow.texts import mark


class Exit(IntEnum):
    """The exit codes of `ehcert`: the one table."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CARD = 4
    KEYSTORE = 5
    NETWORK = 6
    REFUSED = 7
    TIME = 8
    BUSY = 9
    STORE = 13
    INTERRUPTED = 130


class EhcertError(Exception):
    """A deliberate error: `text`, `hint` and the commands in `next` are templates that `details` fills in.

    `pointless` says that a procedure that has sent nothing has no reason to be kept.
    """

    code: ClassVar[str] = "error"
    exit: ClassVar[Exit] = Exit.FAILED
    text: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    next: ClassVar[tuple[str, ...]] = ()
    pointless: ClassVar[bool] = False

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.text.format(**details))


# --- the families -------------------------------------------------------------------------------------------------


class UserActionError(EhcertError):
    """A person must do something; the engine keeps the state and never tries again by itself."""


class TemporaryError(EhcertError):
    """It may work later; the engine keeps the state and looks again."""

    exit = Exit.NETWORK


class RefusedError(EhcertError):
    """eHealth understood the request and said no."""

    code = "ehealth_refused"
    exit = Exit.REFUSED
    text = mark("eHealth refused: {refusal} ({refusal_code})")
    hint = mark("call the eHealth contact centre, 02 788 51 55, and give the code in brackets")

    def __init__(self, *, refusal_code: str, refusal: str, parameters: dict[str, str] | None = None) -> None:
        super().__init__(refusal_code=refusal_code, refusal=refusal, parameters=parameters or {})
        self.refusal_code = refusal_code


class DefinitionError(EhcertError):
    """The program contradicts itself: a bug, to be reported."""

    code = "internal_error"
    text = mark("{problem}")
    hint = mark("this is a fault of ehcert: please report it, with the output of 'ehcert show'")
    next = ("ehcert status",)


# --- values that a person gave ------------------------------------------------------------------------------------


class BadValueError(UserActionError):
    """A value breaks a rule of its field."""

    code = "bad_value"
    exit = Exit.USAGE
    text = mark("{field}: {value!r} is not allowed")
    hint = mark("correct this value and try again")


class MalformedEmailError(BadValueError):
    code = "malformed_email"
    text = mark("{field}: this is not an e-mail address")
    hint = mark("write it as name@example.org; eHealth sends its mails there")


class MalformedPhoneError(BadValueError):
    code = "malformed_phone"
    text = mark("{field}: this is not a phone number that eHealth accepts")
    hint = mark("only digits and spaces, with or without a leading +, for instance +32 470 00 00 00")


class MalformedSsinError(BadValueError):
    code = "malformed_ssin"
    text = mark("{field}: this is not a national number")
    hint = mark("11 digits, as on the back of the identity card; check for a mistyped digit")


class NotABisNumberError(BadValueError):
    code = "not_a_bis_number"
    text = mark("{field}: this national number is not a BIS number")
    hint = mark("a BIS number is for people without a Belgian identity card; who has a card uses ehcert request")
    next = ("ehcert request",)


class MalformedInamiError(BadValueError):
    code = "malformed_inami"
    text = mark("{field}: this is not an INAMI number")
    hint = mark("11 digits: profession, number, check digits, qualification; check for a mistyped digit")


class InamiOfOtherKindError(BadValueError):
    code = "inami_of_other_kind"
    text = mark("{field}: the first digit of this number is not that of a {kind}")
    hint = mark("check the number and the kind of provider: 1 physician, 2 pharmacist, 3 dentist, 4 nurse or midwife")


class MalformedDateError(BadValueError):
    code = "malformed_date"
    text = mark("{field}: this is not a day")
    hint = mark("write it as 2031-03-04 or 04/03/2031")


class WeakPasswordError(BadValueError):
    code = "password_not_allowed"
    text = mark("{field}: the new password must have at least 8 characters, without accents")
    hint = mark("letters, digits and signs of an English keyboard; Java programs cannot open others")


class PasswordsDifferError(BadValueError):
    code = "passwords_differ"
    text = mark("the two new passwords are not the same")
    hint = mark("type the same password twice")


class MissingAnswerError(UserActionError):
    code = "answer_missing"
    exit = Exit.USAGE
    text = mark("{form}: no answer for '{field}', and nobody to ask")
    hint = mark("give it in the file after --answers, or run the command in a terminal")


class MissingReasonError(UserActionError):
    code = "reason_missing"
    exit = Exit.USAGE
    text = mark("ehcert {command} needs a reason, and there is nobody to ask")
    hint = mark("give it with --reason; it is kept in the journal")


class MissingSecretError(UserActionError):
    code = "secret_missing"
    exit = Exit.USAGE
    text = mark("the secret '{name}' is needed, and there is nobody to ask")
    hint = mark("give it with --secret-fd {name}=N or in EHCERT_SECRET_{upper}, or run in a terminal")


class BadAnswersError(UserActionError):
    code = "bad_answers"
    exit = Exit.USAGE
    text = mark("{path}, line {line}: {problem}")
    hint = mark("an answers file is YAML: form, then field, then value; see docs/how-to/answers.md")


class BadSettingError(UserActionError):
    code = "bad_setting"
    exit = Exit.USAGE
    text = mark("setting '{key}': {problem}")
    hint = mark("correct it in {source}")


class ActionNotPossibleError(UserActionError):
    code = "action_not_possible"
    exit = Exit.USAGE
    text = mark("'{action}' is not possible while the procedure is '{state}'")
    hint = mark("ehcert show {id} tells what can be done now")
    next = ("ehcert show {id}",)


class ConsentRefusedError(UserActionError):
    code = "consent_refused"
    text = mark("without consent there is no certificate; nothing was sent")
    hint = mark("start again when you agree with the text")


class ContractNotApprovedError(UserActionError):
    code = "contract_not_approved"
    text = mark("without your approval of the contract nothing is sent")
    hint = mark("go on when you agree, go back to correct your data, or cancel")


class OverviewNotApprovedError(UserActionError):
    code = "overview_not_approved"
    text = mark("without your approval nothing is sent")
    hint = mark("go on when everything is right, go back to correct your data, or cancel")


class DateOutOfRangeError(BadValueError):
    code = "date_out_of_range"
    text = mark("{field}: {value} is not between {earliest} and {latest}")
    hint = mark("check the day, the month and the year")


class NotLoadedYetError(UserActionError):
    code = "not_loaded_yet"
    text = mark("the encryption key is activated only when the new file is loaded in your software")
    hint = mark("load {path}, then run ehcert resume again")
    next = ("ehcert resume",)


# --- which procedure ----------------------------------------------------------------------------------------------


class NoSuchProcedureError(UserActionError):
    code = "no_such_procedure"
    exit = Exit.NOT_FOUND
    text = mark("there is no procedure '{id}'")
    hint = mark("ehcert status lists them")
    next = ("ehcert status",)


class NothingToResumeError(UserActionError):
    code = "nothing_to_resume"
    exit = Exit.NOT_FOUND
    text = mark("there is nothing to resume")
    hint = mark("ehcert renew starts a renewal; ehcert status --all also lists what has ended")
    next = (
        "ehcert renew",
        "ehcert status --all",
    )


class WhichProcedureError(UserActionError):
    code = "which_procedure"
    exit = Exit.USAGE
    text = mark("several procedures can go on: {ids}")
    hint = mark("name one: ehcert resume ID")
    next = ("ehcert status",)


class AmbiguousIdError(WhichProcedureError):
    code = "ambiguous_id"
    text = mark("several procedures begin with '{prefix}': {ids}")
    hint = mark("type more of the identifier")


class ProcedureUnderWayError(UserActionError):
    code = "procedure_under_way"
    exit = Exit.USAGE
    text = mark("a procedure of this person is already under way: {id}")
    hint = mark("do not request again; go on with: ehcert resume {id}")
    next = ("ehcert resume {id}",)


class BusyError(UserActionError):
    code = "busy"
    exit = Exit.BUSY
    text = mark("another ehcert works on procedure {id}: process {pid}, since {since}")
    hint = mark("wait until it has ended; nothing has to be unlocked")


class ProcedureEndedError(UserActionError):
    code = "procedure_ended"
    exit = Exit.USAGE
    text = mark("procedure {id} has ended ('{state}'): '{action}' would change nothing")
    hint = mark("ehcert explain {id} tells how it ended and what comes next; a note can still be added")
    next = ("ehcert explain {id}",)


class NotAnEarlierStateError(UserActionError):
    code = "not_an_earlier_state"
    exit = Exit.USAGE
    text = mark("procedure {id} cannot go back from '{state}' to '{to}'")
    hint = mark("it can go back to: {possible}")
    next = ("ehcert graph {id}",)


class SentSinceError(UserActionError):
    code = "sent_since"
    exit = Exit.USAGE
    text = mark("procedure {id} cannot go back to '{to}': what was sent to eHealth since then would be sent twice")
    hint = mark("go on with ehcert resume {id}, or give it up with ehcert abandon {id}")
    next = ("ehcert resume {id}", "ehcert abandon {id}")


class DoubtOpenError(UserActionError):
    code = "doubt_open"
    exit = Exit.USAGE
    text = mark("procedure {id} cannot go back: it is not known yet whether its last message arrived")
    hint = mark("ehcert resume {id} asks eHealth; after that it can go back or go on")
    next = ("ehcert resume {id}",)


class KeyWouldBeLostError(UserActionError):
    code = "key_would_be_lost"
    exit = Exit.USAGE
    text = mark("procedure {id} cannot go back to '{to}': its key was sent to eHealth in a request, and would be lost")
    hint = mark("go on with ehcert resume {id}: the request is sent again with the same key")
    next = ("ehcert resume {id}",)


class LookedJustNowError(UserActionError):
    code = "looked_just_now"
    exit = Exit.TIME
    text = mark("eHealth was asked less than {seconds} seconds ago; it was not asked again")
    hint = mark("wait some seconds, then run the same command")


# --- records of care providers ------------------------------------------------------------------------------------


class NoSuchProviderError(UserActionError):
    code = "no_such_provider"
    exit = Exit.NOT_FOUND
    text = mark("there is no record of a care provider '{id}' in the environment '{environment}'")
    hint = mark("ehcert provider list lists them; ehcert provider add makes one")
    next = ("ehcert provider list",)


class WhichProviderError(UserActionError):
    code = "which_provider"
    exit = Exit.USAGE
    text = mark("there are several care providers: {ids}")
    hint = mark("name one: ehcert provider show ID")
    next = ("ehcert provider list",)


class ProviderExistsError(UserActionError):
    code = "provider_exists"
    exit = Exit.USAGE
    text = mark("this person has a record already: {id}")
    hint = mark("ehcert provider number {id} adds an INAMI number to it; ehcert provider remove {id} removes it")
    next = ("ehcert provider show {id}",)


class NoSuchNumberError(UserActionError):
    code = "no_such_number"
    exit = Exit.NOT_FOUND
    text = mark("the record {id} has no such INAMI number")
    hint = mark("ehcert provider show {id} lists its numbers")
    next = ("ehcert provider show {id}",)


class NothingToLinkError(UserActionError):
    code = "nothing_to_link"
    exit = Exit.NOT_FOUND
    text = mark("there is no finished keystore of this person in {path}")
    hint = mark("finish the request first (ehcert status), or name the file with --file")
    next = ("ehcert status",)


class NotLinkedError(UserActionError):
    code = "not_linked"
    exit = Exit.NOT_FOUND
    text = mark("no keystore is linked to the record {id}")
    hint = mark("ehcert provider link {id} links the newest finished one")
    next = ("ehcert provider link {id}",)


# --- the card -----------------------------------------------------------------------------------------------------


class CardError(UserActionError):
    """Something about the identity card, its reader or its PIN."""

    code = "card"
    exit = Exit.CARD


class MiddlewareMissingError(CardError):
    code = "card_middleware_missing"
    text = mark("the eID software is not installed")
    hint = mark("install it from eid.belgium.be, or give its library in the setting pkcs11_module")


class ModuleMissingError(MiddlewareMissingError):
    code = "card_module_missing"
    text = mark("there is no card library at {path}, or it cannot be loaded")
    hint = mark(
        "correct --module or the setting pkcs11_module, or leave it out: ehcert finds the eID software by itself"
    )


class ReaderAbsentError(CardError):
    code = "card_reader_absent"
    text = mark("no card reader found")
    hint = mark("connect the card reader and try again")


class CardAbsentError(CardError):
    code = "card_absent"
    text = mark("no identity card in the reader")
    hint = mark("insert the electronic identity card, chip first, and try again")


class NamedCardAbsentError(CardAbsentError):
    code = "card_not_there"
    text = mark("no card with the number {serial} is in a reader")
    hint = mark("insert that card, or name another with --card; ehcert card list shows what is in the readers")
    next = ("ehcert card list",)


class NotAnEidError(CardError):
    code = "card_not_eid"
    text = mark("the card in the reader is not a Belgian identity card")
    hint = mark("insert the electronic identity card of the person who asks")


class SeveralCardsError(CardError):
    code = "card_several"
    text = mark("several identity cards are in the readers: {cards}")
    hint = mark("leave only one, or name its number in the setting 'card'")


class CardNotActiveError(CardError):
    code = "card_not_active"
    text = mark("this card is not fully active: it has no {purpose} certificate")
    hint = mark("in the eID viewer the Signature certificate must show 'NonRepudiation'; else go to your municipality")


class CardExpiredError(CardError):
    code = "card_expired"
    text = mark("the certificates of this identity card ended on {until}")
    hint = mark("renew the identity card at your municipality first")


class WrongCardError(CardError):
    code = "card_of_other_person"
    text = mark("the card in the reader is not the card of {holder}, whose procedure this is")
    hint = mark("insert the card of the person who asks; nothing was signed")


class CardRemovedError(CardError):
    code = "card_removed"
    text = mark("the card was taken out")
    hint = mark("insert the card again and run the same command; nothing is lost")


class WrongPinError(CardError):
    code = "pin_wrong"
    text = mark("wrong PIN; tries left: {attempts_left}")
    hint = mark("the third wrong PIN in a row blocks the card; ehcert never tries again by itself")

    def __init__(self, *, attempts_left: int | None) -> None:
        super().__init__(attempts_left=mark("unknown") if attempts_left is None else attempts_left)
        self.attempts_left = attempts_left


class PinBlockedError(CardError):
    code = "pin_blocked"
    text = mark("the PIN of this card is blocked")
    hint = mark("only your municipality can unblock it; the procedure waits for you here")


class LastTryError(CardError):
    code = "pin_last_try"
    text = mark("one try is left for the PIN of this card: a wrong one blocks it; the card was not asked")
    hint = mark("run the command in a terminal and confirm, or add --last-try; the right PIN gives all tries back")


class PinMalformedError(CardError):
    code = "pin_malformed"
    text = mark("a PIN has 4 to 12 digits; the card was not asked and no try was lost")
    hint = mark("type the PIN again")


class PinCancelledError(CardError):
    code = "pin_cancelled"
    text = mark("the PIN was not given")
    hint = mark("run the same command when you are ready; nothing was sent")


class CardSoftwareError(CardError):
    code = "card_software_unsuitable"
    text = mark("this card software cannot be used for that: {reason}")
    hint = mark("install the official eID software from eid.belgium.be; it is preferred, unless another one is set")


class CardUnusableError(CardError):
    code = "card_unusable"
    text = mark("the card or its software failed: {reason}")
    hint = mark("take the card out, insert it again and try again; if it stays so, try another reader")


# --- keystores and files ------------------------------------------------------------------------------------------


class KeystoreError(UserActionError):
    """Something about a keystore or its password."""

    code = "keystore"
    exit = Exit.KEYSTORE


class KeystoreMissingError(KeystoreError):
    code = "keystore_missing"
    text = mark("there is no keystore at {path}")
    hint = mark("check the name, or give the right file")


class NewKeystoreMissingError(KeystoreMissingError):
    code = "new_keystore_missing"
    text = mark("the new keystore {path} is gone, and no other file in its folders holds its key")
    hint = mark("put it back, from a backup or the waste bin, under any name, and run ehcert resume; start nothing new")
    next = ("ehcert resume",)


class NotAKeystoreError(KeystoreError):
    code = "not_a_keystore"
    text = mark("{path} is not a PKCS#12 keystore: {reason}")
    hint = mark("choose the .p12 file of your eHealth certificate")


class KeystoreDamagedError(KeystoreError):
    code = "keystore_damaged"
    text = mark("{path} is a damaged keystore: {reason}")
    hint = mark("take a copy of the file from a backup; the password is not the problem")


class KeystorePasswordError(KeystoreError):
    code = "keystore_password_wrong"
    text = mark("wrong password for {path}")
    hint = mark("it is the password chosen when this file was made; a forgotten one cannot be recovered")


class OldPasswordWrongError(KeystorePasswordError):
    code = "old_password_wrong"
    text = mark("wrong password for {path}: without its old password it gets no new one")
    hint = mark("if it is forgotten: in the renewal window try ehcert renew --without-old-keystore, else ehcert revoke")
    next = ("ehcert renew --without-old-keystore", "ehcert revoke")


class SamePasswordError(BadValueError):
    code = "password_unchanged"
    text = mark("the new password of {path} is the one that it has: nothing would change")
    hint = mark("choose another password")


class OldKeystorePasswordError(KeystorePasswordError):
    code = "old_keystore_password_wrong"
    text = mark("wrong password for {path}, your present keystore")
    hint = mark("if it is forgotten, try ehcert renew --without-old-keystore: that may be refused, nothing is lost")
    next = ("ehcert renew", "ehcert renew --without-old-keystore", "ehcert revoke")


class KeystoreOfOtherPersonError(KeystoreError):
    code = "keystore_of_other_person"
    text = mark("{path} belongs to another person than the card in the reader")
    hint = mark("choose the keystore of the person whose card is in the reader")


class KeystoreOfOtherProviderError(KeystoreOfOtherPersonError):
    code = "keystore_of_other_provider"
    text = mark("{path} belongs to another person than the record {id}")
    hint = mark("link it to the record of that person, or choose the right file with --file")


class KeystoreUnfinishedError(KeystoreError):
    code = "keystore_unfinished"
    text = mark("{path} is not finished: its certificate was never installed")
    hint = mark("complete that request first: ehcert status")
    next = ("ehcert status",)


class KeystoreFinishedError(KeystoreError):
    code = "keystore_finished"
    pointless = True
    text = mark("{path} is finished: its certificate is valid until {until}, and its encryption key is in use")
    hint = mark("there is nothing to go on with: load it in your practice software")


class EncryptionKeyLostError(KeystoreError):
    code = "encryption_key_lost"
    pointless = True
    text = mark("{path} lacks the encryption key that eHealth has registered for its certificate")
    hint = mark("look for a newer copy of this file; without that key the certificate can only be revoked")
    next = ("ehcert revoke",)


class RequestUnknownError(UserActionError):
    code = "request_unknown"
    exit = Exit.NOT_FOUND
    pointless = True
    text = mark("eHealth knows no request with the key of {path} ({refusal_code})")
    hint = mark("it was never sent, or it was refused: request a new certificate")
    next = ("ehcert request",)


class KeystoreNamelessError(KeystoreError):
    code = "keystore_nameless"
    text = mark("whose keystore {path} is cannot be known: it has no certificate yet, and its name does not say")
    hint = mark("give the file the name that it had: 'SSIN=number yyyyMMdd-HHmmss.p12'")


class KeystoreMisnamedError(KeystoreError):
    code = "keystore_misnamed"
    text = mark("{path}: its name says another owner than its certificate")
    hint = mark("look whose file this is, and give it its right name")


class KeystoreNotEhealthError(KeystoreError):
    code = "keystore_not_ehealth"
    text = mark("{path} holds no eHealth certificate: {reason}")
    hint = mark("choose the .p12 file of your eHealth certificate")


class KeystoreChangedError(KeystoreError):
    code = "keystore_changed"
    text = mark("{path} is not the file that this procedure wrote: {reason}")
    hint = mark("put the file back, from a backup if need be; ehcert searched its folders for it")


class KeystoreOfOtherEnvironmentError(KeystoreError):
    code = "keystore_of_other_environment"
    text = mark("{path} belongs to the environment '{found}', this procedure to '{environment}'")
    hint = mark("choose a keystore of '{environment}', or give --environment {found}")


class KeystoreNotNewestError(KeystoreError):
    code = "keystore_not_newest"
    text = mark("{path} is not the newest finished keystore of this person: that is {newest}")
    hint = mark("link the newest one; the older ones only open old messages")


class PracticeFileTakenError(KeystoreError):
    code = "practice_file_taken"
    text = mark("another file of this name is in the folder of the practice software: {path}")
    hint = mark("nothing was overwritten; look what it is, give it another name, and link again")


class FolderNotWritableError(UserActionError):
    code = "folder_not_writable"
    exit = Exit.STORE
    text = mark("cannot write in {path}: {reason}")
    hint = mark("make room or give yourself the right to write there, then run the same command")


# --- time ---------------------------------------------------------------------------------------------------------


class TooEarlyError(UserActionError):
    code = "too_early"
    exit = Exit.TIME
    pointless = True
    text = mark("too early: this certificate can be renewed from {replaceable_from}; it is valid until {until}")
    hint = mark("nothing was stored; come back from that date")


class CertificateExpiredError(UserActionError):
    code = "certificate_expired"
    exit = Exit.TIME
    pointless = True
    text = mark("this certificate ended on {until} and cannot be renewed any more")
    hint = mark("request a new certificate; no revocation is needed")


class CertificateRevokedError(UserActionError):
    code = "certificate_revoked"
    exit = Exit.TIME
    pointless = True
    text = mark("this certificate was revoked and cannot be renewed")
    hint = mark("request a new certificate")


class NothingToRenewError(UserActionError):
    code = "nothing_to_renew"
    exit = Exit.NOT_FOUND
    pointless = True
    text = mark("eHealth knows no certificate of this person that could be renewed")
    hint = mark("request a new certificate: ehcert request")
    next = ("ehcert request",)


class ClockOffError(UserActionError):
    code = "clock_off"
    exit = Exit.TIME
    text = mark("the clock of this computer is wrong by {minutes} minutes")
    hint = mark("set the clock, then run the same command; nothing was signed")


class CertificateNotYetValidError(TemporaryError):
    code = "certificate_not_yet_valid"
    exit = Exit.TIME
    text = mark("the new certificate is not valid yet")
    hint = mark("run ehcert resume in some hours")
    next = ("ehcert resume",)


# --- eHealth ------------------------------------------------------------------------------------------------------


class EhealthUnreachableError(TemporaryError):
    """The request provably never left: no connection was made."""

    code = "ehealth_unreachable"
    text = mark("eHealth cannot be reached at {address}: {reason}")
    hint = mark("check the network; nothing was sent; run the same command later")


class EhealthNoAnswerError(TemporaryError):
    """The request may have arrived: the connection broke or the time ran out before an answer."""

    code = "ehealth_no_answer"
    text = mark("eHealth did not answer: {reason}")
    hint = mark("run ehcert resume in some minutes; what was sent is looked up before anything is sent again")
    next = ("ehcert resume",)


class EhealthNonsenseError(TemporaryError):
    """Something answered, but not as the interface says; the request may have been carried out."""

    code = "ehealth_nonsense"
    text = mark("the answer is not one of eHealth: {reason}")
    hint = mark("run ehcert resume later; if it stays so, call the eHealth contact centre, 02 788 51 55")
    next = ("ehcert resume",)


class EhealthFaultError(TemporaryError):
    """The platform in front of the services answered with a SOAP fault: it says nothing about what was done."""

    code = "ehealth_fault"
    text = mark("the eHealth platform reports a fault: {fault} ({fault_code})")
    hint = mark("run ehcert resume in some minutes; if it stays so, call the eHealth contact centre, 02 788 51 55")
    next = ("ehcert resume",)


class RequestUnderWayError(UserActionError):
    code = "request_under_way"
    exit = Exit.USAGE
    pointless = True
    text = mark("eHealth already has a request of this person under way, of {requested_at}")
    hint = mark("do not request again: go on with it, or take over a keystore of the Java wizard with ehcert adopt")
    next = ("ehcert status", "ehcert adopt FILE")


class CertificateStillValidError(UserActionError):
    code = "certificate_still_valid"
    exit = Exit.TIME
    pointless = True
    text = mark("there is a valid certificate until {until}; it can be renewed from {replaceable_from}")
    hint = mark("renew it from that date, or revoke it when its file or its password is lost")
    next = ("ehcert revoke",)


class RenewInsteadError(UserActionError):
    code = "renew_instead"
    exit = Exit.USAGE
    pointless = True
    text = mark("there is a valid certificate until {until}, and it can be renewed now")
    hint = mark("run ehcert renew; without its file or its password: ehcert renew --without-old-keystore")
    next = ("ehcert renew", "ehcert renew --without-old-keystore")


class MalformedOrganizationNumberError(BadValueError):
    code = "malformed_organization_number"
    text = mark("this is not a number of the kind {type}")
    hint = mark("check for a mistyped digit: eHealth's own rules for this kind, check digits among them, refuse it")


class UnknownOrganizationTypeError(BadValueError):
    code = "unknown_organization_type"
    text = mark("eHealth knows no numbers of the kind {type}")
    hint = mark("choose one of: {known}")


class MalformedApplicationIdError(BadValueError):
    code = "malformed_application_id"
    text = mark("this is not an application id")
    hint = mark("1 to 30 capital letters, digits, hyphens and underscores, or nothing")


class NothingToRevokeError(UserActionError):
    code = "nothing_to_revoke"
    exit = Exit.USAGE
    pointless = True
    text = mark("there is no certificate that you can revoke")
    hint = mark("one that is revoked or ended needs no revocation; if one is missing, write to support@ehealth.fgov.be")
    next = ("ehcert request",)


class RevocationNotConfirmedError(UserActionError):
    code = "revocation_not_confirmed"
    exit = Exit.USAGE
    text = mark("without your typed confirmation nothing is revoked")
    hint = mark("type the word revoke when you are sure; nothing was sent and your certificate still works")


class RevocationNotKnownYetError(RefusedError):
    """A refusal of the new request, which may only mean that the revocation is not known everywhere yet."""

    code = "revocation_not_known_yet"
    text = mark("eHealth refused the new request: {refusal} ({refusal_code}); it may not know the revocation yet")
    hint = mark("run ehcert resume in a minute: the same request is sent again")
    next = ("ehcert resume",)


class NotAppointedError(UserActionError):
    code = "not_appointed"
    exit = Exit.REFUSED
    pointless = True
    text = mark("eHealth does not know you as a person who may manage the certificates of this organisation")
    hint = mark("the organisation's access manager (VTE) appoints a local manager (LB), who may; ask there")


class ContractMismatchError(UserActionError):
    code = "contract_mismatch"
    text = mark("the contract that eHealth made is not for this person")
    hint = mark("nothing was signed; call the eHealth contact centre, 02 788 51 55")


class WrongCertificateError(UserActionError):
    code = "certificate_wrong"
    text = mark("the delivered certificate was not installed: {reason}")
    hint = mark("keep all files as they are and call the eHealth contact centre, 02 788 51 55")


class WrongEtkError(UserActionError):
    code = "etk_wrong"
    text = mark("eHealth registered another encryption key than the one of this keystore")
    hint = mark("keep all files as they are and call the eHealth contact centre, 02 788 51 55")


class ChallengeWrongError(TemporaryError):
    code = "challenge_wrong"
    text = mark("the challenge of eHealth does not fit the encryption key")
    hint = mark("run ehcert resume once more; if it stays so, call the eHealth contact centre, 02 788 51 55")
    next = ("ehcert resume",)


class NotProvenError(TemporaryError):
    code = "not_proven"
    text = mark("the end could not be proved yet: {reason}")
    hint = mark("run ehcert resume {id} in some minutes")
    next = ("ehcert resume {id}",)


class StillInDoubtError(TemporaryError):
    """It is not known yet whether a change arrived; `needs_card` in the details when only the card can settle it."""

    code = "in_doubt"
    text = mark("it is not sure yet whether the request arrived at eHealth")
    hint = mark("do not start again; run ehcert resume {id} in some minutes: it asks eHealth")
    next = ("ehcert resume {id}",)


class CalendarTakenError(UserActionError):
    code = "calendar_taken"
    exit = Exit.USAGE
    text = mark("{path} is there already and is no calendar: it is not replaced")
    hint = mark("choose another name, one that ends in .ics")
    next = ("ehcert due",)


class PollUnderWayError(UserActionError):
    code = "poll_under_way"
    exit = Exit.BUSY
    text = mark("another ehcert poll is under way: process {pid}, since {since}")
    hint = mark("wait until it has ended; it looks at the same procedures")
    next = ("ehcert status",)


# --- the store ----------------------------------------------------------------------------------------------------


class StoreError(UserActionError):
    """Something about the database of procedures."""

    code = "store"
    exit = Exit.STORE


class StoreNewerError(StoreError):
    code = "store_newer"
    text = mark("{path} was written by a newer ehcert")
    hint = mark("install the newest ehcert; the file was left as it is")


class ProcedureNewerError(StoreError):
    code = "procedure_newer"
    text = mark("procedure {id} was last changed by a newer ehcert")
    hint = mark("install the newest ehcert; the procedure was left as it is")


class StoreDamagedError(StoreError):
    code = "store_damaged"
    text = mark("procedure {id} is damaged: {reason}")
    hint = mark("nothing was sent; ehcert doctor tells more, and ehcert doctor --repair repairs what can be proved")
    next = ("ehcert doctor",)


class JournalDamagedError(StoreDamagedError):
    code = "journal_damaged"
    text = mark("procedure {id} is damaged: line {line} of its journal {defect}")
    hint = mark("nothing was sent; ehcert doctor tells more, and ehcert doctor --repair repairs what can be proved")
    next = ("ehcert doctor",)


class AnchorDamagedError(StoreError):
    code = "anchor_damaged"
    text = mark("{path} is damaged: it says what was last written here, and guards against older copies")
    hint = mark("nothing was sent; ehcert doctor --repair makes it anew when every journal is sound")
    next = ("ehcert doctor --repair",)


class ProviderDamagedError(StoreError):
    code = "provider_damaged"
    text = mark("the record {id} of a care provider was changed by another hand or cannot be read")
    hint = mark("remove it with ehcert provider remove {id} and make it anew; no keystore is touched")
    next = ("ehcert provider remove {id}",)


class StoreUnusableError(StoreError):
    code = "store_unusable"
    text = mark("the database of procedures cannot be used: {reason}")
    hint = mark("check the disk and the rights of {path}")


# --- backups ------------------------------------------------------------------------------------------------------


class BackupError(UserActionError):
    """Something about a backup of the store."""

    code = "backup"
    exit = Exit.STORE


class NotABackupError(BackupError):
    code = "not_a_backup"
    text = mark("{path} is no backup of ehcert")
    hint = mark("choose a file that 'ehcert backup' wrote")


class BackupUnreadableError(BackupError):
    code = "backup_unreadable"
    exit = Exit.NOT_FOUND
    text = mark("the backup {path} cannot be read: {reason}")
    hint = mark("check the name of the file and your right to read it")


class BackupDamagedError(BackupError):
    code = "backup_damaged"
    text = mark("the backup {path} is damaged: {reason}")
    hint = mark("take another copy of the file; nothing was changed here")


class BackupNewerError(BackupError):
    code = "backup_newer"
    text = mark("the backup {path} was made by a newer ehcert")
    hint = mark("install the newest ehcert; nothing was changed here")


class BackupPassphraseError(BackupError):
    code = "backup_passphrase_wrong"
    exit = Exit.KEYSTORE
    text = mark("wrong passphrase for {path}")
    hint = mark("it is the passphrase chosen when the backup was made; a forgotten one cannot be recovered")


class BackupExistsError(BackupError):
    code = "backup_exists"
    exit = Exit.USAGE
    text = mark("{path} is there already and was left as it is")
    hint = mark("give another name for the backup")


class NothingToBackUpError(BackupError):
    code = "nothing_to_back_up"
    exit = Exit.NOT_FOUND
    text = mark("there is nothing to back up: {path} was never made")
    hint = mark("ehcert renew starts a renewal")


class BackupNotPossibleError(BackupError):
    code = "backup_not_possible"
    exit = Exit.USAGE
    text = mark("the procedures are kept in a database server, which ehcert does not copy")
    hint = mark("copy it with pg_dump, and keep with it the store key {key} and the folders of unfinished keystores")


class StoreNotEmptyError(BackupError):
    code = "store_not_empty"
    exit = Exit.USAGE
    text = mark("there are procedures here already: {ids}")
    hint = mark("a backup is restored where there are none; nothing was changed here")
    next = ("ehcert status --all",)


class WeakPassphraseError(BadValueError):
    code = "passphrase_not_allowed"
    text = mark("{field}: the passphrase must have at least 12 characters")
    hint = mark("some words in a row are easy to remember and hard to guess")


# --- bundles for the helpdesk -------------------------------------------------------------------------------------


class BundleError(UserActionError):
    """Something about a bundle for the helpdesk; no procedure is touched."""

    code = "bundle"
    exit = Exit.STORE


class NotABundleError(BundleError):
    code = "not_a_bundle"
    exit = Exit.USAGE
    text = mark("{path} is no bundle of ehcert")
    hint = mark("choose a file that 'ehcert bundle' wrote")


class BundleUnreadableError(BundleError):
    code = "bundle_unreadable"
    exit = Exit.NOT_FOUND
    text = mark("the bundle {path} cannot be read: {reason}")
    hint = mark("check the name of the file and your right to read it")


class BundleChangedError(BundleError):
    code = "bundle_changed"
    text = mark("the bundle {path} was changed, or is not whole")
    hint = mark("ask for the file again, as an attachment and not pasted into a mail")


class BundleNonsenseError(BundleError):
    code = "bundle_nonsense"
    text = mark("the bundle {path} was not written by ehcert: {reason}")
    hint = mark("ask for a new one, made with 'ehcert bundle'; nothing in this one can be relied on")


class BundleNewerError(BundleError):
    code = "bundle_newer"
    text = mark("the bundle {path} was made by a newer ehcert")
    hint = mark("install the newest ehcert to read it")


class BundleExistsError(BundleError):
    code = "bundle_exists"
    exit = Exit.USAGE
    text = mark("{path} is there already and was left as it is")
    hint = mark("give another name for the bundle")


class NoSuchLineError(BundleError):
    code = "no_such_line"
    exit = Exit.USAGE
    text = mark("line {line} is not in the journal of this bundle, which has {count}")
    hint = mark("ehcert history with --bundle shows the lines with their numbers")


class RerunHomeTakenError(BundleError):
    code = "rerun_home_taken"
    exit = Exit.USAGE
    text = mark("{path} is not empty")
    hint = mark("a rerun needs a folder of its own; leave --home out and one is made")


class LineNotReplayableError(BundleError):
    code = "line_not_replayable"
    exit = Exit.FAILED
    text = mark("line {line} cannot be played again: {reason}")
    hint = mark("the procedure stands in {path} as it was before this line")


class RerunDivergedError(BundleError):
    code = "rerun_diverged"
    exit = Exit.FAILED
    text = mark("line {line}: the bundle has '{expected}', the rerun gives '{found}'")
    hint = mark("the procedure stands in {path} as it was before this line; its cause is not in the journal")
