"""A procedure whose card is read through PKCS#11, by the library in Python that replays what real ones do."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest import mock

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from adapters.eid.middleware import Pkcs11Cards
from adapters.sandbox.cards import CardKind, SoftwareCard
from adapters.sandbox.people import Person as Citizen
from steps.ports.signing import Signer
from tests.adapters.eid.people import Attending, Pair, Person
from tests.adapters.eid.virtual import Kind, VirtualCard, VirtualLibrary, VirtualReader
from tests.reliability.counting import Harm, Problem
from tests.reliability.judging import check
from tests.reliability.rehearsing import keystores_of
from tests.world.cards import PIN
from tests.world.courses import COURSES, Course
from tests.world.watched import Died
from tests.world.world import World, shared_card
from workflow.errors import EhcertError
from workflow.procedure import Procedure

SERIAL = "ABCDEF0123456789"


@dataclass
class Desk:
    """A world whose person sits at a reader. `told` is what the person was told, in order."""

    world: World
    library: VirtualLibrary
    course: Course
    attendant: Attending
    told: list[EhcertError] = field(default_factory=list)

    @property
    def reader(self) -> VirtualReader:
        """The first reader, with the card of the person."""
        return self.library.readers[0]

    @property
    def card(self) -> VirtualCard:
        """The card in the first reader."""
        assert self.reader.card is not None
        return self.reader.card

    def halt_before(self, state: str) -> None:
        """Take the procedure up to a state and die there."""
        self.world.crash_at(f"{self.course.definition}.{state}.before")
        with contextlib.suppress(Died):
            self.course.finish(self.world)
            raise AssertionError(f"it never came to '{state}'")

    def sit(self) -> EhcertError | None:
        """One sitting; the error that the person was told."""
        try:
            self.world.resume() if self.world.all_procedures() else self.world.start()
        except EhcertError as error:
            self.told.append(error)
            return error
        return None

    def finish(self) -> Procedure | None:
        """Take the procedure to its end; None when an error stays."""
        try:
            return self.course.finish(self.world)
        except EhcertError as error:
            self.told.append(error)
            return None

    def judged(self, ended: Procedure | None) -> list[Problem]:
        """All harm that can be seen from outside, at the end."""
        problems = check(self.world.sandbox, keystores_of(self.world), renewed=False)
        if ended is None:
            return [*problems, Problem(Harm.STUCK, f"the right thing to do does not help: {self.told[-1]}")]
        if ended.state != self.course.end:
            return [*problems, Problem(Harm.LOST, f"it ended as '{ended.state}'")]
        return problems + check(self.world.sandbox, keystores_of(self.world), accepted=self.course.accepted)


@contextlib.contextmanager
def a_desk(course: str, card: CardKind, kind: Kind) -> Iterator[Desk]:
    """A procedure at its very beginning, its person's card in the only reader."""
    chosen = COURSES[course]
    world = chosen.world(card_kind=card)
    reader = VirtualReader("Virtual Reader 00", VirtualCard(person_of(world.holder, world.card), SERIAL, PIN))
    library, attendant = VirtualLibrary(kind, reader), Attending()
    cards = Pkcs11Cards(library.so, now=world.own_clock.now, attendant=attendant)
    world.cards = cards  # type: ignore[assignment]
    try:
        with mock.patch("pkcs11.lib", library.load):
            yield Desk(world, library, chosen, attendant)
    finally:
        world.close()


def person_of(citizen: Citizen, card: SoftwareCard) -> Person:
    """A fictive person of the sandbox, with the card that he has there."""
    return Person(citizen.ssin, citizen.first_names, citizen.surname, _pair(card.authentication), _pair(card.signature))


def card_of(citizen: Citizen, kind: CardKind, serial: str) -> VirtualCard:
    """The card of somebody else."""
    return VirtualCard(person_of(citizen, shared_card(citizen, kind)), serial, PIN)


def _pair(signer: Signer) -> Pair:
    key = signer.private_key
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return Pair(key, signer.chain)


@dataclass(frozen=True)
class Moment:
    """A state in which a procedure uses the card, the key that signs there first, and whether it is stored by then."""

    state: str
    key: str
    is_stored: bool


@functools.cache
def moments(course: str, card: CardKind, kind: Kind) -> tuple[Moment, ...]:
    """Every moment at which an undisturbed procedure uses the card."""
    found: dict[str, tuple[str, bool]] = {}
    with a_desk(course, card, kind) as desk:

        def signs(label: str) -> None:
            found.setdefault(desk.world.person.entered_states[-1], (label, bool(desk.world.all_procedures())))

        desk.library.watch = signs
        ended = desk.finish()
        if ended is None or not found:
            raise AssertionError(f"{course}: {[error.code for error in desk.told]}")
    return tuple(Moment(state, *rest) for state, rest in found.items())
