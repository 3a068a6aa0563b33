"""What is told and asked at the card, besides the PIN."""

from __future__ import annotations

from adapters.cli.options import asks_nothing, kept_option
from adapters.cli.output import paragraph, say
from adapters.cli.words import _
from steps.ports.card import PinEntry
from workflow.errors import LastTryError, PinCancelledError
from workflow.texts import mark

_LAST = mark("One try is left for the PIN of this card. A wrong one blocks it: then only your municipality can help.")
_ELSEWHERE = {
    PinEntry.DIALOG: mark("the eID software asks for the PIN in a window of its own"),
    PinEntry.PAD: mark("type the PIN on the keys of the card reader"),
}


class PersonAtTheCard:
    """Implements `adapters.eid.attendant.Attendant` for a command."""

    def confirm_last_try(self) -> None:
        """Ask, unless `--last-try` was given; where nobody can be asked the card is not asked either."""
        if kept_option("last_try"):
            return
        if asks_nothing():
            raise LastTryError
        from adapters.cli.terminal import yes

        paragraph(_(_LAST))
        if not yes(_("Do you want to use it?")):
            raise PinCancelledError

    def pin_is_asked(self, entry: PinEntry) -> None:
        """Say where to look."""
        say(_(_ELSEWHERE[entry]))
