"""The identity cards that the PKCS#11 library of the eID software shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.eid.attendant import Attendant
from adapters.eid.choice import choose, only
from adapters.eid.description import Seen
from steps.ports.card import AskPin, CardSummary, PinEntry

if TYPE_CHECKING:
    from adapters.eid.card import Found, Pkcs11Card
    from adapters.eid.readers import Readers


class Pkcs11Cards:
    """The cards in the readers; implements `steps.ports.card.Cards`."""

    def __init__(
        self,
        module: str | Path | None,
        pin_mode: PinEntry | None = None,
        card: str | None = None,
        *,
        now: Callable[[], datetime],
        attendant: Attendant | None = None,
    ) -> None:
        """`module` is the setting `pkcs11_module`; the library is looked for at the first use.

        `pin_mode` None leaves it to what the module says; `card` is the serial number of the only card to be used;
        `now` carries a zone; `attendant` None: the last try of a PIN is never spent.
        """
        self._module = module
        self._pin_mode = pin_mode
        self._card = card or None
        self._now = now
        self._attendant = attendant

    def check(self) -> None:
        """Find out whether cards can be read: `MiddlewareMissingError`, `ReaderAbsentError`."""
        self._readers.check()

    def module(self) -> str:
        """The library in use, for people. Raises `MiddlewareMissingError`."""
        return self._readers.module()

    def look(self) -> list[Seen]:
        """What is in each reader, whatever it is. Raises `MiddlewareMissingError`, `ReaderAbsentError`."""
        return self._readers.look()

    def present(self) -> list[CardSummary]:
        """The identity cards in the readers, also expired ones; when one was named, this one.

        A card without certificates is passed over when there is another; alone it raises `CardNotActiveError`.
        Raises `NamedCardAbsentError` when only others are there.
        """
        return only([found.summary for found in self._readers.read()], self._card)

    def card(self, serial: str | None = None, ask_pin: AskPin | None = None) -> Pkcs11Card:
        """The card with this serial number, or the only one.

        `ask_pin` is called where the module hides the certificates until somebody logs in.
        """
        wanted = serial or self._card
        return self._with(self._read(wanted, ask_pin), wanted, lapsed=False)

    def shown(self, ask_pin: AskPin | None = None) -> Pkcs11Card:
        """As `card`, but also one that has expired: to be described."""
        return self._with(self._read(self._card, ask_pin), self._card, lapsed=True)

    def _read(self, serial: str | None, ask_pin: AskPin | None) -> list[Found]:
        # Nobody is asked for the PIN of a card that is not the one.
        return self._readers.read(serial if ask_pin else None, ask_pin, self._attendant)

    def _with(self, every: list[Found], serial: str | None, *, lapsed: bool) -> Pkcs11Card:
        from adapters.eid.card import Pkcs11Card

        chosen = choose((found.summary for found in every), serial, None if lapsed else self._now())
        found = next(found for found in every if found.summary is chosen)
        return Pkcs11Card(found, self._pin_mode, self._attendant)

    @cached_property
    def _readers(self) -> Readers:
        from adapters.eid.readers import Readers  # brings python-pkcs11, 62 ms

        return Readers(self._module)
