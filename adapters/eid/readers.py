"""Reading the cards in the readers through PKCS#11."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import TokenFlag

from adapters.eid import objects
from adapters.eid.attendant import Attendant, Unattended
from adapters.eid.calling import alone
from adapters.eid.card import Found
from adapters.eid.choice import checked
from adapters.eid.description import Seen
from adapters.eid.faults import HIDDEN, OPENSC
from adapters.eid.identity import Identity, Purpose, read_identity
from adapters.eid.library import Library
from adapters.eid.objects import serial_of
from steps.ports.card import AskPin, CardSummary
from workflow.errors import (
    CardError,
    CardNotActiveError,
    CardRemovedError,
    CardSoftwareError,
    CardUnusableError,
    NotAnEidError,
    PinBlockedError,
)


class Readers:
    """The readers that one PKCS#11 library knows."""

    def __init__(self, module: str | Path | None) -> None:
        self._library = Library(module)

    def check(self) -> None:
        """Raises `MiddlewareMissingError` or `ReaderAbsentError`."""
        with alone():
            self._library.slots()

    def module(self) -> str:
        """The library, for people."""
        with alone():
            return self._library.description

    def look(self) -> list[Seen]:
        """What is in each reader, as far as it can be told without a PIN."""
        with alone():
            return [self._seen(slot) for slot in self._library.slots()]

    def read(
        self, serial: str | None = None, ask_pin: AskPin | None = None, attendant: Attendant | None = None
    ) -> list[Found]:
        """Every identity card, or the one with this serial number.

        `ask_pin` is called where the module hides the certificates until somebody logs in. Raises what is wrong with
        one only when no other can be read.
        """
        found: list[Found] = []
        unreadable: CardError | None = None
        with alone():
            for token in self._library.tokens():
                if serial and serial_of(token) != serial.upper():
                    continue
                try:
                    found.append(self._read(token, ask_pin, attendant or Unattended()))
                except CardRemovedError:
                    continue
                except (CardNotActiveError, CardSoftwareError, CardUnusableError, NotAnEidError) as error:
                    unreadable = error
        if unreadable is not None and not found:
            raise unreadable
        return found

    def _seen(self, slot: pkcs11.Slot) -> Seen:
        reader = slot.slot_description
        try:
            token = self._library.token_in(slot)
            return Seen(reader) if token is None else Seen(reader, self._read(token).summary)
        except CardRemovedError:
            return Seen(reader)
        except CardError as error:
            return Seen(reader, problem=error)

    def _read(self, token: pkcs11.Token, ask_pin: AskPin | None = None, attendant: Attendant | None = None) -> Found:
        with self._library.session(token) as session:
            certificates = objects.certificates(session)
        hidden = not certificates and bool(token.flags & TokenFlag.LOGIN_REQUIRED)
        pin: str | None = None
        if hidden:
            if ask_pin is None:
                raise CardSoftwareError(reason=HIDDEN)
            with self._unlocked(token, ask_pin, attendant or Unattended()) as (session, pin):
                certificates = objects.certificates(session)
        identity = read_identity(certificates)
        summary = CardSummary(serial_of(token), identity.holder, token.slot.slot_description, identity.valid_until)
        refused = dict(self._refusals(token, identity))
        return Found(self._library, summary, identity, objects.pin_entry_of(token), refused, hidden, pin)

    @contextmanager
    def _unlocked(
        self, token: pkcs11.Token, ask_pin: AskPin, attendant: Attendant
    ) -> Iterator[tuple[pkcs11.Session, str]]:
        if objects.is_blocked(token):
            raise PinBlockedError
        if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
            attendant.confirm_last_try()
        pin = checked(ask_pin())
        with self._library.session(token, pin) as session:
            yield session, pin

    def _refusals(self, token: pkcs11.Token, identity: Identity) -> Iterable[tuple[Purpose, str]]:
        """The keys that this module cannot use, each with the reason: told before anybody types a PIN."""
        for purpose, chain in identity.chains.items():
            # Measured with OpenSC 0.23 and 0.27.1; it tells only when everything was typed (FunctionNotSupported).
            if purpose is Purpose.SIGNATURE and self._library.is_opensc:
                yield purpose, OPENSC
            elif reason := objects.unknown_mechanism(token, chain[0]):
                yield purpose, reason
