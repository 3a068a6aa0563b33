"""Identity cards made of files, for the sandbox: they behave like real ones, down to the blocked PIN.

One folder per card, `<cards>/<serial>/`: `card.json` says what is in which reader and how many tries the PIN has
left; `authentication.pem` and `signature.pem` are private keys (PKCS#8, encrypted with the PIN), each with
its `…-chain.pem` (leaf, Citizen CA, Belgium Root CA). A card without the second pair is not fully active.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from adapters.eid.attendant import Attendant, Unattended
from adapters.eid.choice import checked, choose, only
from adapters.eid.description import Description, Printed, Seen
from adapters.eid.identity import Identity, Purpose, full_name, read_identity
from adapters.eid.keys import key_in_card
from adapters.eid.software_state import CARD_FILE, CardState, locked, read_state, write_state
from steps.ports.card import AskPin, CardSummary, PinEntry
from steps.ports.signing import PrivateKey, Signer
from workflow.errors import (
    CardRemovedError,
    CardUnusableError,
    LastTryError,
    PinBlockedError,
    ReaderAbsentError,
    WrongCardError,
    WrongPinError,
)
from workflow.texts import mark

TRIES = 3
"""How many wrong PINs in a row block a card."""

_log = logging.getLogger(__name__)


class SoftwareCards:
    """The cards of one folder; implements `steps.ports.card.Cards`."""

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], datetime],
        card: str | None = None,
        attendant: Attendant | None = None,
    ) -> None:
        """`card` is the serial number of the only card to be used; `now` is the sandbox's clock.

        `attendant` None: the last try of a PIN is never spent.
        """
        self._folder = folder
        self._now = now
        self._card = card or None
        self._attendant = attendant

    def check(self) -> None:
        """Raises `ReaderAbsentError` when there is no folder for cards."""
        if not self._folder.is_dir():
            raise ReaderAbsentError

    def module(self) -> str:
        """Where the cards are, for people."""
        return str(self._folder)

    def look(self) -> list[Seen]:
        """What is in each reader."""
        self.check()
        states = [read_state(folder) for folder in self._folders()]
        filled = {summary.reader: summary for summary, _ in self._inserted()}
        return [Seen(reader, filled.get(reader)) for reader in sorted({state.reader for state in states})]

    def present(self) -> list[CardSummary]:
        """The cards whose `card.json` says that they are inserted; when one was named, this one."""
        return only([summary for summary, _ in self._inserted()], self._card)

    def card(self, serial: str | None = None, ask_pin: AskPin | None = None) -> SoftwareCard:
        """The card with this serial number, or the only one; nothing of it is hidden."""
        return self._with(serial or self._card, self._now())

    def shown(self, ask_pin: AskPin | None = None) -> SoftwareCard:
        """As `card`, but also one that has expired: to be described."""
        return self._with(self._card, None)

    def _with(self, serial: str | None, now: datetime | None) -> SoftwareCard:
        inserted = self._inserted()
        summary = choose((summary for summary, _ in inserted), serial, now)
        folder = next(folder for found, folder in inserted if found is summary)
        return SoftwareCard(self._folder, folder, summary, self._attendant)

    def _folders(self) -> list[Path]:
        return sorted(path.parent for path in self._folder.glob(f"*/{CARD_FILE}"))

    def _inserted(self) -> list[tuple[CardSummary, Path]]:
        self.check()
        return [(summary, folder) for folder in self._folders() if (summary := _summary(folder)) is not None]


class SoftwareCard:
    """One card of files; implements `steps.ports.card.Card`. It is looked at again before each signature."""

    pin_entry = PinEntry.PROMPT

    def __init__(self, readers: Path, folder: Path, summary: CardSummary, attendant: Attendant | None = None) -> None:
        self.summary = summary
        self._attendant = attendant or Unattended()
        self._readers = readers
        self._folder = folder
        self._identity = _identity(folder)
        self._pin: str | None = None  # the PIN that Authentication accepted; for this card object only

    def authentication(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs in: the PIN is asked once for this object."""
        return self._signer(Purpose.AUTHENTICATION, ask_pin)

    def signature(self, ask_pin: AskPin) -> Signer:
        """The key with which the holder signs contracts: the PIN is asked for every signature."""
        return self._signer(Purpose.SIGNATURE, ask_pin)

    def describe(self) -> Description:
        """Everything that can be told of the card."""
        return Description(
            summary=self.summary,
            chains=self._identity.chains,
            pin_entry=self.pin_entry,
            module=str(self._readers),
            applet=None,
            tries_left=read_state(self._folder).attempts_left,
            printed=Printed(),
            refused={},
        )

    def _signer(self, purpose: Purpose, ask_pin: AskPin) -> Signer:
        chain = self._identity.chain(purpose)
        self._look_again(chain[0])

        def sign(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
            return self._sign(purpose, ask_pin, data, algorithm)

        return Signer(key_in_card(chain[0], sign), chain)

    def _sign(self, purpose: Purpose, ask_pin: AskPin, data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
        leaf = self._identity.chain(purpose)[0]
        self._look_again(leaf)
        _log.debug("a software card signs: %s", purpose.value)
        is_last = read_state(self._folder).attempts_left == 1
        if is_last:
            self._attendant.confirm_last_try()
        if purpose is Purpose.AUTHENTICATION and self._pin is not None:
            pin, self._pin = self._pin, None  # a PIN that is refused is not kept
        else:
            pin = checked(ask_pin())
            self._look_again(leaf)  # while a person typed, anything may have happened
        key = _unlock(self._folder, purpose, pin, announced=is_last)
        if purpose is Purpose.AUTHENTICATION:
            self._pin = pin
        return _sign_with(key, data, algorithm)

    def _look_again(self, leaf: x509.Certificate) -> None:
        """Raises unless the same card is still in its reader, and can still be asked for a PIN."""
        state = read_state(self._folder) if (self._folder / CARD_FILE).exists() else None
        if state is None or not state.inserted:
            self._pin = None
            if self._other_card_in_reader():
                raise WrongCardError(holder=full_name(self.summary.holder))
            raise CardRemovedError
        if leaf not in [chain[0] for chain in _identity(self._folder).chains.values()]:
            self._pin = None
            raise WrongCardError(holder=full_name(self.summary.holder))
        if state.attempts_left <= 0:
            raise PinBlockedError

    def _other_card_in_reader(self) -> bool:
        states = [read_state(path.parent) for path in self._readers.glob(f"*/{CARD_FILE}")]
        return any(state.inserted and state.reader == self.summary.reader for state in states)


def _summary(folder: Path) -> CardSummary | None:
    state = read_state(folder)
    if not state.inserted:
        return None
    identity = _identity(folder)
    return CardSummary(state.serial, identity.holder, state.reader, identity.valid_until)


def _identity(folder: Path) -> Identity:
    certificates: list[x509.Certificate] = []
    for purpose in Purpose:
        chain = folder / f"{purpose.value.lower()}-chain.pem"
        if chain.exists() and _key_file(folder, purpose).exists():
            certificates += x509.load_pem_x509_certificates(chain.read_bytes())
    return read_identity(certificates)


def _key_file(folder: Path, purpose: Purpose) -> Path:
    return folder / f"{purpose.value.lower()}.pem"


def _unlock(folder: Path, purpose: Purpose, pin: str, *, announced: bool) -> PrivateKey:
    """Spend one try: `WrongPinError` and in the end `PinBlockedError`; the right PIN gives all tries back.

    Raises `LastTryError` when another program left the last one, and nobody was told.
    """
    with locked(folder):
        state = read_state(folder)
        if state.attempts_left <= 0:
            raise PinBlockedError
        if state.attempts_left == 1 and not announced:
            raise LastTryError
        key = _decrypt(_key_file(folder, purpose).read_bytes(), pin)
        if key is not None:
            _remember(folder, state, TRIES)
            return key
        _remember(folder, state, state.attempts_left - 1)
    if state.attempts_left == 1:
        raise PinBlockedError
    raise WrongPinError(attempts_left=state.attempts_left - 1)


def _remember(folder: Path, state: CardState, attempts_left: int) -> None:
    if state.attempts_left != attempts_left:
        write_state(folder, state.with_attempts_left(attempts_left))


def _decrypt(pem: bytes, pin: str) -> PrivateKey | None:
    try:
        key = load_pem_private_key(pem, pin.encode())
    except ValueError:
        return None
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise CardUnusableError(reason=mark("an unknown kind of key"))


def _sign_with(key: PrivateKey, data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), algorithm)
    return key.sign(data, ec.ECDSA(algorithm))
