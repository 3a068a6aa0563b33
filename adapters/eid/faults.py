"""What an error of python-pkcs11 means for the person at the card: the one place that knows."""

from __future__ import annotations

import pkcs11

from workflow.errors import (
    CardError,
    CardRemovedError,
    CardSoftwareError,
    CardUnusableError,
    PinBlockedError,
    PinCancelledError,
    PinMalformedError,
    WrongPinError,
)
from workflow.texts import mark

NO_DIALOG = mark("the key is not usable, or the eID software could not open its window for the PIN")
NO_CONTRACTS = mark("it refuses the key with which contracts are signed")
OPENSC = mark("OpenSC refuses the Signature key, with which contracts are signed")
NO_MECHANISM = mark("it does not know the keys of this card")
HIDDEN = mark("it hides the certificates of this card until a PIN is given")
NO_PAD = mark("the reader has no keys of its own for the PIN: see the setting pin_mode")
NO_KEY = mark("the private key is not on the card, or hidden until a PIN is given: see the setting pin_mode")
LOGGED_IN_ELSEWHERE = mark("another program is using the card")

REMOVED = (
    pkcs11.DeviceRemoved,
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
    pkcs11.NoSuchToken,
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.SlotIDInvalid,
)
_MALFORMED = (pkcs11.PinLenRange, pkcs11.PinInvalid)
_CANCELLED = (pkcs11.FunctionCancelled, pkcs11.FunctionRejected)
_BUSY = (pkcs11.UserAlreadyLoggedIn, pkcs11.AnotherUserAlreadyLoggedIn)


def translate(error: pkcs11.PKCS11Error, *, pin_accepted: bool) -> CardError:
    """The error to raise `from` this one.

    `pin_accepted`: the card has already taken a PIN that we handed in. Before that, a plain failure means
    that the card or the middleware's dialog was given something that cannot be a PIN (measured: FunctionFailed
    by the official middleware, ArgumentsBad by OpenSC; no try is lost).
    """
    if isinstance(error, REMOVED):
        return CardRemovedError()
    if isinstance(error, pkcs11.PinIncorrect):
        return WrongPinError(attempts_left=None)
    if isinstance(error, pkcs11.PinLocked):
        return PinBlockedError()
    if isinstance(error, _CANCELLED):
        return PinCancelledError()
    if isinstance(error, _MALFORMED):
        return PinMalformedError()
    if isinstance(error, pkcs11.FunctionFailed | pkcs11.ArgumentsBad) and not pin_accepted:
        return PinMalformedError()
    if isinstance(error, pkcs11.FunctionNotSupported | pkcs11.FunctionFailed):
        return CardSoftwareError(reason=NO_CONTRACTS)
    if isinstance(error, pkcs11.MechanismInvalid):
        return CardSoftwareError(reason=NO_MECHANISM)
    return CardUnusableError(reason=_reason(error))


def _reason(error: pkcs11.PKCS11Error) -> str:
    match error:
        case pkcs11.GeneralError():
            return NO_DIALOG
        case pkcs11.NoSuchKey() | pkcs11.UserNotLoggedIn():
            return NO_KEY
        case _ if isinstance(error, _BUSY):
            return LOGGED_IN_ELSEWHERE
        case _:
            # The library's own texts are left out: the name of the error says as much, and cannot hold a value.
            return type(error).__name__
