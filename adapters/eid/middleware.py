"""The identity cards that the PKCS#11 library of the eID software shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.eid.choice import choose
from steps.ports.card import Card, CardSummary, PinEntry

if TYPE_CHECKING:
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
    ) -> None:
        """`module` is the setting `pkcs11_module`; the library is looked for at the first use.

        `pin_mode` None leaves it to what the module says; `card` is the serial number to take when a caller names
        none; `now` carries a zone.
        """
        self._module = module
        self._pin_mode = pin_mode
        self._card = card or None
        self._now = now

    def check(self) -> None:
        """Find out whether cards can be read: `MiddlewareMissingError`, `ReaderAbsentError`."""
        self._readers.check()

    def present(self) -> list[CardSummary]:
        """The identity cards in the readers, also expired ones.

        A card without certificates is passed over when there is another; alone it raises `CardNotActiveError`.
        """
        return [found.summary for found in self._readers.read()]

    def card(self, serial: str | None = None) -> Card:
        """The card with this serial number, or the only one."""
        every = self._readers.read()
        chosen = choose((found.summary for found in every), serial or self._card, self._now())
        return next(found for found in every if found.summary is chosen).card(self._pin_mode)

    @cached_property
    def _readers(self) -> Readers:
        from adapters.eid.readers import Readers  # brings python-pkcs11, 62 ms

        return Readers(self._module)
