"""The card reader of a simulated life: the own card, somebody else's, or none."""

from __future__ import annotations

from adapters.sandbox.cards import PIN_TRIES, SoftwareCard
from tests.simulation.story import Story
from tests.world.cards import SandboxCards


class Reader:
    """Moves cards in and out; a card keeps its tries wherever it is."""

    def __init__(self, cards: SandboxCards, own: SoftwareCard, stranger: SoftwareCard, story: Story) -> None:
        self._cards = cards
        self._own = own
        self._stranger = stranger
        self._story = story
        self._drawer = dict(cards.inserted)

    @property
    def tries_left(self) -> int:
        """How often the PIN of the own card may still be tried."""
        return self._drawer[self._own.serial].tries

    @property
    def holds_own(self) -> bool:
        """Whether the own card is in."""
        return self._own.serial in self._cards.inserted

    def put_in_own(self) -> None:
        """The own card and no other."""
        if not self.holds_own or len(self._cards.inserted) > 1:
            self._story.tell("the own card is put in")
        self._put_in(self._own)

    def put_in_strangers(self) -> None:
        """Another person's card and no other."""
        self._story.fault("card", "another person's card is put in")
        self._put_in(self._stranger)

    def put_in_both(self) -> None:
        """Two cards."""
        self._story.fault("card", "a second card is put in")
        kept = dict(self._cards.inserted)
        self._put_in(self._stranger)
        self._cards.inserted.update(kept)

    def take_out(self) -> None:
        """No card."""
        self._story.fault("card", "the card is taken out")
        self._cards.remove()

    def unblock(self) -> None:
        """The municipality gives a new PIN try counter."""
        if not self.tries_left:
            self._story.tell("the PIN is unblocked at the municipality")
            self._drawer[self._own.serial].tries = PIN_TRIES

    def _put_in(self, card: SoftwareCard) -> None:
        self._cards.remove()
        if card.serial in self._drawer:
            self._cards.inserted[card.serial] = self._drawer[card.serial]
        else:
            self._cards.insert(card)
            self._drawer |= self._cards.inserted
