"""A far side that hurts: the authority with a plan of faults around it, over HTTP and in process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.sandbox.acts import Act, AnswerLate, ConnectionLost, Move
from adapters.sandbox.authority import Authority
from adapters.sandbox.fault_folder import PLAN_FILE, Fired, FiredLog, arm, armed
from adapters.sandbox.fault_kinds import Scene, Stage
from adapters.sandbox.fault_plan import ANY_OPERATION, FaultPlan, Progress, Strike
from adapters.sandbox.home import Sandbox
from adapters.sandbox.operations import OPERATIONS, Operation
from adapters.sandbox.replies import Reply
from adapters.xml import names
from adapters.xml.parsing import XmlError, parse

_LARGEST_IN_MEMORY: Final = 6_000_000
"""Of an answer without an end a simulation sees so much: more than anybody accepts."""


@dataclass(frozen=True, slots=True)
class _Armed:
    name: str
    progress: Progress


class Faulty:
    """Answers as the authority does, but for the calls that the plan strikes. Safe for threads.

    With a folder the plan is the one that lies there (`fault_folder.arm`), read again whenever it changes, and what
    struck is written there. `handed_over` counts the messages that reached the authority.
    """

    def __init__(
        self,
        authority: Authority,
        now: Callable[[], datetime],
        folder: Path | None = None,
        plan: FaultPlan | None = None,
    ) -> None:
        self._authority = authority
        self._now = now
        self._folder = folder
        self._log = FiredLog(folder)
        self._stamp: tuple[int, ...] | None = None
        self._armed: _Armed | None = None
        self._earlier: dict[str, Reply] = {}
        if plan is not None:
            self.arm(plan)

    @classmethod
    def around(cls, sandbox: Sandbox, plan: FaultPlan | None = None) -> Faulty:
        """The authority of a sandbox with the plan of its folder, or with a new one."""
        return cls(sandbox.authority, sandbox.clock.now, sandbox.folder, plan)

    def arm(self, plan: FaultPlan) -> None:
        """From now on this plan holds, and only this one; its calls are counted from here."""
        if self._folder is not None:
            arm(self._folder, plan)
        else:
            self._armed = _Armed(f"{id(plan):x}", Progress(plan))

    def disarm(self) -> None:
        """From now on everything goes well."""
        if self._folder is not None:
            (self._folder / PLAN_FILE).unlink(missing_ok=True)
        self._armed = None

    def fired(self) -> list[Fired]:
        """Every fault that struck, oldest first: the proof for a test."""
        return self._log.all()

    # --- over HTTP ------------------------------------------------------------------------------------------------

    def refuses(self) -> float | None:
        """Whether nobody is to listen now, and for how many seconds."""
        strike = self._strike(ANY_OPERATION, (Stage.BEFORE,))
        if strike is None:
            return None
        self._note(strike, ANY_OPERATION, None)
        return strike.parameters["seconds"]

    def connecting(self) -> Act | None:
        """What happens to a connection before anything is read."""
        strike = self._strike(ANY_OPERATION, (Stage.DOOR,))
        return None if strike is None else self._at_the_door(strike, ANY_OPERATION, None)

    def answer(self, service: str, body: bytes) -> Reply:
        """Answer one message, perhaps wrongly; what the connection does wrong stands in the reply's `act`."""
        operation, message_id = read_head(service, body)
        name = operation.name if operation else ANY_OPERATION
        scene = Scene(operation, message_id, self._authority.desk, self._now(), {}, None, dict(self._earlier))
        strike = self._strike(name, (Stage.WHOLE,), lambda s: s.fault.carried_out or self._made(s, scene) is not None)
        if strike is not None and not strike.carried_out:
            return self._wrong(strike, name, scene)
        scene = replace(scene, reply=self._authority.answer(service, body))
        strike = strike or self._strike(name, (Stage.CONTENT,), lambda s: self._made(s, scene) is not None)
        self._earlier |= {name: scene.answer, "": scene.answer}
        return scene.answer if strike is None else self._wrong(strike, name, scene)

    # --- in process -----------------------------------------------------------------------------------------------

    def simulate(self, service: str, body: bytes) -> Reply:
        """As a client in the same process meets it. Raises `ConnectionLost` where there is no answer."""
        operation, message_id = read_head(service, body)
        name = operation.name if operation else ANY_OPERATION
        strike = self._strike(name, (Stage.BEFORE, Stage.DOOR))
        if strike is not None:
            act = self._at_the_door(strike, name, message_id)
            raise ConnectionLost(act.move, sent=act.move is not Move.REFUSE)
        return played(self.answer(service, body))

    # --- inside ---------------------------------------------------------------------------------------------------

    def _strike(
        self, operation: str, stages: tuple[Stage, ...], has: Callable[[Strike], bool] = lambda strike: True
    ) -> Strike | None:
        self._look_into_folder()
        return None if self._armed is None else self._armed.progress.strike(operation, stages, has)

    def _made(self, strike: Strike, scene: Scene) -> Reply | None:
        return strike.fault.make(replace(scene, parameters=strike.parameters))

    def _wrong(self, strike: Strike, operation: str, scene: Scene) -> Reply:
        made = self._made(strike, scene)
        if made is None:
            raise TypeError(f"{strike.fault.name} has nothing to say")
        self._note(strike, operation, scene.message_id)
        return made

    def _at_the_door(self, strike: Strike, operation: str, message_id: str | None) -> Act:
        scene = Scene(None, None, self._authority.desk, self._now(), strike.parameters)
        made = strike.fault.make(scene)
        if made is None or made.act is None:
            raise TypeError(f"{strike.fault.name} is nothing for the door")
        self._note(strike, operation, message_id)
        return made.act

    def _note(self, strike: Strike, operation: str, message_id: str | None) -> None:
        at = self._now().astimezone(UTC).isoformat()
        plan = self._armed.name if self._armed else ""
        name, carried_out = strike.fault.name, strike.carried_out
        self._log.add(Fired(at, plan, strike.rule, name, operation, strike.call, carried_out, message_id))

    def _look_into_folder(self) -> None:
        """Take up the plan of the folder when it is another one than before."""
        if self._folder is None:
            return
        try:
            found = os.stat(self._folder / PLAN_FILE)
            stamp: tuple[int, ...] | None = (found.st_ino, found.st_mtime_ns, found.st_size)
        except FileNotFoundError:
            stamp = None
        if stamp == self._stamp:
            return
        known = armed(self._folder)
        self._stamp = stamp
        if known is None:
            self._armed = None
        elif self._armed is None or self._armed.name != known[0]:
            # A sandbox that starts again goes on where the plan was: what struck does not strike again.
            self._armed = _Armed(known[0], Progress(known[1], self._log.struck(known[0])))


def played(reply: Reply) -> Reply:
    """An answer as a client in the same process gets it. Raises `ConnectionLost` where there is none."""
    match reply.act:
        case None:
            return reply
        case Act(Move.DELAY as move, seconds):
            raise AnswerLate(move, seconds)
        case Act(Move.DRIP as move, seconds):
            raise AnswerLate(move, seconds * len(reply.body))
        case Act(Move.FLOOD, _, size):
            return Reply(reply.status, reply.content_type, b" " * min(size, _LARGEST_IN_MEMORY), reply.headers)
        case Act(move):
            raise ConnectionLost(move, sent=move is not Move.REFUSE)


def read_head(service: str, body: bytes) -> tuple[Operation | None, str | None]:
    """The operation that a message asks for and its Id; None for what cannot be read."""
    try:
        request = parse(body).find(f"{{{names.SOAP}}}Body/*")
    except XmlError:
        return None, None
    if request is None or not isinstance(request.tag, str):
        return None, None
    return OPERATIONS.get((service, request.tag)), request.get("Id")
