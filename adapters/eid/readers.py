"""Reading the cards in the readers through PKCS#11, and signing with one of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from adapters.eid import objects
from adapters.eid.choice import checked
from adapters.eid.identity import Identity, Purpose, full_name, read_identity
from adapters.eid.keys import key_in_card
from adapters.eid.library import LOCK, Library
from adapters.eid.objects import serial_of
from steps.ports.card import AskPin, CardSummary, PinEntry
from steps.ports.signing import Signer
from workflow.errors import (
    CardError,
    CardNotActiveError,
    CardRemovedError,
    CardUnusableError,
    NotAnEidError,
    PinBlockedError,
    WrongCardError,
    WrongPinError,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A card as it was read: `pin_entry` is who asks for the PIN, as the module tells."""

    library: Library
    summary: CardSummary
    identity: Identity
    pin_entry: PinEntry

    def card(self, pin_mode: PinEntry | None) -> Pkcs11Card:
        """The card to sign with; `pin_mode` overrules the module."""
        return Pkcs11Card(self.library, self.summary, self.identity, pin_mode or self.pin_entry)


class Readers:
    """The readers that one PKCS#11 library knows."""

    def __init__(self, module: str | Path | None) -> None:
        self._library = Library(module)

    def check(self) -> None:
        """Raises `MiddlewareMissingError` or `ReaderAbsentError`."""
        with LOCK:
            self._library.slots()

    def read(self) -> list[Found]:
        """Every identity card; raises what is wrong with one only when no other can be read."""
        found: list[Found] = []
        unreadable: CardError | None = None
        with LOCK:
            for token in self._library.tokens():
                try:
                    found.append(self._read(token))
                except CardRemovedError:
                    continue
                except (CardNotActiveError, CardUnusableError, NotAnEidError) as error:
                    unreadable = error
        if unreadable is not None and not found:
            raise unreadable
        return found

    def _read(self, token: pkcs11.Token) -> Found:
        with self._library.session(token) as session:
            identity = read_identity(objects.certificates(token, session))
        reader = token.slot.slot_description
        summary = CardSummary(serial_of(token), identity.holder, reader, identity.valid_until)
        return Found(self._library, summary, identity, objects.pin_entry_of(token))


class Pkcs11Card:
    """One card; implements `steps.ports.card.Card`.

    No session stays open between two signatures: while one is logged in, any program on this computer can sign in
    with the card. Before each signature the same certificate must still be there.
    """

    def __init__(self, library: Library, summary: CardSummary, identity: Identity, pin_entry: PinEntry) -> None:
        self.summary = summary
        self.pin_entry = pin_entry
        self._library = library
        self._identity = identity
        self._pin: str | None = None  # the PIN that Authentication accepted; for this card object only

    def authentication(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs in: in the mode PROMPT the PIN is asked once for this object."""
        return self._signer(Purpose.AUTHENTICATION, ask_pin)

    def signature(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs contracts: the PIN is asked for every signature.

        A module that opens its own dialog does so for this key even when the setting says PROMPT.
        """
        return self._signer(Purpose.SIGNATURE, ask_pin)

    def _signer(self, purpose: Purpose, ask_pin: AskPin) -> Signer:
        chain = self._identity.chain(purpose)

        def sign(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
            with LOCK:
                try:
                    return self._sign(purpose, ask_pin, data, algorithm)
                except WrongPinError as error:
                    raise self._with_tries_left(error) from error.__cause__

        return Signer(key_in_card(chain[0], sign), chain)

    def _sign(self, purpose: Purpose, ask_pin: AskPin, data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
        leaf = self._identity.chain(purpose)[0]
        token = self._token()
        login = objects.login_with(token, self.pin_entry, purpose)
        _log.debug("the card signs: %s, PIN by %s", purpose.value, self.pin_entry.value)
        pin: str | None = None
        if login is not None:
            self._confirm(token, leaf)  # no PIN is spent on another person's card
        if login is PinEntry.PROMPT:
            pin = self._kept_pin(purpose)
            if pin is None:
                pin = checked(ask_pin())
                token = self._token()
                self._confirm(token, leaf)  # while a person typed, the card may have been changed
        with self._library.session(token, pkcs11.PROTECTED_AUTH if login is PinEntry.PAD else pin) as session:
            signature = objects.sign(session, self._certificate_id(session, leaf), leaf, data, algorithm)
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
        if objects.is_blocked(token):
            raise PinBlockedError
        return token

    def _confirm(self, token: pkcs11.Token, leaf: x509.Certificate) -> None:
        with self._library.session(token) as session:
            self._certificate_id(session, leaf)

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
        return PinBlockedError() if left == 0 else WrongPinError(attempts_left=left)
