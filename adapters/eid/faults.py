"""What an error of python-pkcs11 means for the person at the card: the one place that knows."""

from __future__ import annotations

import pkcs11

from workflow.errors import (
    CardError,
    CardRemovedError,
    CardUnusableError,
    PinBlockedError,
    PinCancelledError,
    PinMalformedError,
    WrongPinError,
)
from workflow.texts import mark

NO_DIALOG = mark("the key is not usable, or the eID software could not open its window for the PIN")
NO_CONTRACTS = mark("this card software does not sign contracts: install the one from eid.belgium.be")
NO_MECHANISM = mark("this card software does not know the keys of this card: install the one from eid.belgium.be")
HIDDEN = mark("this card software hides the certificates: install the one from eid.belgium.be")
NO_KEY = mark("the private key is not on the card, or hidden until a PIN is given: see the setting pin_mode")
LOGGED_IN_ELSEWHERE = mark("another program is using the card")

_REMOVED = (
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
    if isinstance(error, _REMOVED):
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
    return CardUnusableError(reason=_reason(error))


def _reason(error: pkcs11.PKCS11Error) -> str:
    match error:
        case pkcs11.GeneralError():
            return NO_DIALOG
        case pkcs11.FunctionNotSupported() | pkcs11.FunctionFailed():
            return NO_CONTRACTS
        case pkcs11.MechanismInvalid():
            return NO_MECHANISM
        case pkcs11.NoSuchKey():
            return NO_KEY
        case _ if isinstance(error, _BUSY):
            return LOGGED_IN_ELSEWHERE
        case _:
            # The library's own texts are left out: the name of the error says as much, and cannot hold a value.
            return type(error).__name__
