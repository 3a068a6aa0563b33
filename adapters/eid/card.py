"""Signing with one card through PKCS#11."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from adapters.eid import objects
from adapters.eid.attendant import Attendant, Unattended
from adapters.eid.calling import alone, interruptible
from adapters.eid.choice import checked
from adapters.eid.description import Description
from adapters.eid.identity import Identity, Purpose, full_name
from adapters.eid.keys import key_in_card
from adapters.eid.library import Library
from adapters.eid.objects import serial_of
from steps.ports.card import AskPin, CardSummary, PinEntry
from steps.ports.signing import Signer
from workflow.errors import (
    CardError,
    CardRemovedError,
    CardSoftwareError,
    NotAnEidError,
    PinBlockedError,
    WrongCardError,
    WrongPinError,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A card as it was read: `pin_entry` is who asks for the PIN, as the module tells.

    `refused`: the keys that the module cannot use, each with the reason. `hidden`: the certificates can only be seen
    after a login; `pin` is the one that was accepted for that.
    """

    library: Library
    summary: CardSummary
    identity: Identity
    pin_entry: PinEntry
    refused: Mapping[Purpose, str] = field(default_factory=dict)
    hidden: bool = False
    pin: str | None = field(default=None, repr=False)


class Pkcs11Card:
    """One card; implements `steps.ports.card.Card`.

    No session stays open between two signatures: while one is logged in, any program on this computer can sign in
    with the card. Before each signature the same certificate must still be there.
    """

    def __init__(self, found: Found, pin_mode: PinEntry | None = None, attendant: Attendant | None = None) -> None:
        """`pin_mode` overrules the module."""
        self.summary = found.summary
        self.pin_entry = pin_mode or found.pin_entry
        self._found = found
        self._library = found.library
        self._identity: Identity = found.identity
        self._attendant = attendant or Unattended()
        self._pin = found.pin  # the PIN that was accepted for Authentication; for this card object only

    def authentication(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs in: in the mode PROMPT the PIN is asked once for this object."""
        return self._signer(Purpose.AUTHENTICATION, ask_pin)

    def signature(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs contracts: the PIN is asked for every signature.

        A module that opens its own dialog does so for this key even when the setting says PROMPT. Raises
        `CardSoftwareError` when the module refuses this key.
        """
        return self._signer(Purpose.SIGNATURE, ask_pin)

    def describe(self) -> Description:
        """Everything that can be told of the card without a PIN."""
        with alone():
            token = self._same_token()
            with self._library.session(token) as session:
                tries, printed = objects.tries_left(token, session), objects.printed(session)
            return Description(
                summary=self.summary,
                chains=self._identity.chains,
                pin_entry=self.pin_entry,
                module=self._library.description,
                applet=objects.applet_of(token),
                tries_left=tries,
                printed=printed,
                refused=self._found.refused,
            )

    def _signer(self, purpose: Purpose, ask_pin: AskPin) -> Signer:
        chain = self._identity.chain(purpose)
        if purpose in self._found.refused:
            raise CardSoftwareError(reason=self._found.refused[purpose])

        def sign(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
            with alone():
                try:
                    return self._sign(purpose, ask_pin, data, algorithm)
                except WrongPinError as error:
                    raise self._with_tries_left(error) from error.__cause__

        return Signer(key_in_card(chain[0], sign, self._look_again), chain)

    def _look_again(self) -> None:
        """Raises `WrongCardError` or `CardRemovedError` when it is another card by now."""
        with alone():
            self._token()

    def _sign(self, purpose: Purpose, ask_pin: AskPin, data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
        leaf = self._identity.chain(purpose)[0]
        token = self._token()
        login = objects.login_with(token, self.pin_entry, purpose)
        _log.debug("the card signs: %s, PIN by %s", purpose.value, self.pin_entry.value)
        announced = self._confirm(token, leaf, announced=False)  # no PIN is spent on another person's card
        pin: str | None = None
        if login is PinEntry.PROMPT:
            pin = self._kept_pin(purpose)
            if pin is None:
                pin = checked(ask_pin())
                token = self._token()
                self._confirm(token, leaf, announced=announced)  # while a person typed, the card may have been changed
        else:
            self._attendant.pin_is_asked(login or PinEntry.DIALOG)

        def sign_in_session() -> bytes:
            with self._library.session(token, pkcs11.PROTECTED_AUTH if login is PinEntry.PAD else pin) as session:
                return objects.sign(session, self._certificate_id(session, leaf), leaf, data, algorithm)

        signature = interruptible(sign_in_session)
        if purpose is Purpose.AUTHENTICATION:
            self._pin = pin
        return signature

    def _kept_pin(self, purpose: Purpose) -> str | None:
        """The accepted PIN, once: it is kept again only after it was accepted again."""
        if purpose is not Purpose.AUTHENTICATION:
            return None
        pin, self._pin = self._pin, None
        return pin

    def _token(self) -> pkcs11.Token:
        """The token of this card, when it is in a reader and its PIN is not known to be blocked."""
        token = self._same_token()
        if objects.is_blocked(token):
            raise PinBlockedError
        return token

    def _same_token(self) -> pkcs11.Token:
        """The token of this card. Raises `CardRemovedError`, `WrongCardError` when another one took its place."""
        try:
            tokens = self._library.tokens()
        except NotAnEidError:
            tokens = []
        token = next((token for token in tokens if serial_of(token) == self.summary.serial), None)
        if token is None:
            self._pin = None
            if any(other.slot.slot_description == self.summary.reader for other in tokens):
                raise self._wrong_card()
            raise CardRemovedError
        return token

    def _confirm(self, token: pkcs11.Token, leaf: x509.Certificate, *, announced: bool) -> bool:
        """Look whether it is the same card, with tries left; returns whether the last try was announced."""
        with self._library.session(token) as session:
            if not self._found.hidden:
                self._certificate_id(session, leaf)
            left = objects.tries_left(token, session)
        if left == 0:
            raise PinBlockedError
        if left == 1 and not announced:
            self._attendant.confirm_last_try()
        return announced or left == 1

    def _certificate_id(self, session: pkcs11.Session, leaf: x509.Certificate) -> bytes:
        found = objects.certificate_id(session, leaf)
        if found is None:
            raise self._wrong_card()
        return found

    def _wrong_card(self) -> WrongCardError:
        self._pin = None
        return WrongCardError(holder=full_name(self.summary.holder))

    def _with_tries_left(self, error: WrongPinError) -> WrongPinError | PinBlockedError:
        """The same error with the count, where the card tells it; the library was initialised anew before."""
        try:
            token = self._token()
            with self._library.session(token) as session:
                left = objects.tries_left(token, session)
        except PinBlockedError as blocked:
            return blocked
        except CardError:
            return error
        if left == 0:
            return PinBlockedError()
        # Three tries left after a wrong one: what the card told when it was connected is out of date.
        return WrongPinError(attempts_left=None if left == 3 else left)
