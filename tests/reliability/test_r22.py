"""R22, the card and its PIN: whatever goes wrong at the reader, in every procedure, at each state that signs.

A case takes a procedure up to a state that needs the card, lets something happen there, looks at what the person is
told and at what the card was asked, sets it right again as the hint says, and goes on to the end. The library behind
is the one in Python (tests/adapters/eid/virtual.py); that a fault struck is seen on its side: the dialog was used up,
the card was moved, the reader was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import product

import pytest

from adapters.eid.middleware import Pkcs11Cards
from adapters.sandbox.cards import CardKind
from adapters.sandbox.people import STRANGER
from tests.adapters.eid.people import Pair, Person
from tests.adapters.eid.virtual import BEID, CANCEL, DOUBLE, OPENSC_27, Kind, VirtualCard, VirtualReader
from tests.reliability.at_the_card import Desk, a_desk, card_of, moments
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.world.cards import PIN
from workflow.errors import Exit, LastTryError

COURSES = ("renew", "renew without", "request", "revoke")
CARDS: tuple[CardKind, ...] = ("rsa", "ec")
CANARY = "739164"
"""A wrong PIN that cannot be mistaken for anything else."""


@dataclass(frozen=True)
class Trouble:
    """What happens at the card. `told` are the codes of the sittings that fail, one after the other.

    `helps` does what the hint says. `only`: the key that it concerns; without it, both. `later`: what a later state of
    the same sitting may tell. `needs_owner`: it is trouble only where the procedure is somebody's already.
    """

    name: str
    told: tuple[str, ...]
    strikes: Callable[[Desk], None]
    helps: Callable[[Desk], None] = lambda desk: None
    only: str = ""
    later: tuple[str, ...] = ()
    exit: Exit = Exit.CARD
    needs_owner: bool = False


# --- what happens -------------------------------------------------------------------------------------------------


def typing(*pins: str) -> Callable[[Desk], None]:
    """These PINs are typed, in the dialog or at our prompt; afterwards the right one."""

    def strikes(desk: Desk) -> None:
        if desk.library.kind.dialogs:
            desk.library.dialog = list(pins)
        else:
            desk.world.person.secrets["pin"] = [*pins, PIN]

    return strikes


def at(call: str, happens: Callable[[Desk], None]) -> Callable[[Desk], None]:
    """Something happens when the library is called so."""

    def strikes(desk: Desk) -> None:
        desk.library.on[call] = partial(happens, desk)

    return strikes


def taken_out(desk: Desk) -> None:
    desk.reader.take_out()


def out_and_back(desk: Desk) -> None:
    card = desk.card
    desk.reader.take_out()
    desk.reader.insert(card)


def exchanged(desk: Desk) -> None:
    """The card of somebody else lies in the reader."""
    desk.reader.insert(card_of(STRANGER, "ec" if desk.card.applet == "1.8" else "rsa", "FFFFFFFFFFFFFFFF"))


def put_back(desk: Desk, card: VirtualCard) -> None:
    desk.reader.insert(card)


def with_tries(tries: int, *, counted: bool = False) -> Callable[[Desk], None]:
    """So many tries are left; cards with a counter say so."""

    def strikes(desk: Desk) -> None:
        desk.card.tries = tries
        if counted:
            desk.card.data["carddata_pin_counter"] = bytes((tries,))

    return strikes


def unblocked(desk: Desk) -> None:
    """At the municipality."""
    desk.card.tries = 3
    desk.card.data.clear()


def nobody_confirms(desk: Desk) -> None:
    with_tries(1, counted=True)(desk)
    desk.attendant.refuses = LastTryError()


def somebody_confirms(desk: Desk) -> None:
    desk.attendant.refuses = None


def never_activated(desk: Desk) -> None:
    desk.card.person = replace(desk.card.person, signature=None)


def expired(desk: Desk) -> None:
    """A card whose certificates ended yesterday."""
    desk.card.person = _ended(desk, desk.card.person)


def _ended(desk: Desk, person: Person) -> Person:
    now = desk.world.clock.now()

    def pair(old: Pair | None, *, signature: bool) -> Pair | None:
        if old is None:
            return None
        leaf, valid = old.chain[0], (now - timedelta(days=900), now - timedelta(days=1))
        key = leaf.public_key()
        issued = desk.world.sandbox.pki.issue_citizen(
            leaf.subject, key, valid, leaf.serial_number, signature=signature  # type: ignore[arg-type]
        )  # fmt: skip
        return Pair(old.key, (issued, *old.chain[1:]))

    authentication = pair(person.authentication, signature=False)
    assert authentication is not None
    return replace(person, authentication=authentication, signature=pair(person.signature, signature=True))


def revoked(desk: Desk) -> None:
    """Somebody reported the card as lost; only eHealth knows."""
    desk.world.sandbox.withdraw_card(desk.card.person.authentication.chain[0])


def not_revoked(desk: Desk) -> None:
    with desk.world.sandbox.store.transaction():
        desk.world.sandbox.store.change("DELETE FROM withdrawn_cards")


def no_display(desk: Desk) -> None:
    desk.library.no_display = True


def a_display(desk: Desk) -> None:
    desk.library.no_display = False


def reader_gone(desk: Desk) -> None:
    desk.library.readers.clear()


def other_software(desk: Desk) -> None:
    """OpenSC was installed in place of the official software."""
    desk.library.kind = OPENSC_27
    desk.library.manufacturer_id = "OpenSC Project"


def official_software(desk: Desk) -> None:
    desk.library.kind = BEID
    desk.library.manufacturer_id = "Belgium Government"


def software_gone(desk: Desk) -> None:
    desk.world.cards = Pkcs11Cards("/nowhere/libbeidpkcs11.so.0", now=desk.world.own_clock.now)  # type: ignore[assignment]
    desk.library.note("slots")


def software_back(desk: Desk) -> None:
    cards = Pkcs11Cards(desk.library.so, now=desk.world.own_clock.now, attendant=desk.attendant)
    desk.world.cards = cards  # type: ignore[assignment]


def second_card(desk: Desk) -> None:
    other = card_of(STRANGER, "ec", "EEEEEEEEEEEEEEEE")
    desk.library.readers.insert(0, VirtualReader("Virtual Reader 09", other))


def foreign_card(desk: Desk) -> None:
    desk.card.foreign = True


def foreign_card_beside(desk: Desk) -> None:
    second_card(desk)
    foreign_card(desk)


def belgian_again(desk: Desk) -> None:
    desk.card.foreign = False


# --- the table ----------------------------------------------------------------------------------------------------

WRONG, BLOCKED, OUT = "pin_wrong", "pin_blocked", "card_removed"

TYPED = [
    Trouble("wrong once", (WRONG,), typing(CANARY)),
    Trouble("wrong twice", (WRONG, WRONG), typing(CANARY, "9999")),
    Trouble("wrong thrice", (WRONG, WRONG, BLOCKED), typing(CANARY, "9999", CANARY), unblocked),
    Trouble("blocked already", (BLOCKED,), with_tries(0), unblocked),
    Trouble("blocked already, and the card says so", (BLOCKED,), with_tries(0, counted=True), unblocked),
    Trouble("malformed", ("pin_malformed",), typing("12")),
    Trouble("letters", ("pin_malformed",), typing("12ab")),
    Trouble("the last try, nobody confirms", ("pin_last_try",), nobody_confirms, somebody_confirms),
    Trouble("the last try, confirmed", (), with_tries(1, counted=True)),
]
MOVED = [
    Trouble("card out before", ("card_absent",), taken_out),
    Trouble("card out while signing", (OUT,), at("sign", taken_out)),
    Trouble("card out and back while signing", (OUT,), at("sign", out_and_back)),
    Trouble("card out and back before", (), out_and_back),
    Trouble("other card put in", ("card_of_other_person",), exchanged, needs_owner=True),
    Trouble("foreign card", ("card_not_eid",), foreign_card, belgian_again),
    Trouble("two cards", (), second_card, needs_owner=True),
    Trouble("reader gone", ("card_reader_absent",), reader_gone),
    Trouble("software gone", ("card_module_missing",), software_gone, software_back),
    Trouble("expired certificates", ("card_expired",), expired),
    Trouble("revoked card", ("ehealth_refused",), revoked, not_revoked, only="Authentication", exit=Exit.REFUSED),
    Trouble("no Signature certificate", ("card_not_active",), never_activated, only="Signature"),
]
IN_THE_DIALOG = [
    Trouble("cancelled", ("pin_cancelled",), typing(CANCEL)),
    Trouble("cancelled, then wrong", ("pin_cancelled", WRONG), typing(CANCEL, CANARY)),
    Trouble("dialog missing", ("card_unusable",), no_display, a_display),
    Trouble("card out during the dialog", (OUT,), at("dialog", taken_out)),
    Trouble("card out after signing", (), at("sign", at("close", taken_out)), later=("card_absent", OUT)),
    Trouble("OpenSC instead", ("card_software_unsuitable",), other_software, official_software, only="Signature"),
]


def troubles(kind: Kind) -> list[Trouble]:
    """What can happen with this kind of software."""
    return [*TYPED, *MOVED, *(IN_THE_DIALOG if kind.dialogs else [])]


# --- a case -------------------------------------------------------------------------------------------------------


def struck(course: str, card: CardKind, kind: Kind, state: str, trouble: Trouble) -> Verdict:
    """Take a procedure to a state, let it happen there, set it right, and go on to the end."""
    with a_desk(course, card, kind) as desk:
        desk.halt_before(state)
        own, readers, person = desk.card, list(desk.library.readers), desk.card.person
        sent, calls = dict(desk.world.accepted), len(desk.library.calls)
        wrong = own.wrong
        trouble.strikes(desk)
        problems: list[Problem] = []
        for code in trouble.told:
            problems += _wrongly_told(desk, code, trouble.exit)
            if desk.world.accepted != sent:
                problems.append(Problem(Harm.LOST, "something was sent although the card did not sign"))
        if not trouble.told:
            problems += _unmoved(desk, trouble)
        fired = len(desk.library.calls) > calls
        spent = sum(code in (WRONG, BLOCKED) and "blocked already" not in trouble.name for code in trouble.told)
        if own.wrong - wrong != spent:
            problems.append(Problem(Harm.LOST, f"{own.wrong - wrong} tries were spent, {spent} were typed"))
        _set_right(desk, trouble, own, readers, person)
        ended = desk.finish()
        strangers = [reader.card for reader in desk.library.readers if reader.card not in (None, own)]
        if any(stranger.asked for stranger in strangers if stranger is not None):
            problems.append(Problem(Harm.LOST, "the card of somebody else was asked for a PIN"))
        return Verdict(fired, tuple(problems + desk.judged(ended)))


def _set_right(desk: Desk, trouble: Trouble, own: VirtualCard, readers: list[VirtualReader], person: Person) -> None:
    """Do what the hint says: the right card in the right reader, and what the trouble needs."""
    if not trouble.told and not trouble.later:
        return
    desk.library.readers = readers
    own.person = person
    if desk.reader.card is not own:
        desk.reader.insert(own)
    trouble.helps(desk)


def _unmoved(desk: Desk, trouble: Trouble) -> Iterator[Problem]:
    """One sitting that goes on, whatever happens."""
    error = desk.sit()
    if error is not None and error.code not in trouble.later:
        yield Problem(Harm.STUCK, f"told {error.code}")


def _wrongly_told(desk: Desk, code: str, exit_code: Exit) -> Iterator[Problem]:
    """One sitting that must fail with this code, and say what to do."""
    was_stored = bool(desk.world.under_way())
    error = desk.sit()
    if error is None or error.code != code:
        yield Problem(Harm.STUCK, f"told {error and error.code} rather than {code}")
        return
    if not error.hint or error.exit is not exit_code:
        yield Problem(Harm.STUCK, f"{code}: no next action, or exit code {error.exit}")
    if CANARY in f"{error} {error.details} {error.__cause__!r}":
        yield Problem(Harm.LEAKED, "the PIN stands in the error")
    if was_stored and len(desk.world.under_way()) != 1:
        yield Problem(Harm.LOST, "the procedure is gone")


def cases() -> Sequence[Case]:
    """Every procedure x both kinds of card x who asks for the PIN x each state that signs x each trouble."""
    made = []
    for course, card, kind in product(COURSES, CARDS, (BEID, DOUBLE)):
        for moment in moments(course, card, kind):
            for trouble in troubles(kind):
                if trouble.only in ("", moment.key) and (moment.is_stored or not trouble.needs_owner):
                    name = f"{course}, {card}, {kind.name}, {moment.state}: {trouble.name}"
                    made.append(Case(name, partial(struck, course, card, kind, moment.state, trouble)))
    return made


ROW = register(Row("R22", "what goes wrong with the card and its PIN", cases, share=0.1))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_a_card_in_trouble_is_told_and_loses_no_try(case: Case) -> None:
    assert_clean(case)
