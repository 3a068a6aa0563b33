"""A small definition whose steps do what a test says: for what the engine does whatever the definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.world.clock import FakeClock
from tests.world.memory import MemoryLocks, MemoryStore
from tests.world.person import ScriptedPerson
from tests.world.watched import Trail
from workflow.definition import STAY, Asking, Definition, Final, Transition, Turn, Waiting, Wake, Working
from workflow.engine import Engine
from workflow.forms import NEW_KEYSTORE_PASSWORD, PIN, Offer
from workflow.ports import InDoubt, NotArrived, Outcome, Prepared, Work
from workflow.procedure import Procedure, ProcedureId
from workflow.record import Report
from workflow.sitting import Sitting

HOUR = timedelta(hours=1)
WAKE = Wake(rhythm=((HOUR, timedelta(minutes=1)), (HOUR, HOUR)), expected=timedelta(days=2))

TOY = Definition(
    name="toy",
    version=1,
    title="A toy",
    identified_by="holder",
    kept_from="record",
    sent_by=("request",),
    undo={"key": "make"},
    states=(
        Asking(name="agreeing", until="consent", form="consent", step="agree", turn=Turn.USER, says="A."),
        Working(name="knowing", until="holder", step="know", turn=Turn.USER, says="B."),
        Working(name="asking", until="record", step="ask", turn=Turn.USER, says="C."),
        Asking(name="choosing", until="password", form="password", step="choose", turn=Turn.USER, says="D."),
        Working(name="making", until="key", step="make", secrets=(NEW_KEYSTORE_PASSWORD,), turn=Turn.USER, says="E."),
        Working(name="sending", until="request", step="send", secrets=(PIN,), turn=Turn.USER, says="F."),
        Waiting(name="waiting", until="certificate", step="look", wake=WAKE, turn=Turn.EHEALTH, says="G."),
        Asking(
            name="handing",
            until="handover",
            form="handover",
            step="hand",
            own_sitting=True,
            turn=Turn.USER,
            says="H.",
        ),
        Working(
            name="proving", until="proof", step="prove", secrets=(NEW_KEYSTORE_PASSWORD,), turn=Turn.USER, says="I."
        ),
        Final(name="done", good=True, says="J."),
        Final(name="cancelled", says="K."),
        Final(name="refused", says="L."),
    ),
    transitions=(
        Transition("agreed", "agreeing", "knowing"),
        Transition("known", "knowing", "asking"),
        Transition("recorded", "asking", "choosing"),
        Transition("chosen", "choosing", "making"),
        Transition("made", "making", "sending"),
        Transition("sent", "sending", "waiting"),
        Transition("refused", "sending", "refused"),
        Transition("delivered", "waiting", "handing"),
        Transition("handed", "handing", "proving"),
        Transition("proved", "proving", "done"),
        Transition("back", "choosing", "agreeing"),
        Transition("back", "sending", "choosing", conditions=("nothing_sent",)),
        Transition(
            "cancel",
            ("agreeing", "knowing", "asking", "choosing", "making", "sending"),
            "cancelled",
            conditions=("nothing_sent",),
        ),
    ),
)

HOLDER = {"ssin": "75031299943", "first_names": "Zoé Élise", "surname": "Exemple"}
SENT = Outcome("sent", {"request": {"at": "then"}})
DELIVERED = Outcome("delivered", {"certificate": {}})

Answer = Outcome | Prepared | NotArrived | InDoubt | BaseException | Callable[[Work], Any]


@dataclass
class Scripted:
    """Does, one call after the other, what it was told; its last order stays. `works` is what it was given."""

    orders: list[Answer]
    works: list[Work] = field(default_factory=list)
    outcomes: frozenset[str] = frozenset()

    def __call__(self, work: Work) -> Any:
        """The next order."""
        self.works.append(work)
        order = self.orders.pop(0) if len(self.orders) > 1 else self.orders[0]
        if isinstance(order, BaseException):
            raise order
        return order(work) if callable(order) else order

    def offer(self, work: Work) -> Offer:
        """Nothing is known before."""
        return Offer()

    def undo(self, facts: Mapping[str, Any]) -> None:
        """Only counted."""
        self.works.append(facts)  # type: ignore[arg-type]


@dataclass
class ScriptedChange:
    """A step that sends something, as told."""

    operation = "generateCertificate"
    outcomes: frozenset[str] = frozenset({"sent", "refused"})
    prepare: Scripted = field(default_factory=lambda: Scripted([Prepared({"sha256": "ab"}, b"message")]))
    sending: Scripted = field(default_factory=lambda: Scripted([SENT]))
    finding: Scripted = field(default_factory=lambda: Scripted([NotArrived()]))
    sent: list[Any] = field(default_factory=list)

    def send(self, work: Work, prepared: Prepared) -> Outcome:
        """As told."""
        self.sent.append(prepared.message)
        return self.sending(work)

    def find_out(self, work: Work, intent: Mapping[str, Any]) -> Outcome | NotArrived | InDoubt:
        """As told."""
        return self.finding(work)


class Toy:
    """An engine over the toy, with steps that may be told something else: `toy.steps["look"] = Scripted([…])`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore()
        self.locks = MemoryLocks()
        self.trail = Trail()
        self.change = ScriptedChange()
        self.steps: dict[str, Any] = {
            "agree": Scripted([Outcome("agreed", {"consent": {}})]),
            "know": Scripted([Outcome("known", {"holder": HOLDER})]),
            "ask": Scripted([Outcome("recorded", {"record": {"valid_until": "2031-05-01T00:00:00+00:00"}})]),
            "choose": Scripted([Outcome("chosen", {"password": {}})]),
            "make": Scripted([_made]),
            "send": self.change,
            "look": Scripted([Outcome(STAY)]),
            "hand": Scripted([Outcome("handed", {"handover": {}})]),
            "prove": Scripted([Outcome("proved", {"proof": {}})]),
        }
        self.person = ScriptedPerson(secrets={"pin": "1234", NEW_KEYSTORE_PASSWORD: "new-password"})
        self.definitions = {"toy": TOY}
        self.sitting = self.sit()

    def sit(self) -> Sitting:
        """A new sitting."""
        self.sitting = Sitting(self.person, self.steps)
        return self.sitting

    @property
    def engine(self) -> Engine:
        """A new engine."""
        ids = iter(f"toy{number:05}" for number in range(2, 99))
        return Engine(
            self.definitions, self.store, self.clock, self.locks, lambda: ProcedureId(next(ids)), self.trail.boundary
        )

    def start(self) -> Report:
        """Begin, in a new sitting."""
        return self.engine.start("toy", "sandbox", self.sit())

    def resume(self) -> Report:
        """Go on, in a new sitting."""
        return self.engine.resume(self.stored.id, self.sit())

    @property
    def stored(self) -> Procedure:
        """The only procedure."""
        [procedure] = self.store.procedures(ended=True)
        return procedure

    @property
    def kinds(self) -> list[str]:
        """The kinds of the lines in its journal."""
        return [written.line.kind for written in self.store.journal(self.stored.id)]


def _made(work: Work) -> Outcome:
    work.secret(NEW_KEYSTORE_PASSWORD, "the new file")
    return Outcome("made", {"key": {"public_key_identifier": "ab"}})
