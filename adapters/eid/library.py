"""The PKCS#11 library of this process: readers, tokens, and one session at a time.

python-pkcs11 initialises the library without locking, so every call is made `alone` (calling.py). Whenever something
goes wrong in a session the library is initialised anew: the official middleware keeps believing in the login of
a card that was taken out, and would let any PIN pass (measured with 5.1.31).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pkcs11

from adapters.eid.faults import REMOVED, translate
from adapters.eid.modules import find_module
from adapters.eid.objects import serial_of
from workflow.errors import (
    CardError,
    CardUnusableError,
    MiddlewareMissingError,
    ModuleMissingError,
    NotAnEidError,
    ReaderAbsentError,
)

if TYPE_CHECKING:
    from pkcs11 import _pkcs11

EID_LABEL = "BELPIC"
"""How the token label of a Belgian card starts; OpenSC 0.23 adds the name of the PIN to it."""

_log = logging.getLogger(__name__)


class Library:
    """The library of one setting, found and loaded at the first use."""

    def __init__(self, setting: str | Path | None) -> None:
        self._setting = None if setting is None else str(setting)
        self._name: str | None = None

    def tokens(self) -> list[pkcs11.Token]:
        """The tokens that are Belgian identity cards, each serial number once.

        Raises `MiddlewareMissingError`, `ReaderAbsentError`, `NotAnEidError` (only other cards are there).
        """
        found: dict[str, pkcs11.Token] = {}
        others: NotAnEidError | None = None
        for slot in self.slots():
            try:
                token = self.token_in(slot)
            except NotAnEidError as error:
                others = error
                continue
            if token is not None:
                found.setdefault(serial_of(token), token)
        if others and not found:
            raise others
        return list(found.values())

    def token_in(self, slot: pkcs11.Slot) -> pkcs11.Token | None:
        """The Belgian identity card in this reader, or None when it is empty. Raises `NotAnEidError`."""
        try:
            token = slot.get_token()
        except pkcs11.TokenNotRecognised as error:
            raise NotAnEidError from error
        except REMOVED:
            return None
        except pkcs11.PKCS11Error as error:
            # Any other kind of card upsets the official middleware in its own way (measured).
            _log.debug("a reader holds something else: %s", type(error).__name__)
            raise NotAnEidError from error
        if not token.label.startswith(EID_LABEL):
            raise NotAnEidError
        return token

    def slots(self) -> list[pkcs11.Slot]:
        """The readers. Raises `MiddlewareMissingError`, `ReaderAbsentError`."""
        try:
            slots = self._loaded().get_slots()
        except pkcs11.PKCS11Error as error:
            raise translate(error, pin_accepted=True) from error
        if not slots:
            raise ReaderAbsentError
        return slots

    @contextmanager
    def session(self, token: pkcs11.Token, user_pin: str | object | None = None) -> Iterator[pkcs11.Session]:
        """A session on this token, logged in when there is a PIN; errors come out translated.

        A failure when closing never hides what happened before, and never undoes what succeeded.
        """
        opened: pkcs11.Session | None = None
        clean = False
        try:
            opened = token.open(user_pin=user_pin)
            yield opened
            clean = True
        except pkcs11.PKCS11Error as error:
            pin_accepted = opened is not None and user_pin is not None
            raise translate(error, pin_accepted=pin_accepted) from error
        finally:
            # After a refused login python-pkcs11 forgets its session without closing it.
            clean = self._close(opened) and clean
            if not clean:
                self.reinitialize()

    def reinitialize(self) -> None:
        """Forget every session and login. When that fails the next use of the library fails too, on purpose."""
        with suppress(pkcs11.PKCS11Error):
            self._loaded().reinitialize()

    def _close(self, session: pkcs11.Session | None) -> bool:
        if session is None:
            return False
        try:
            session.close()
        except pkcs11.PKCS11Error as error:
            _log.debug("the session could not be closed: %s", type(error).__name__)
            return False
        return True

    @property
    def description(self) -> str:
        """The library for people: what it calls itself, its version, its file."""
        loaded = self._loaded()
        major, minor = loaded.library_version
        return f"{loaded.library_description.strip()} {major}.{minor}, {loaded.so}"

    @property
    def is_opensc(self) -> bool:
        """Whether this is OpenSC, by any of its names."""
        loaded = self._loaded()
        names = (loaded.manufacturer_id, loaded.library_description, Path(loaded.so).name)
        return any("opensc" in name.lower() for name in names)

    def _loaded(self) -> _pkcs11.lib:
        if self._name is None:
            self._name = str(find_module(self._setting))
        try:
            return pkcs11.lib(self._name)
        except pkcs11.PKCS11Error as error:
            raise self._not_loaded(error) from error

    def _not_loaded(self, error: pkcs11.PKCS11Error) -> CardError:
        # The dynamic loader's refusal has no type of its own in python-pkcs11.
        if "exception while loading" not in str(error):
            return CardUnusableError(reason=str(error) or type(error).__name__)
        return ModuleMissingError(path=self._setting) if self._setting else MiddlewareMissingError()
