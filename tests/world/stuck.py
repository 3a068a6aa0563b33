"""The ways to get stuck that PROCEDURES §2 to §8 name, each brought about in a world, with what must be told then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from adapters.sandbox.desk import Rules
from adapters.sandbox.people import COLLEAGUE, MANAGER, SCRUTINIZED
from steps.late_arrival import LATE_ARRIVAL
from tests.world.person import FIRST
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World, shared_card
from workflow.acting import Act
from workflow.definitions import DEFINITIONS
from workflow.errors import EhcertError
from workflow.restoring import doubted

DAY = timedelta(days=1)
HELPDESK = Act("helpdesk", "called")
SLOW = Rules(delivery_delay=timedelta(days=40))

Do = Callable[[World], object]


def nothing(world: World) -> None:
    """It needs no cure: time or somebody else brings it on."""


def go(world: World) -> None:
    """Start or go on, whatever comes of it."""
    with contextlib.suppress(EhcertError, Died, KeyboardInterrupt):
        world.resume() if world.all_procedures() else world.start()


def later(**parts: float) -> Do:
    """Some time later it is gone on with."""

    def act(world: World) -> None:
        world.clock.move(**parts)
        go(world)

    return act


def unapproved(world: World) -> None:
    """It stands before the contract, which is approved the next time."""
    world.person.answers["approval"] = {"approve": False}
    go(world)
    world.person.answers["approval"] = {"approve": True}


def then(*acts: Do) -> Do:
    """One after the other."""

    def act(world: World) -> None:
        for one in acts:
            one(world)

    return act


def lost(fault: Fault, *operations: str) -> Do:
    """The next message of an operation meets a fault."""
    return lambda world: world.wire.fail(fault, *operations)


def to(state: str) -> Do:
    """Go on to a state, without a fault."""
    return lambda world: world.finish(to=state)


def secret(name: str, value: str) -> Do:
    """From now on this secret is given."""

    def act(world: World) -> None:
        world.person.secrets[name] = value

    return act


def answer(form: str, **answers: Any) -> Do:
    """From now on this is answered."""

    def act(world: World) -> None:
        world.person.answers[form] = {**world.person.answers.get(form, {}), **answers}

    return act


def card(**options: Any) -> Do:
    """The person's card is in the reader, as it is told."""
    return lambda world: world.cards.insert(world.card, **options)


def colleague(world: World) -> None:
    """Somebody else's card is in the reader."""
    world.cards.remove()
    world.cards.insert(shared_card(COLLEAGUE))


def refused_by_team(world: World) -> None:
    """The support team says no."""
    world.authority.refuse(world.procedure.facts["key"]["public_key_identifier"])


def hide_keystore(world: World) -> None:
    """The new keystore goes away; `show_keystore` brings it back."""
    content: Any = world.keystores.content  # type: ignore[attr-defined]
    name = world.procedure.facts["new_keystore"]["name"]
    world.hidden = {path: content.pop(path) for path in list(content) if path.name == name}  # type: ignore[attr-defined]


def show_keystore(world: World) -> None:
    """What `hide_keystore` hid is there again."""
    keystores: Any = world.keystores
    keystores.content |= world.hidden  # type: ignore[attr-defined]


def other_keystore(world: World) -> None:
    """The old keystore lies in the place of the new one, with the password of the new one."""
    hide_keystore(world)
    keystores: Any = world.keystores
    [path] = world.hidden  # type: ignore[attr-defined]
    keystores.content[path] = (keystores.content[world.old_path][0], "new-password")


def from_backup(world: World) -> None:
    """It comes back from a copy."""
    store, procedure = world.open_store(), world.procedure
    saved, line = doubted(DEFINITIONS[procedure.definition], procedure, world.clock.now(), "restored")
    store.save(saved, [line])


def full(world: World, *, is_full: bool = True) -> None:
    """Nothing can be written any more, or again."""
    keystores: Any = world.keystores
    keystores.full = is_full


def skewed(minutes: int) -> Do:
    """The computer's clock is wrong."""

    def act(world: World) -> None:
        world.own_clock.skew = timedelta(minutes=minutes)

    return act


def log_in(world: World) -> None:
    """The person confirms on the web."""
    world.log_in(world.procedure)


def without_reader(world: World, *, readers: bool = False) -> None:
    """The reader is unplugged, or connected."""
    world.cards.readers = readers


@dataclass(frozen=True, eq=False)
class Stuck:
    """`told` are words that the explanation must hold; `cure` lets the first command that acts move it."""

    name: str
    arrange: Do
    cause: str
    told: tuple[str, ...]
    turn: str = "user"
    cure: Do | None = None
    definition: str = "renew"
    options: Mapping[str, Any] = field(default_factory=dict)

    def world(self) -> World:
        """A new world in which it is stuck so."""
        world = World(definition=self.definition, **self.options)
        world.person.answers["keystore_to_change"] = {"file": FIRST}
        self.arrange(world)
        return world


NEW: dict[str, Any] = {"valid_for": None}
CALL = "02 788 51 55"
_UNAPPROVED = "trouble.contract_not_approved"

BEFORE_SENDING = (
    Stuck("nobody approves", unapproved, _UNAPPROVED, ("did not approve",), cure=nothing),
    Stuck(
        "no reader",
        then(unapproved, without_reader, go),
        "trouble.card_reader_absent",
        ("no card reader", "connect it"),
        cure=lambda world: without_reader(world, readers=True),
    ),
    Stuck(
        "no card",
        then(unapproved, lambda world: world.cards.remove(), go),
        "trouble.card_absent",
        ("no identity card in the reader", "chip first"),
        cure=card(),
    ),
    Stuck(
        "another card",
        then(unapproved, colleague, go),
        "trouble.card_of_other_person",
        ("not the card of", "nothing was signed"),
        cure=then(lambda world: world.cards.remove(), card()),
    ),
    Stuck(
        "a card that is not fully active",
        then(unapproved, card(signature=False), go),
        "trouble.card_not_active",
        ("not fully active", "'NonRepudiation'", "municipality"),
        cure=card(),
    ),
    Stuck(
        "a wrong PIN",
        then(unapproved, secret("pin", "0000"), go),
        "trouble.pin_wrong",
        ("tries left: 2", "never tries again by itself", "Do not guess the PIN"),
        cure=secret("pin", "1234"),
    ),
    Stuck(
        "a blocked PIN",
        then(unapproved, card(tries=1), secret("pin", "0000"), go),
        "trouble.pin_blocked",
        ("blocked", "municipality"),
        cure=then(card(), secret("pin", "1234")),
    ),
    Stuck(
        "a wrong clock",
        then(unapproved, skewed(20), go),
        "trouble.clock_off",
        ("clock", "nothing was signed"),
        cure=skewed(0),
    ),
    Stuck(
        "a full disk",
        then(unapproved, full, go),
        "trouble.folder_not_writable",
        ("the disk is full", "before anything was sent"),
        cure=lambda world: full(world, is_full=False),
    ),
    Stuck(
        "no network",
        then(lost(Fault.UNREACHABLE, "generateCertificate"), go),
        "trouble.ehealth_unreachable",
        ("nothing was sent", "network"),
        cure=nothing,
    ),
    Stuck(
        "the password of the present keystore forgotten",
        then(
            unapproved,
            lambda world: world.engine().back(world.procedure.id, "awaiting_keystore", world.steps(), HELPDESK),
            secret("keystore_password", "wrong"),
            go,
        ),
        "trouble.old_keystore_password_wrong",
        ("wrong password", "without the old keystore", "revoke"),
        cure=secret("keystore_password", "old-password"),
    ),
    Stuck(
        "interrupted at a question",
        then(lambda world: setattr(world.person, "interrupts", {5: KeyboardInterrupt()}), go),
        "asks",
        ("only the person can answer",),
        cure=lambda world: setattr(world.person, "interrupts", {}),
    ),
    Stuck(
        "the program died",
        then(lambda world: world.crash_at("renew.making_key.before"), go),
        "interrupted",
        ("Nothing went wrong", "the program was stopped here"),
        cure=nothing,
    ),
    Stuck(
        "not a care provider",
        unapproved,
        _UNAPPROVED,
        ("does not know this person as a care provider", "checked by hand, or the request may be refused"),
        cure=nothing,
        options={"person": MANAGER},
    ),
    Stuck(
        "the present certificate ends soon",
        unapproved,
        _UNAPPROVED,
        ("the present certificate ends on",),
        cure=nothing,
        options={"valid_for": timedelta(days=5)},
    ),
)

DOUBTS = (
    Stuck(
        "the request without an answer",
        then(lost(Fault.REQUEST_LOST, "generateCertificate"), go),
        "doubt.request",
        ("it is not sure that it arrived", "Do not start again"),
        cure=lambda world: world.clock.move(LATE_ARRIVAL),
    ),
    Stuck(
        "a doubt that only the card settles",
        then(
            lost(Fault.REQUEST_LOST, "generateCertificate"),
            go,
            lambda world: world.cards.remove(),
            later(minutes=6),
        ),
        "doubt.card_needed",
        ("only with the identity card in the reader",),
        cure=card(),
    ),
    Stuck(
        "the revocation without an answer",
        then(lost(Fault.ANSWER_LOST, "revoke"), go),
        "doubt.revocation",
        ("may be revoked or not", "asked for its state"),
        cure=nothing,
        definition="revoke",
    ),
    Stuck(
        "the encryption key without an answer",
        then(to("awaiting_delivery"), lost(Fault.ANSWER_LOST, "completeETKRegistration"), later(days=2)),
        "doubt.encryption_key",
        ("whether it knows the key",),
        cure=nothing,
    ),
    Stuck(
        "the activation without an answer",
        then(to("awaiting_handover"), lost(Fault.ANSWER_LOST, "activateETK"), go),
        "doubt.activation",
        ("which one is active", "Do not take the old file out"),
        cure=nothing,
    ),
    Stuck(
        "a foreigner's request without an answer",
        then(lost(Fault.ANSWER_LOST, "submitCSRForForeigner"), go),
        "doubt.foreign_request",
        ("found out before it is sent again",),
        cure=lambda world: world.clock.move(LATE_ARRIVAL),
        definition="request_foreigner",
        options=NEW,
    ),
    Stuck(
        "back from a backup",
        then(unapproved, lambda world: world.crash_at("renew.submitting.before"), go, from_backup),
        "doubt.from_backup",
        ("came back from a copy", "asked first"),
        cure=lambda world: world.clock.move(LATE_ARRIVAL),
    ),
)

WAITS = (
    Stuck("delivery", go, "waits.delivery", ("Two mails", "Do not request again: a request is under way."), "ehealth"),
    Stuck(
        "the date of the second mail",
        then(go, lambda world: world.engine().announce(world.procedure.id, date(2031, 3, 12))),
        "waits.announced",
        ("second mail",),
        "ehealth",
    ),
    Stuck(
        "the check by hand",
        go,
        "waits.by_hand",
        ("support team", "working days"),
        "ehealth",
        options={"person": SCRUTINIZED},
    ),
    Stuck(
        "delivery, late",
        then(go, later(days=11)),
        "late.delivery",
        ("ten days", CALL, "Do not request again"),
        "ehealth",
        options={"rules": SLOW},
    ),
    Stuck(
        "late after the second mail",
        then(go, lambda world: world.engine().announce(world.procedure.id, date(2031, 3, 6)), later(days=3)),
        "late.announced",
        ("second mail", CALL),
        "ehealth",
        options={"rules": SLOW},
    ),
    Stuck(
        "the check by hand, late",
        then(go, later(days=11)),
        "late.by_hand",
        ("check by hand", CALL),
        "ehealth",
        options={"person": SCRUTINIZED},
    ),
    Stuck(
        "the confirmation on the web",
        go,
        "waits.confirmation",
        ("logged in", "nothing is made"),
        definition="request_foreigner",
        options=NEW,
    ),
    Stuck(
        "the confirmation, late",
        then(go, lambda world: world.clock.move(days=8)),
        "late.confirmation",
        ("should have been confirmed",),
        cure=nothing,
        definition="request_foreigner",
        options=NEW,
    ),
    Stuck(
        "the address of the confirmation lost",
        then(lost(Fault.ANSWER_LOST, "submitCSRForForeigner"), go, later(minutes=6)),
        "waits.address",
        ("was lost", CALL),
        definition="request_foreigner",
        options=NEW,
    ),
    Stuck(
        "the address lost, and late",
        then(lost(Fault.ANSWER_LOST, "submitCSRForForeigner"), go, later(minutes=6), later(days=15)),
        "late.address",
        ("let the request lapse",),
        definition="request_foreigner",
        options=NEW,
    ),
    Stuck(
        "put off",
        then(go, lambda world: world.engine().postpone(world.procedure.id, world.clock.now() + 3 * DAY, HELPDESK)),
        "waits.delivery",
        ("helpdesk put it off until",),
        "ehealth",
    ),
    Stuck(
        "the revocation not known everywhere yet",
        go,
        "trouble.revocation_not_known_yet",
        ("revoked a moment ago", "In a minute", "the practice has none at all", "Do not revoke again"),
        cure=lambda world: world.clock.move(minutes=6),
        definition="revoke",
        options={"rules": Rules(revocation_delay=timedelta(minutes=5))},
    ),
)

DELIVERED = (
    Stuck(
        "refused, and no card to ask why",
        then(go, refused_by_team, lambda world: world.cards.remove(), go, later(minutes=1)),
        "trouble.ehealth_refused",
        ("eHealth refused:", "identity card in the reader", CALL),
        "helpdesk",
        cure=then(card(), lambda world: world.clock.move(minutes=1)),
        options={"person": SCRUTINIZED},
    ),
    Stuck(
        "the password of the new keystore forgotten",
        then(to("awaiting_delivery"), secret("new_keystore_password", "wrong-word"), later(days=2)),
        "trouble.keystore_password_wrong",
        ("chosen for the new keystore in this procedure, on 4 March 2031", "revoke, and request a new certificate"),
        cure=secret("new_keystore_password", "new-password"),
    ),
    Stuck(
        "the new keystore lost",
        then(to("awaiting_delivery"), hide_keystore, later(days=2)),
        "trouble.new_keystore_missing",
        ("the only copy of the key", "backups"),
        cure=show_keystore,
    ),
    Stuck(
        "another file in its place",
        then(to("awaiting_delivery"), other_keystore, later(days=2)),
        "trouble.keystore_changed",
        ("another key", "Do not delete any keystore"),
        cure=show_keystore,
    ),
    Stuck(
        "forgotten to load the new file",
        then(to("awaiting_handover"), lambda world: world.clock.move(days=20)),
        "handover",
        ("easily forgotten", "Do not delete the old file or its password"),
        cure=nothing,
    ),
    Stuck(
        "not loaded yet",
        then(to("awaiting_handover"), answer("handover", loaded=False), go),
        "trouble.not_loaded_yet",
        ("nothing was activated",),
        cure=answer("handover", loaded=True),
    ),
)

ENDS = (
    Stuck("done", lambda world: world.finish(), "ended.done", ("still holds the old file",), "nobody"),
    Stuck(
        "the password changed",
        then(lambda world: world.start("password")),
        "ended.password_changed",
        ("stored the old one",),
        "nobody",
        definition="password",
    ),
    Stuck(
        "revoked only",
        then(answer("reason", only=True), go),
        "ended.revoked",
        ("nobody can sign in with it",),
        "nobody",
        definition="revoke",
    ),
    Stuck(
        "cancelled",
        then(unapproved, lambda world: world.cancel()),
        "ended.cancelled",
        ("at eHealth everything is as it was",),
        "nobody",
    ),
    Stuck(
        "abandoned",
        then(go, lambda world: world.engine().abandon(world.procedure.id, HELPDESK)),
        "ended.abandoned",
        ("eHealth goes on with what it accepted", "Do not delete the new keystore"),
        "nobody",
    ),
    Stuck(
        "refused by the support team",
        then(go, refused_by_team, later(minutes=1)),
        "ended.refused",
        ("The answer of eHealth was:", CALL),
        "nobody",
        options={"person": SCRUTINIZED},
    ),
    Stuck(
        "refused without the old keystore",
        go,
        "ended.refused",
        ("Find the old file and its password",),
        "nobody",
        definition="renew_without_keystore",
        options={"rules": Rules(old_key_needed=True)},
    ),
    Stuck(
        "refused after the revocation",
        then(go, refused_by_team, later(minutes=1)),
        "ended.refused_after_revocation",
        ("there is none at all", "revoked all the same"),
        "nobody",
        definition="revoke",
        options={"person": SCRUTINIZED},
    ),
    Stuck(
        "not confirmed in time",
        then(go, later(days=8)),
        "ended.not_confirmed",
        ("Nobody confirmed",),
        "nobody",
        definition="request_foreigner",
        options=NEW,
    ),
    Stuck(
        "too late to renew",
        then(unapproved, later(days=61)),
        "ended.too_late",
        ("an ended one is not renewed", "Request a new certificate; no revocation is needed."),
        "nobody",
    ),
)

EVERY = (*BEFORE_SENDING, *DOUBTS, *WAITS, *DELIVERED, *ENDS)
