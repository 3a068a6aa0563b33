"""A PKCS#11 library in Python: it replays what was measured on the official middleware and on OpenSC (EID.md).

It stands where python-pkcs11's own library does, with real keys behind it. What is told apart is the *sequence*: which
login is believed after the card was out, what a search finds that does not name its class, whose call ends a session.
The card keeps its own PIN state; `asked` counts how often it was asked to verify a PIN, whoever did so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pkcs11
from asn1crypto.keys import ECDomainParameters, NamedCurve
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, SlotFlag, TokenFlag

from tests.adapters.eid.people import PIN, Key, Person

CANCEL = "cancel"
Action = str | Callable[[], None]
"""What somebody does in the dialog: a PIN, `CANCEL`, or something that happens to the card meanwhile."""

RSA_MECHANISMS = {Mechanism.RSA_PKCS, Mechanism.SHA1_RSA_PKCS, Mechanism.SHA256_RSA_PKCS, Mechanism.SHA384_RSA_PKCS}
RSA_MECHANISMS |= {Mechanism.SHA512_RSA_PKCS}
EC_MECHANISMS = {Mechanism.ECDSA, Mechanism.ECDSA_SHA256, Mechanism.ECDSA_SHA384, Mechanism.ECDSA_SHA512}
_RAW_LENGTHS = {20, 28, 32, 48, 64}
_DIGESTS = {
    Mechanism.SHA256_RSA_PKCS: hashes.SHA256(),
    Mechanism.SHA384_RSA_PKCS: hashes.SHA384(),
    Mechanism.SHA512_RSA_PKCS: hashes.SHA512(),
    Mechanism.ECDSA_SHA512: hashes.SHA512(),
}


@dataclass
class VirtualCard:
    """One card: `right` is the PIN state inside it, for the Authentication key; `asked` counts the PINs it got.

    `wrong` counts those of them that spent a try.
    """

    person: Person
    serial: str
    pin: str = PIN
    tries: int = 3
    right: bool = False
    asked: int = 0
    wrong: int = 0
    data: dict[str, bytes] = field(default_factory=dict)
    foreign: bool = False

    @property
    def applet(self) -> str:
        """1.7 has RSA keys, 1.8 elliptic curves."""
        return "1.7" if isinstance(self.person.authentication.key, rsa.RSAPrivateKey) else "1.8"

    def verify(self, pin: str) -> bool:
        """The card's own VERIFY; a wrong PIN also ends the right that was there."""
        self.asked += 1
        if not self.tries:
            return False
        self.right = pin == self.pin
        self.wrong += not self.right
        self.tries = 3 if self.right else self.tries - 1
        return self.right


@dataclass
class VirtualReader:
    """One reader. `insertion` changes whenever its card is moved."""

    name: str
    card: VirtualCard | None = None
    insertion: int = 0
    pad: bool = False

    def insert(self, card: VirtualCard) -> None:
        """Put a card in, in place of another."""
        self.take_out()
        self.card = card

    def take_out(self) -> None:
        """A card that was out has lost its PIN state."""
        if self.card is not None:
            self.card.right = False
        self.card = None
        self.insertion += 1


@dataclass(frozen=True)
class Kind:
    """Which software it plays."""

    name: str
    so: str
    label: str
    opensc: bool = False
    dialogs: bool = True
    ec: bool = True
    signs_after_login: bool = False


BEID = Kind("beid", "libbeidpkcs11.so.0", "BELPIC")
SILENT = Kind("beid without dialogs", "libbeidpkcs11.so.0", "BELPIC", dialogs=False)
DOUBLE = Kind("SoftHSM", "libsofthsm2.so", "BELPIC", dialogs=False, signs_after_login=True)
"""Not as a token of SoftHSM blocks, which it never does, but as it is logged in to."""
OPENSC_23 = Kind("OpenSC 0.23", "opensc-pkcs11.so", "BELPIC (Basic PIN)", opensc=True, ec=False)
OPENSC_27 = Kind("OpenSC 0.27", "opensc-pkcs11.so", "BELPIC", opensc=True)


class VirtualLibrary:
    """What `pkcs11.lib` gives.

    `dialog` is what is done in the next dialogs, one after the other; afterwards the right PIN is typed. `on` says what
    happens at the next call of a name: slots, dialog, login, sign, close, reinitialize. `watch` hears of each key.
    """

    def __init__(self, kind: Kind, *readers: VirtualReader) -> None:
        self.kind = kind
        self.readers = list(readers)
        self.so = kind.so
        self.manufacturer_id = "OpenSC Project" if kind.opensc else "Belgium Government"
        self.library_description = "OpenSC smartcard framework" if kind.opensc else "Belgium eID PKCS#11 interface"
        self.library_version = (0, 23) if kind.opensc else (5, 1)
        self.dialog: list[Action] = []
        self.calls: list[str] = []
        self.on: dict[str, Callable[[], None]] = {}
        self.watch: Callable[[str], None] = lambda label: None
        self.mechanisms: list[Mechanism | None] = []
        self.no_display = False
        self.logged_in: set[str] = set()
        self.open_sessions = 0
        self.data_rounds = 0
        self._loaded_as: str | None = None

    def load(self, name: str) -> VirtualLibrary:
        """Stands for `pkcs11.lib`: the same file under a second name is refused."""
        if self._loaded_as not in (None, name):
            raise pkcs11.PKCS11Error("already initialized")
        self._loaded_as = name
        return self

    def note(self, call: str) -> None:
        """Write a call down, and let happen what was planned for it."""
        self.calls.append(call)
        if happens := self.on.pop(call, None):
            happens()

    def reinitialize(self) -> None:
        """Every session and every login is forgotten."""
        self.note("reinitialize")
        self.logged_in.clear()
        self.open_sessions = 0
        for reader in self.readers:
            if reader.card is not None:
                reader.card.right = False

    def get_slots(self, token_present: bool = False) -> list[VirtualSlot]:
        self.note("slots")
        if token_present and any(reader.card is not None and reader.card.foreign for reader in self.readers):
            raise pkcs11.PKCS11Error("Buffer was too small")
        return [VirtualSlot(self, reader) for reader in self.readers if reader.card is not None or not token_present]

    def ask(self, reader: VirtualReader) -> str:
        """The middleware's own window: the PIN that was typed. One mistake ends the call."""
        self.note("dialog")
        if self.no_display:
            raise pkcs11.GeneralError
        action = self.dialog.pop(0) if self.dialog else reader.card.pin if reader.card else PIN
        if callable(action):
            action()
            action = PIN
        if reader.card is None:
            raise pkcs11.TokenNotPresent
        if action == CANCEL:
            raise pkcs11.FunctionCancelled
        if not (action.isdigit() and 4 <= len(action) <= 12):
            raise pkcs11.FunctionFailed
        return action

    def verify(self, card: VirtualCard, pin: str) -> None:
        """The errors of a refused PIN: the official software counts the third as locked, OpenSC the fourth."""
        was = card.tries
        if not card.verify(pin):
            raise pkcs11.PinLocked if not card.tries and (not self.kind.opensc or not was) else pkcs11.PinIncorrect


class VirtualSlot:
    """One reader as a slot."""

    manufacturer_id = "virtual"
    flags = SlotFlag.REMOVABLE_DEVICE

    def __init__(self, library: VirtualLibrary, reader: VirtualReader) -> None:
        self.library = library
        self.reader = reader
        self.slot_description = reader.name

    def get_token(self) -> VirtualToken:
        if self.reader.card is None:
            raise pkcs11.TokenNotPresent
        if self.reader.card.foreign:
            raise pkcs11.PKCS11Error("Buffer was too small")
        return VirtualToken(self, self.reader.card)

    def get_mechanisms(self) -> set[Mechanism]:
        if self.reader.card is None:
            raise pkcs11.TokenNotPresent
        if self.reader.card.applet == "1.7":
            return RSA_MECHANISMS
        return EC_MECHANISMS if self.library.kind.ec else set()


class VirtualToken:
    """A card as a token: the flags are as of this moment."""

    def __init__(self, slot: VirtualSlot, card: VirtualCard) -> None:
        self.slot = slot
        self.card = card
        kind = slot.library.kind
        self.label = kind.label
        self.model = "PKCS#15 emulated" if kind.opensc else "Belgium eID"
        self.manufacturer_id = "Belgium Government"
        self.firmware_version = (0, 0) if kind.opensc else (0x17 if card.applet == "1.7" else 0x18, 0)
        self.serial = (card.serial.lower() if kind.opensc else card.serial).encode()
        self.flags = TokenFlag.TOKEN_INITIALIZED
        if kind.opensc or not kind.dialogs:
            self.flags |= TokenFlag.LOGIN_REQUIRED
        if slot.reader.pad:
            self.flags |= TokenFlag.PROTECTED_AUTHENTICATION_PATH
        if kind.opensc and card.tries == 1:
            self.flags |= TokenFlag.USER_PIN_FINAL_TRY
        if kind.opensc and card.tries == 0:
            self.flags |= TokenFlag.USER_PIN_LOCKED

    def open(self, user_pin: str | object | None = None, so_pin: str | None = None) -> VirtualSession:
        library, reader = self.slot.library, self.slot.reader
        if so_pin is not None:
            user_pin = so_pin  # measured: it is checked as the user PIN, and costs tries
        if reader.card is not self.card:
            raise pkcs11.DeviceRemoved
        session = VirtualSession(self, reader.insertion)
        library.open_sessions += 1
        if user_pin is not None:
            session.login(user_pin)
        return session


class VirtualSession:
    """One session; `opened_at` is the insertion that it belongs to."""

    def __init__(self, token: VirtualToken, opened_at: int) -> None:
        self.token = token
        self.library = token.slot.library
        self.reader = token.slot.reader
        self.opened_at = opened_at
        self.user = False
        self.searching = False
        self.stuck = False
        self.directory_read = False

    @property
    def card(self) -> VirtualCard:
        """The card, while it is the one of this session."""
        if self.reader.insertion == self.opened_at and self.reader.card is not None:
            return self.reader.card
        if self.library.kind.opensc and self.reader.card is not None:
            raise pkcs11.SessionHandleInvalid
        raise pkcs11.DeviceRemoved

    def login(self, pin: str | object) -> None:
        library, name = self.library, self.reader.name
        library.note("login")
        if pin is pkcs11.PROTECTED_AUTH:
            if not self.reader.pad:
                raise pkcs11.ArgumentsBad
            pin = library.ask(self.reader)
        assert isinstance(pin, str)
        if name in library.logged_in:
            if library.kind.opensc:
                raise pkcs11.UserAlreadyLoggedIn
            self.user = True  # measured: silently fine, the PIN is not looked at; also after the card was out
            return
        if library.kind.opensc and not pin:
            raise pkcs11.ArgumentsBad
        if library.kind.opensc and not 4 <= len(pin) <= 12:
            raise pkcs11.PinLenRange
        if not pin or len(pin) >= 20:
            pin = library.ask(self.reader)
        if not (pin.isdigit() and 4 <= len(pin) <= 12):
            raise pkcs11.FunctionFailed
        library.verify(self.card, pin)
        library.logged_in.add(name)
        self.user = True

    def close(self) -> None:
        """Logs everybody out of this slot; with the card gone the library keeps believing in the login."""
        self.library.note("close")
        card = self.card
        self.library.open_sessions -= 1
        if self.user:
            self.library.logged_in.discard(self.reader.name)
            card.right = False

    def get_objects(self, attrs: dict[Attribute, Any] | None = None) -> Iterator[VirtualObject]:
        """A search that must be read to its end before the next begins."""
        if self.searching or self.stuck:
            raise pkcs11.OperationActive
        self.searching = True
        yield from self._matching(attrs or {})
        self.searching = False

    def _matching(self, wanted: dict[Attribute, Any]) -> list[VirtualObject]:
        if not self.library.kind.opensc:  # OpenSC answers from memory when the card is out
            _ = self.card
        known = self.token.card
        self.directory_read |= Attribute.CLASS in wanted or not wanted
        if not self.directory_read and not self.library.kind.opensc:
            return []
        objects = [VirtualObject(self, attributes) for attributes in self._certificates(known)]
        objects += [VirtualKey(self, attributes) for attributes in self._private_keys(known)]
        if wanted.get(Attribute.CLASS) is ObjectClass.DATA and not self.library.kind.opensc:
            if Attribute.LABEL not in wanted and Attribute.OBJECT_ID not in wanted:
                self.library.data_rounds += 1
            objects = [VirtualObject(self, one) for one in self._data(known)] * max(1, self.library.data_rounds)
        return [one for one in objects if all(one.attributes.get(name) == value for name, value in wanted.items())]

    def _certificates(self, card: VirtualCard) -> Iterator[dict[Attribute, Any]]:
        if self.library.kind.opensc and card.applet == "1.7" and not self.user:
            return  # flagged private
        person = card.person
        leaves = [("Authentication", 2, person.authentication), ("Signature", 3, person.signature)]
        if person.surname == NO_CERTIFICATES:
            return
        chain = person.authentication.chain
        found = [(label, number, pair.chain[0]) for label, number, pair in leaves if pair is not None]
        for label, number, certificate in [*found, ("CA", 4, chain[1]), ("Root", 6, chain[2])]:
            yield {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.LABEL: label,
                Attribute.ID: self._id(number),
                Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            }

    def _private_keys(self, card: VirtualCard) -> Iterator[dict[Attribute, Any]]:
        if self.library.kind.opensc and not self.user:
            return
        # The Signature key is shown also when its certificate is missing; 1.8 has a third key.
        keys = [("Authentication", 2), ("Signature", 3)]
        for label, number in keys + ([("Card", 1)] if card.applet == "1.8" else []):
            rsa_key = card.applet == "1.7"
            attributes = {
                Attribute.CLASS: ObjectClass.PRIVATE_KEY,
                Attribute.LABEL: label,
                Attribute.ID: self._id(number),
                Attribute.KEY_TYPE: KeyType.RSA if rsa_key else KeyType.EC,
                Attribute.PRIVATE: True,
                Attribute.SENSITIVE: True,
                Attribute.SIGN: True,
            }
            if not rsa_key:
                attributes[Attribute.EC_PARAMS] = ECDomainParameters("named", NamedCurve("secp384r1")).dump()
            if self.library.kind.opensc:
                attributes[Attribute.ALWAYS_AUTHENTICATE] = label == "Signature"
            yield attributes

    def _data(self, card: VirtualCard) -> Iterator[dict[Attribute, Any]]:
        for label, value in card.data.items():
            yield {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label, Attribute.VALUE: value}

    def _id(self, number: int) -> bytes:
        return number.to_bytes(1 if self.library.kind.opensc else 8, "little")

    def bare_point(self) -> bytes:
        """The EC_POINT of the public key, as the official middleware gives it: not wrapped."""
        key = self.card.person.authentication.key
        return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


NO_CERTIFICATES = "Ohnezertifikat"


class VirtualObject:
    """An object: an attribute that the module lacks raises."""

    def __init__(self, session: VirtualSession, attributes: dict[Attribute, Any]) -> None:
        self.held_by = session
        self.attributes = attributes

    def __getitem__(self, name: Attribute) -> Any:
        if not self.held_by.library.kind.opensc:
            _ = self.held_by.card
        if name not in self.attributes:
            raise pkcs11.AttributeTypeInvalid
        return self.attributes[name]


class VirtualKey(VirtualObject, pkcs11.SignMixin):  # type: ignore[misc]
    """A private key of a card."""

    @property
    def label(self) -> Any:
        """Its name."""
        return self.attributes[Attribute.LABEL]

    def sign(self, data: bytes, mechanism: Mechanism | None = None, pin: str | None = None) -> bytes:
        session, library = self.held_by, self.held_by.library
        library.watch(str(self.label))
        library.note("sign")
        library.mechanisms.append(mechanism)
        card = session.card
        if session.stuck or session.searching:
            raise pkcs11.OperationActive
        if self.label == "Card":
            session.stuck = True
            raise pkcs11.OperationActive
        if pin is not None:
            raise pkcs11.PKCS11Error("User type invalid")
        chosen = mechanism or (Mechanism.SHA512_RSA_PKCS if card.applet == "1.7" else Mechanism.ECDSA_SHA512)
        if chosen not in session.token.slot.get_mechanisms():
            raise pkcs11.MechanismInvalid
        if chosen is Mechanism.ECDSA and len(data) not in _RAW_LENGTHS:
            raise pkcs11.GeneralError
        self._authorize(card)
        # Whatever card is in the reader by now is the one that signs.
        person = session.reader.card.person if session.reader.card is not None else card.person
        pair = {"Authentication": person.authentication, "Signature": person.signature}[str(self.label)]
        if pair is None:
            raise pkcs11.GeneralError
        return _signed(pair.key, data, chosen)

    def _authorize(self, card: VirtualCard) -> None:
        library, reader = self.held_by.library, self.held_by.reader
        if self.label == "Signature" and not library.kind.signs_after_login:
            if library.kind.opensc:
                raise pkcs11.FunctionNotSupported
            if not library.kind.dialogs:
                raise pkcs11.FunctionFailed
            library.verify(card, library.ask(reader))  # a login done earlier never counts
            return
        if card.right:
            return  # the PIN state sits in the card: whoever gave it
        if not library.kind.dialogs or library.kind.opensc:
            raise pkcs11.UserNotLoggedIn
        library.verify(card, library.ask(reader))


def _signed(key: Key, data: bytes, mechanism: Mechanism) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), _DIGESTS[mechanism])
    if mechanism is Mechanism.ECDSA:
        sizes = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}
        der = key.sign(data, ec.ECDSA(utils.Prehashed(sizes[len(data)])))
    else:
        der = key.sign(data, ec.ECDSA(_DIGESTS[mechanism]))
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")
