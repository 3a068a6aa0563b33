"""The cards of a sandbox in a reader of the memory, with PIN tries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from adapters.eid.choice import checked, choose
from adapters.eid.identity import holder_of
from adapters.eid.keys import key_in_card
from adapters.sandbox.cards import PIN_TRIES, READER, SoftwareCard
from steps.ports.card import AskPin, CardSummary, PinEntry
from steps.ports.signing import Signer
from workflow.errors import (
    CardNotActiveError,
    CardRemovedError,
    PinBlockedError,
    ReaderAbsentError,
    WrongPinError,
)

PIN = "1234"


@dataclass
class _Inserted:
    card: SoftwareCard
    pin: str
    tries: int = PIN_TRIES
    signature: bool = True  # False: the card of somebody whose Signature certificate was never activated


@dataclass
class SandboxCards:
    """Implements `steps.ports.card.Cards`. `readers` False: none is connected. `on_sign` hears of each signature."""

    now: Callable[[], datetime]
    on_sign: Callable[[str], None] = lambda key: None
    readers: bool = True
    inserted: dict[str, _Inserted] = field(default_factory=dict)

    def insert(self, card: SoftwareCard, pin: str = PIN, *, tries: int = PIN_TRIES, signature: bool = True) -> None:
        """Put a card in a reader."""
        self.inserted[card.serial] = _Inserted(card, pin, tries, signature)

    def remove(self) -> None:
        """Take all cards out."""
        self.inserted.clear()

    def tries_left(self, card: SoftwareCard) -> int:
        """How often a PIN may still be tried."""
        return self.inserted[card.serial].tries

    def check(self) -> None:
        """See `steps.ports.card.Cards.check`."""
        if not self.readers:
            raise ReaderAbsentError()

    def present(self) -> list[CardSummary]:
        """See `steps.ports.card.Cards.present`."""
        self.check()
        return [_summary(one.card) for one in self.inserted.values()]

    def card(self, serial: str | None = None) -> _Card:
        """See `steps.ports.card.Cards.card`."""
        return _Card(self, choose(self.present(), serial, self.now()))


class _Card:
    """Implements `steps.ports.card.Card`."""

    pin_entry = PinEntry.PROMPT

    def __init__(self, cards: SandboxCards, summary: CardSummary) -> None:
        self.summary = summary
        self._cards = cards
        self._pin: str | None = None

    def authentication(self, ask_pin: AskPin) -> Signer:
        """See `steps.ports.card.Card.authentication`."""

        def pin() -> str:
            if self._pin is None:
                self._pin = checked(ask_pin())
            return self._pin

        return self._signer(self._inserted().card.authentication, pin, "authentication")

    def signature(self, ask_pin: AskPin) -> Signer:
        """See `steps.ports.card.Card.signature`."""
        if not self._inserted().signature:
            raise CardNotActiveError(purpose="Signature")
        return self._signer(self._inserted().card.signature, lambda: checked(ask_pin()), "signature")

    def _signer(self, held: Signer, pin: Callable[[], str], name: str) -> Signer:
        def sign(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
            self._try(pin())
            signature = _signature(held, data, algorithm)
            self._cards.on_sign(name)
            return signature

        return Signer(key_in_card(held.certificate, sign), held.chain)

    def _try(self, pin: str) -> None:
        inserted = self._inserted()
        if inserted.tries and pin == inserted.pin:
            inserted.tries = PIN_TRIES
            return
        self._pin = None
        inserted.tries = max(inserted.tries - 1, 0)
        if not inserted.tries:
            raise PinBlockedError()
        raise WrongPinError(attempts_left=inserted.tries)

    def _inserted(self) -> _Inserted:
        if self.summary.serial not in self._cards.inserted:
            raise CardRemovedError()
        return self._cards.inserted[self.summary.serial]


def _summary(card: SoftwareCard) -> CardSummary:
    leaf: x509.Certificate = card.authentication.certificate
    return CardSummary(card.serial, holder_of(leaf), READER, leaf.not_valid_after_utc)


def _signature(held: Signer, data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    if isinstance(held.private_key, rsa.RSAPrivateKey):
        return held.private_key.sign(data, padding.PKCS1v15(), algorithm)
    return held.private_key.sign(data, ec.ECDSA(algorithm))
