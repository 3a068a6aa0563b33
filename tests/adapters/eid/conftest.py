"""Test cards in every form: SoftHSM tokens, the shim in front of them, and folders of the sandbox."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, NoReturn, Protocol

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from adapters.eid import softhsm
from adapters.eid.middleware import Pkcs11Cards
from adapters.eid.software import SoftwareCards
from steps.ports.card import PinEntry
from tests.adapters.eid.people import (
    NOW,
    PIN,
    Attending,
    Person,
    Pki,
    change_software_card,
    make_pki,
    without_signature,
    write_software_card,
)
from tests.adapters.eid.tokens import fill
from tests.adapters.eid.virtual import BEID, Kind, VirtualCard, VirtualLibrary, VirtualReader

AnyCards = Pkcs11Cards | SoftwareCards

SHIM_SOURCE = Path(__file__).parent / "shim" / "shim.c"


def missing(tool: str) -> NoReturn:
    """Skip for a missing tool; in CI it is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} is missing")
    pytest.skip(f"{tool} is missing: install the packages of .ci/system")


@pytest.fixture(scope="session")
def pki() -> Pki:
    return make_pki()


@pytest.fixture(scope="session")
def zoe(pki: Pki) -> Person:
    """A card of before applet 1.8: RSA keys, in certificates signed with ECDSA."""
    keys = (rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048))
    return pki.person("75031299943", "Zoé Élise", "Exemple", keys)


def ec_keys() -> tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePrivateKey]:
    return ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())


@pytest.fixture(scope="session")
def pol(pki: Pki) -> Person:
    """A card with applet 1.8: P-384 keys."""
    return pki.person("82010100149", "Pol", "Voorbeeld", ec_keys())


@pytest.fixture(scope="session")
def mia(pki: Pki) -> Person:
    """A card that is not fully active."""
    return without_signature(pki.person("90020200296", "Mia", "Muster", ec_keys()))


@pytest.fixture(scope="session")
def old(pki: Pki) -> Person:
    """A card whose certificates have ended."""
    return pki.person("60030300324", "Oda", "Verlopen", ec_keys(), until=NOW - timedelta(days=1))


# --- SoftHSM ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tokens:
    """The SoftHSM library and the serial number of each person's token."""

    library: Path
    serials: dict[str, str]

    def serial(self, person: Person) -> str:
        return self.serials[person.ssin].upper()


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory, zoe: Person, pol: Person, mia: Person, old: Person) -> Tokens:
    """One token for each person, all labelled BELPIC, and an empty one that SoftHSM adds."""
    library = softhsm.find_library()
    if library is None:
        missing("softhsm2")
    os.environ[softhsm.CONFIGURATION] = str(softhsm.configure(tmp_path_factory.mktemp("softhsm")))
    people = [zoe, pol, mia, old]
    for _ in people:
        softhsm.make_token(PIN)
    loaded = pkcs11.lib(str(library.resolve()))
    made = [slot.get_token() for slot in loaded.get_slots()]
    serials = {}
    for person, token in zip(people, (token for token in made if token.label == "BELPIC"), strict=True):
        fill(token, person)
        serials[person.ssin] = token.serial.decode()
    return Tokens(library, serials)


# --- the shim -----------------------------------------------------------------------------------------------------


class Shim:
    """The library in front of SoftHSM: what it shall show, and what was called."""

    def __init__(self, library: Path, folder: Path, tokens: Tokens) -> None:
        self.library = library
        self.tokens = tokens
        self._control = folder / "control"
        self._log = folder / "log"
        self._insertions = count(1)
        self._state: dict[str, object] = {}
        self.reset()

    def reset(self) -> None:
        """One reader without a card."""
        self._state = {}
        self.show()
        self._log.write_text("")

    def show(self, **state: object) -> None:
        """Change what the library does; a key with None goes back to normal."""
        self._state |= state
        lines = [f"{key}={value}\n" for key, value in self._state.items() if value is not None]
        self._control.write_text("".join(lines))

    def insert(self, person: Person, reader: int = 0) -> None:
        """Put the card of this person in a reader, in place of another."""
        self.show(**{f"card{reader}": self.tokens.serials[person.ssin], "insertion": next(self._insertions)})

    def take_out(self, reader: int = 0) -> None:
        self.show(**{f"card{reader}": None, "insertion": next(self._insertions)})

    def calls(self, name: str) -> int:
        """How often a function was called since the last reset."""
        return self._log.read_text().splitlines().count(name)


@pytest.fixture(scope="session")
def shim_library(tmp_path_factory: pytest.TempPathFactory, tokens: Tokens) -> tuple[Path, Path]:
    """The compiled shim and its folder. It loads a copy of SoftHSM, which has a state of its own."""
    compiler = shutil.which("gcc")
    if compiler is None:
        missing("gcc")
    folder = tmp_path_factory.mktemp("shim")
    library = folder / "libshim.so"
    command = [str(compiler), "-shared", "-fPIC", "-O1", "-o", str(library), str(SHIM_SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    copied = folder / "libsofthsm2-copy.so"
    shutil.copy(tokens.library, copied)
    os.environ["SHIM_LIBRARY"] = str(copied)
    os.environ["SHIM_CONTROL"] = str(folder / "control")
    os.environ["SHIM_LOG"] = str(folder / "log")
    return library, folder


@pytest.fixture
def shim(shim_library: tuple[Path, Path], tokens: Tokens) -> Iterator[Shim]:
    library, folder = shim_library
    shim = Shim(library, folder, tokens)
    yield shim
    shim.reset()
    if str(library.resolve()) in pkcs11._loaded:
        pkcs11.lib(str(library.resolve())).reinitialize()


# --- the library in Python ----------------------------------------------------------------------------------------


class Virtual:
    """A virtual library in place of the real one, with one reader or more."""

    def __init__(self, kind: Kind, monkeypatch: pytest.MonkeyPatch, *readers: VirtualReader) -> None:
        self.library = VirtualLibrary(kind, *readers)
        self.attendant = Attending()
        monkeypatch.setattr(pkcs11, "lib", self.library.load)

    def cards(self, pin_mode: PinEntry | None = None, card: str | None = None) -> Pkcs11Cards:
        """The adapter over it."""
        return Pkcs11Cards(self.library.so, pin_mode, card, now=lambda: NOW, attendant=self.attendant)

    @property
    def reader(self) -> VirtualReader:
        """The first reader."""
        return self.library.readers[0]

    def naive(self, **pins: Any) -> Any:
        """A session as somebody opens it who knows no trap."""
        return self.library.get_slots()[0].get_token().open(**pins)


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Virtual]:
    """Makes a virtual library of a kind, with these cards, each in a reader of its own."""

    def make(kind: Kind = BEID, *people: Person | VirtualCard | None) -> Virtual:
        readers = []
        for number, one in enumerate(people):
            serial = f"ABCDEF012345678{number}"
            card = VirtualCard(one, serial) if isinstance(one, Person) else one
            readers.append(VirtualReader(f"Virtual Reader {number:02}", card))
        return Virtual(kind, monkeypatch, *readers)

    return make


# --- the same cards in every form ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Every person's card, in the readers of one kind of `Cards`."""

    cards: AnyCards
    serial: Callable[[Person], str]
    named: Callable[[str], AnyCards]


@pytest.fixture(params=[pytest.param("softhsm", marks=pytest.mark.softhsm), "software"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """The cards of all four people, in both forms."""
    if request.param == "softhsm":
        tokens: Tokens = request.getfixturevalue("tokens")

        def on_tokens(card: str | None) -> Pkcs11Cards:
            return Pkcs11Cards(tokens.library, card=card, now=lambda: NOW)

        return World(on_tokens(None), tokens.serial, on_tokens)
    for name in ("zoe", "pol", "mia", "old"):
        person: Person = request.getfixturevalue(name)
        write_software_card(tmp_path, f"F{person.ssin[:6]}", person)

    def in_folders(card: str | None) -> SoftwareCards:
        return SoftwareCards(tmp_path, card=card, now=lambda: NOW)

    return World(in_folders(None), lambda person: f"F{person.ssin[:6]}", in_folders)


class Reader(Protocol):
    """One reader whose card can be moved."""

    cards: AnyCards
    attendant: Attending

    def unattended(self) -> AnyCards:
        """The same reader when nobody is there."""

    def insert(self, person: Person) -> None:
        """Put this person's card in, in place of another."""

    def take_out(self) -> None:
        """Leave the reader empty."""


class ShimReader:
    """A reader of the shim, with cards that block after three wrong PINs."""

    def __init__(self, shim: Shim) -> None:
        self.attendant = Attending()
        self.cards: AnyCards = Pkcs11Cards(shim.library, now=lambda: NOW, attendant=self.attendant)
        self._shim = shim
        shim.show(max_tries=3)

    def unattended(self) -> AnyCards:
        return Pkcs11Cards(self._shim.library, now=lambda: NOW)

    def insert(self, person: Person) -> None:
        self._shim.insert(person)

    def take_out(self) -> None:
        self._shim.take_out()


class SoftwareReader:
    """A reader of the sandbox."""

    def __init__(self, folder: Path) -> None:
        self.attendant = Attending()
        self.cards: AnyCards = SoftwareCards(folder, now=lambda: NOW, attendant=self.attendant)
        self._folder = folder

    def unattended(self) -> AnyCards:
        return SoftwareCards(self._folder, now=lambda: NOW)

    def insert(self, person: Person) -> None:
        self.take_out()
        folder = self._folder / f"F{person.ssin[:6]}"
        if folder.exists():
            change_software_card(folder, inserted=True)
        else:
            write_software_card(self._folder, folder.name, person)

    def take_out(self) -> None:
        for file in self._folder.glob("*/card.json"):
            change_software_card(file.parent, inserted=False)


@pytest.fixture(params=[pytest.param("shim", marks=pytest.mark.softhsm), "software"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Reader:
    """An empty reader of each kind."""
    if request.param == "shim":
        return ShimReader(request.getfixturevalue("shim"))
    return SoftwareReader(tmp_path)


@pytest.fixture(params=["zoe", "pol"], ids=["rsa", "ec"])
def person(request: pytest.FixtureRequest) -> Person:
    """A holder with both certificates: one with RSA keys, one with P-384 keys."""
    found: Person = request.getfixturevalue(request.param)
    return found
