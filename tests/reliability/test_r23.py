"""R23, the card of another person: found out by comparing it with the holder of the procedure, before it signs.

The library behind is the one in Python, with a card of somebody else in every way that it can get into the reader.
That a fault struck is seen at the reader: the other card lay in it when the library looked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import pytest

from adapters.eid.middleware import Pkcs11Cards
from adapters.sandbox.cards import CardKind
from adapters.sandbox.people import COLLEAGUE, STRANGER
from tests.adapters.eid.virtual import BEID, DOUBLE, Kind, VirtualCard, VirtualReader
from tests.reliability.at_the_card import SERIAL, Desk, a_desk, card_of, moments, person_of
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.world.world import shared_card

OTHER = "FFFFFFFFFFFFFFFF"
KINDS: tuple[tuple[CardKind, Kind], ...] = (("rsa", BEID), ("ec", BEID), ("rsa", DOUBLE), ("ec", DOUBLE))


@dataclass(frozen=True)
class Way:
    """How the other card gets there: `puts` does it. `asked`: by then the person has typed a PIN, in the window."""

    name: str
    puts: Callable[[Desk, VirtualCard], None]
    serial: str = OTHER
    kinds: tuple[str, ...] = ("beid", "SoftHSM")
    asked: bool = False
    told: tuple[str, ...] = ("card_of_other_person",)


def in_place(desk: Desk, other: VirtualCard) -> None:
    desk.reader.insert(other)


def at(call: str) -> Callable[[Desk, VirtualCard], None]:
    """When the library is called so."""

    def puts(desk: Desk, other: VirtualCard) -> None:
        desk.library.on[call] = partial(desk.reader.insert, other)

    return puts


def while_typing(desk: Desk, other: VirtualCard) -> None:
    """While the PIN is typed at our prompt."""
    person, usual = desk.world.person, desk.world.person.secret

    def secret(name: str, about: str) -> Any:
        if name == "pin":
            desk.reader.insert(other)
        return usual(name, about)

    person.secret = secret  # type: ignore[method-assign]


def named(desk: Desk, other: VirtualCard) -> None:
    """Both are there, and the setting names the other one."""
    desk.library.readers.append(VirtualReader("Virtual Reader 09", other))
    cards = Pkcs11Cards(desk.library.so, card=OTHER, now=desk.world.own_clock.now, attendant=desk.attendant)
    desk.world.cards = cards  # type: ignore[assignment]


def beside(desk: Desk, other: VirtualCard) -> None:
    """In another reader, after the person's own was taken out of his."""
    desk.library.readers.append(VirtualReader("Virtual Reader 09", other))
    desk.reader.take_out()


def a_namesake(desk: Desk, other: VirtualCard) -> None:
    """Another national number under the same names."""
    holder = replace(COLLEAGUE, first_names=desk.world.holder.first_names, surname=desk.world.holder.surname)
    card = desk.world.sandbox.make_card(holder, "ec")
    other.person = person_of(holder, card)
    desk.reader.insert(other)


WAYS = (
    Way("before the command", in_place),
    Way("in another reader", beside),
    Way("named in the settings", named),
    Way("of a namesake", a_namesake),
    Way("with the same serial number", in_place, serial=SERIAL),
    Way("while the PIN is typed", while_typing, kinds=("SoftHSM",)),
    Way("while the window is open", at("dialog"), kinds=("beid",), asked=True),
    Way("while it signs", at("sign"), told=("card_removed", "card_of_other_person")),
)


def found_out(course: str, card: CardKind, kind: Kind, state: str, way: Way) -> Verdict:
    """Let another card get into the reader at a state; then put the right one back, and go on to the end."""
    with a_desk(course, card, kind) as desk:
        desk.halt_before(state)
        own, readers, cards, secret = desk.card, list(desk.library.readers), desk.world.cards, desk.world.person.secret
        other = card_of(STRANGER, card, way.serial)
        sent, looked = dict(desk.world.accepted), len(desk.library.calls)
        way.puts(desk, other)
        error = desk.sit()
        fired = len(desk.library.calls) > looked and other in [reader.card for reader in desk.library.readers]
        problems = []
        if error is None or error.code not in way.told:
            problems.append(Problem(Harm.STUCK, f"told {error and error.code}"))
        elif error.code == "card_of_other_person" and desk.world.holder.surname not in str(error):
            problems.append(Problem(Harm.STUCK, f"it does not name the holder: {error}"))
        if other.wrong or (other.asked and not way.asked):
            problems.append(Problem(Harm.LOST, "the card of somebody else was asked for a PIN"))
        if desk.world.accepted != sent:
            problems.append(Problem(Harm.LOST, "something was sent"))
        if desk.world.holder.ssin in f"{error}" or other.person.ssin in f"{error}":
            problems.append(Problem(Harm.LEAKED, "a national number stands in the error"))
        desk.library.readers, desk.world.cards = readers, cards
        desk.world.person.secret = secret  # type: ignore[method-assign]
        desk.reader.insert(own)
        return Verdict(fired, tuple(problems + desk.judged(desk.finish())))


def cases() -> Sequence[Case]:
    """Every procedure that is somebody's x the states that sign x the ways."""
    made = []
    for course, (card, kind) in product(("renew", "request", "revoke"), KINDS):
        for moment in moments(course, card, kind):
            for way in WAYS:
                if kind.name in way.kinds and moment.is_stored:
                    name = f"{course}, {card}, {kind.name}, {moment.state}: {way.name}"
                    made.append(Case(name, partial(found_out, course, card, kind, moment.state, way)))
    return made


ROW = register(Row("R23", "the card of another person", cases, share=0.2))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_another_persons_card_signs_nothing(case: Case) -> None:
    assert_clean(case)


def test_the_stranger_is_another_person() -> None:
    assert person_of(STRANGER, shared_card(STRANGER, "ec")).ssin == STRANGER.ssin != COLLEAGUE.ssin
