"""Everything at once: a person with a card, keystores, a store, a clock, and the sandbox's eHealth in this process.

    world = World()
    world.renew()                       # one sitting; the report of the engine
    world.clock.move(days=2)            # both clocks
    world.resume()                      # another sitting: new engine, store opened again, no secrets left
    world.finish()                      # as many sittings as it takes; returns the procedure
    world.accepted                      # what eHealth carried out, by operation

Every call of `renew`, `resume` or `cancel` is a sitting of its own, as a process is: what is not in the store, the
keystores or the far side is gone afterwards. `crash_at` makes the next sitting die with `Died` after a call to a
port (a number, counted in `world.trail.calls`) or at a boundary of the engine (a name, as 'renew.submitting.answered').
`world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")` breaks the network.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from adapters.sandbox.cards import CardKind, SoftwareCard
from adapters.sandbox.certificates import State
from adapters.sandbox.desk import Rules
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import PEOPLE, PROVIDER, Person
from adapters.sandbox.pki import Pki
from adapters.sandbox.requesting import CONFIRMATION_ADDRESS
from steps.late_arrival import LATE_ARRIVAL
from steps.ports.keystore import Keystore, Keystores
from steps.ports.registration import RegistrationAuthority
from steps.registry import make_steps
from tests.world.cards import PIN, SandboxCards
from tests.world.clock import FakeClock, SkewedClock
from tests.world.keys import KeyPool
from tests.world.keystores import MemoryKeystores
from tests.world.memory import MemoryLocks, MemoryStore
from tests.world.person import ScriptedPerson
from tests.world.watched import Trail, watched
from tests.world.wire import Exchange, Wire
from workflow.definition import Asking, Definition
from workflow.definitions import DEFINITIONS
from workflow.engine import Engine
from workflow.errors import StillInDoubtError, TemporaryError
from workflow.ports import Clock, Locks, Steps, Store
from workflow.procedure import ID_LENGTH, ID_LETTERS, Procedure, ProcedureId, WrittenLine
from workflow.record import Report
from workflow.sitting import Sitting

ENVIRONMENT = "sandbox"
OLD_PASSWORD = "old-password"
NEW_PASSWORD = "new-password"
_RESERVED_KEYS = 20  # for the authorities and the cards, which all worlds of a process share
_MOST_SITTINGS = 30


class LookingStore(Store, Protocol):
    """A store with the look-ups of the commands."""

    def procedures(self, *, ended: bool = False, limit: int = 100, offset: int = 0) -> list[Procedure]: ...

    def journal(self, procedure: ProcedureId) -> list[WrittenLine]: ...


class World:
    """See the head of this file. What a test may change or look at are the public attributes."""

    old_keystore: Keystore
    old_path: Path

    def __init__(
        self,
        *,
        person: Person = PROVIDER,
        rules: Rules | None = None,
        card_kind: CardKind = "rsa",
        valid_for: timedelta | None = timedelta(days=60),
        definition: str = "renew",
        open_store: Callable[[], LookingStore] | None = None,
        keystores: Keystores | None = None,
        definitions: dict[str, Definition] | None = None,
        seed: int = 1,
        clock: FakeClock | None = None,
        confirms_after: timedelta = timedelta(),
        begun_elsewhere: str = "",
    ) -> None:
        """`valid_for`: how long the present certificate still lives; None: there is none. `definition`: what `start`
        begins. `open_store` opens the same store each time.

        `seed` decides all randomness of the far side. `confirms_after`: how long after a request without a card the
        person logs in on the web, when `finish` sees that he has to. `begun_elsewhere`: the procedure in which another
        program has sent a request; nothing of it is known here but its keystore, the newest one.
        """
        memory = MemoryStore()
        self.trail = Trail()
        self.clock = clock or FakeClock()
        self.own_clock = SkewedClock(self.clock)
        self.keys = KeyPool(_RESERVED_KEYS)
        self.sandbox = Sandbox.in_memory(self.clock, self.keys, rules, shared_pki(), random.Random(seed).randbytes)
        self.authority = self.sandbox.authority
        self.wire = Wire(self.authority, self.clock)
        self._exchange = Exchange.connected(self.wire, self.own_clock)
        self.services: RegistrationAuthority = self._exchange.services
        self.locks = MemoryLocks()
        self.open_store: Callable[[], LookingStore] = open_store or (lambda: memory)
        self.keystores: Keystores = keystores or MemoryKeystores(ENVIRONMENT)
        self.holder = person
        self.card = shared_card(person, card_kind)
        self.cards = SandboxCards(self.own_clock.now, lambda key: self.trail.passed(f"card.sign.{key}"))
        self.cards.insert(self.card)
        self.person = ScriptedPerson(
            secrets={"keystore_password": OLD_PASSWORD, "new_keystore_password": NEW_PASSWORD, "pin": PIN}
        )
        self.definition = definition
        self.confirms_after = confirms_after
        self.keystores.check()
        if valid_for is not None:
            self.old_keystore, self.old_path = self._present_keystore(valid_for)
        self.definitions = DEFINITIONS if definitions is None else definitions
        self._made_ids = 0
        if begun_elsewhere:
            self._begin_elsewhere(begun_elsewhere)

    def _begin_elsewhere(self, definition: str) -> None:
        elsewhere, here = MemoryStore(), self.open_store
        self.open_store = lambda: elsewhere
        self.start(definition)
        self.open_store = here
        for seen in (self.person.asked, self.person.entered_states, self.person.offers, self.person.seen):
            seen.clear()
        self.trail.calls.clear()

    def _present_keystore(self, valid_for: timedelta) -> tuple[Keystore, Path]:
        content = self.sandbox.enrol(self.holder, valid_for)
        requested_at = self.clock.now() - timedelta(days=365 * 2)
        name = self.keystores.name_for("SSIN", self.holder.ssin, None, requested_at)
        return content, self.keystores.finish(self.keystores.create(name, content, OLD_PASSWORD))

    def close(self) -> None:
        """Give back what is shared with other worlds."""
        self.sandbox.close()
        self._exchange.release()

    # --- sittings -------------------------------------------------------------------------------------------------

    def renew(self) -> Report:
        """Start a renewal and take it as far as it goes now."""
        return self.start("renew")

    def start(self, definition: str | None = None) -> Report:
        """Start a procedure, by itself the one of this world, and take it as far as it goes now."""
        return self.engine().start(definition or self.definition, ENVIRONMENT, self.sitting())

    def resume(self, procedure: ProcedureId | None = None) -> Report:
        """Go on with a procedure: the only one that has not ended, unless it is named."""
        return self.engine().resume(procedure or self.procedure.id, self.sitting())

    def cancel(self, procedure: ProcedureId | None = None) -> Report:
        """Cancel a procedure."""
        return self.engine().cancel(procedure or self.procedure.id, self.sitting())

    def finish(self, to: str = "done") -> Procedure:
        """Go on, with as many sittings as it takes, until a procedure is in a state or has ended; time passes.

        Starts when there is no procedure yet, not even one that has ended. Errors that are not temporary
        are raised; `AssertionError` when it does not come to an end.
        """
        for _ in range(_MOST_SITTINGS):
            known = self.all_procedures()
            if known and known[0].ended:
                return known[-1]
            try:
                found = self.resume() if known else self.start()
            except TemporaryError as error:
                self.clock.move(LATE_ARRIVAL if isinstance(error, StillInDoubtError) else timedelta(minutes=2))
                continue
            if found.procedure.state == to or found.procedure.ended:
                return found.procedure
            if found.procedure.state in ("awaiting_confirmation", "awaiting_address"):
                self.log_in(found.procedure)
            if not isinstance(self.definitions[self.definition].state(found.procedure.state), Asking):
                self.clock.move(days=1)
        raise AssertionError(f"it does not come to '{to}': {self.procedure.state}, {self.procedure.trouble}")

    def log_in(self, procedure: Procedure) -> None:
        """The person confirms a request on the web, once; where the address was lost, the support team tells it."""
        record = self.authority.desk.certificates.by_key(procedure.facts["key"]["public_key_identifier"])
        if record is not None and record.state is State.CONFIRMING:
            self.clock.move(self.confirms_after)
            self.authority.confirm_foreigner(f"{CONFIRMATION_ADDRESS}{record.token}")

    def crash_at(self, where: int | str) -> None:
        """Die with `Died` after the call of this number from now on, or at the boundary of this name. Once."""
        if isinstance(where, str):
            self.trail.die_at = where
        else:
            self.trail.die_after = len(self.trail.calls) + where

    # --- what is there --------------------------------------------------------------------------------------------

    @property
    def accepted(self) -> dict[str, int]:
        """How many changes of each operation eHealth carried out."""
        return self.authority.accepted_counts()

    @property
    def procedure(self) -> Procedure:
        """The only procedure that is under way."""
        [procedure] = self.under_way()
        return procedure

    def under_way(self) -> list[Procedure]:
        """The procedures that have not ended."""
        return self.open_store().procedures()

    def all_procedures(self) -> list[Procedure]:
        """Also those that have ended."""
        return self.open_store().procedures(ended=True)

    def journal(self, procedure: ProcedureId) -> list[WrittenLine]:
        """The journal of a procedure."""
        return self.open_store().journal(procedure)

    def new_keystore(self) -> Keystore | None:
        """What is in the newest keystore that is not the one from before, or None when there is none."""
        old = getattr(self, "old_path", None)
        paths = [file.path for file in self.keystores.files() if file.path != old]
        return self.keystores.open(paths[0], NEW_PASSWORD) if paths else None

    # --- the parts of a sitting -----------------------------------------------------------------------------------

    def engine(self) -> Engine:
        """A new engine over the store as it is on disk."""
        store: Store = watched(self.open_store(), "store", self.trail)
        clock: Clock = self.own_clock
        locks: Locks = self.locks
        return Engine(self.definitions, store, clock, locks, self._new_id, self.trail.boundary)

    def sitting(self) -> Sitting:
        """A new sitting of the person, in which no secret is known yet."""
        return Sitting(self.person, self.steps())

    def steps(self) -> Steps:
        """The steps, reaching the ports of this world; every call is told to the trail."""
        return make_steps(
            cards=watched(self.cards, "cards", self.trail),
            keystores=watched(self.keystores, "keystores", self.trail),
            authority=watched(self.services, "authority", self.trail),
            keys=watched(self.keys, "keys", self.trail),
        )

    def _new_id(self) -> ProcedureId:
        self._made_ids += 1
        letters, number = "", self._made_ids
        for _ in range(ID_LENGTH):
            number, digit = divmod(number, len(ID_LETTERS))
            letters = ID_LETTERS[digit] + letters
        return ProcedureId(letters)


@functools.cache
def shared_pki() -> Pki:
    """The authorities of all worlds of this process."""
    return Pki.make(KeyPool(0))


@functools.cache
def shared_card(person: Person, kind: CardKind = "rsa") -> SoftwareCard:
    """The card of a person, the same in all worlds of this process."""
    number = PEOPLE.index(person) if person in PEOPLE else len(PEOPLE)
    keys, random_bytes = KeyPool(5 + 2 * number), random.Random(person.ssin).randbytes
    sandbox = Sandbox.in_memory(FakeClock(), keys, None, shared_pki(), random_bytes)
    try:
        return sandbox.make_card(person, kind)
    finally:
        sandbox.close()
