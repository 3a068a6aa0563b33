"""Plays a journal again: the engine and its steps, with stand-ins, in a home of its own, up to any line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from adapters.cli.bundling.reading import Bundle
from adapters.cli.rerunning.clocks import Clock, ServiceClock
from adapters.cli.rerunning.course import Course, in_words
from adapters.cli.rerunning.directing import Director, Diverged
from adapters.cli.rerunning.elsewhere import OtherProgram
from adapters.cli.rerunning.far_side import NEVER, FarSide
from adapters.cli.rerunning.stand_ins import Role, answers_of, furnish, secret_of
from adapters.cli.rerunning.troubles import Acted, Interrupted, Troubles
from adapters.cli.wiring import Wiring
from adapters.eid.software import SoftwareCards
from adapters.keystore.keys import RsaKeys
from adapters.sandbox.clock import SandboxClock
from adapters.sandbox.desk import Rules
from adapters.sandbox.home import Sandbox
from adapters.system import files
from adapters.system.folders import HOME_VARIABLE, user_folders
from adapters.system.locks import FileLocks
from adapters.system.settings import Settings
from steps.ports.keys import KeyMaker
from steps.registry import make_steps
from workflow.acting import Act
from workflow.definition import State
from workflow.definitions import DEFINITIONS
from workflow.engine import Engine
from workflow.errors import (
    EhcertError,
    LineNotReplayableError,
    NoSuchLineError,
    RerunDivergedError,
    RerunHomeTakenError,
)
from workflow.forms import Form, Offer
from workflow.ports import GoBack, Steps, Store
from workflow.procedure import Line, Procedure, ProcedureId, WrittenLine
from workflow.secret import Secret
from workflow.sitting import Sitting

ENVIRONMENT = "sandbox"
_SETTINGS = 'environment = "sandbox"\n'
_MOST_STALLS = 2
"""So many processes in a row may end without a new line: one that begins anew, for a secret must not be known."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """How a rerun ended: where the procedure stands, how far it was played, and how its troubles were made."""

    home: Path
    procedure: Procedure
    lines: int
    acted: tuple[Acted, ...]
    accepted: tuple[str, ...]


def rerun(bundle: Bundle, home: Path, to: int | None = None, keys: KeyMaker | None = None) -> Rerun:
    """Play the journal of a bundle up to the line of this number, or whole, in a home that must be empty.

    `keys` makes the keys of everybody. Raises `NoSuchLineError`, `RerunHomeTakenError`, `LineNotReplayableError` and
    `RerunDivergedError`: then the procedure stands as it was before that line.
    """
    count = len(bundle.journal)
    last = count if to is None else to
    if not 1 <= last <= count:
        raise NoSuchLineError(line=last, count=count)
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise RerunHomeTakenError(path=home)
    files.private_folder(home)
    with ExitStack() as closing:
        stage = _Stage(bundle, home, Course(bundle.journal, last), keys or RsaKeys(), closing)
        stage.play()
        return stage.ended()


class _Stage:
    """Everything that a rerun needs, for one bundle."""

    def __init__(self, bundle: Bundle, home: Path, course: Course, keys: KeyMaker, closing: ExitStack) -> None:
        self._bundle, self._home, self._course, self._keys = bundle, home, course, keys
        self._clock = Clock(bundle.journal[0].line.at)
        self._wiring = Wiring(user_folders({HOME_VARIABLE: str(home)}), Settings(environment="sandbox"))
        closing.callback(self._wiring.close)
        folders = self._wiring.folders
        files.private_folder(folders.config)
        files.write_new(folders.settings_file, _SETTINGS.encode())
        files.private_folder(folders.data)
        rules = Rules(delivery_delay=NEVER)
        self._sandbox = Sandbox.open(folders.sandbox, rules, keys, ServiceClock(self._clock))
        closing.callback(self._sandbox.close)
        self._role = Role.of(bundle.procedure)
        self._far_side = FarSide(self._sandbox, self._clock.now)
        self._file = self._furnish()
        troubles = Troubles(course, bundle.procedure.facts, self._far_side, self._clock)
        self._director = Director(course, bundle.definition, troubles)

    def _furnish(self) -> Path | None:
        """The keystore that there was before."""
        file = furnish(self._sandbox, self._wiring.keystores(ENVIRONMENT), self._role)
        if self._role.definition != "adopt":
            return file
        cards = self._wiring.folders.sandbox / "cards"
        other = OtherProgram(self._sandbox, cards, self._far_side, self._clock, self._keys)
        return other.keystore(self._home, self._role)

    # --- playing --------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Process after process, each as far as it goes."""
        stalls, error = 0, ""
        while (line := self._director.expected) is not None:
            before = self._director.written
            if reason := self._course.why_not(before):
                self._leave()
                raise LineNotReplayableError(line=before + 1, reason=reason, path=self._home)
            try:
                self._begin(line)
            except Interrupted:
                pass
            except EhcertError as found:
                error = found.code
            except Diverged as diverged:
                self._leave()
                raise self._diverged(in_words(diverged.found)) from diverged
            stalls = stalls + 1 if self._director.written == before else 0
            if stalls > _MOST_STALLS:
                self._leave()
                raise self._diverged(error or in_words(None))
        self._leave()

    def _diverged(self, found: str) -> RerunDivergedError:
        line = self._director.written
        return RerunDivergedError(
            line=line + 1, expected=in_words(self._course.line(line)), found=found, path=self._home
        )

    def _begin(self, line: Line) -> None:
        """One process: the command with which the next line begins."""
        director, engine = self._director, self._engine()
        director.begin(starting=not director.written)
        procedure = self._bundle.procedure.id
        sitting = Sitting(_StandIn(director, self._role, self._file), self._steps())
        details = line.details
        act = Act(str(details.get("by", "?")), str(details.get("reason", "?")))
        if not director.written:
            engine.start(self._bundle.procedure.definition, ENVIRONMENT, sitting)
            return
        match line.kind:
            case "retried":
                engine.retry(procedure, sitting, act)
            case "postponed":
                engine.postpone(procedure, datetime.fromisoformat(details["until"]), act)
            case "announced":
                engine.announce(procedure, date.fromisoformat(details["date"]))
            case "noted":
                engine.note(procedure, act)
            case "back" if "by" in details:
                engine.back(procedure, details["to"], sitting.steps, act)
            case "ended" if line.trigger == "abandon":
                engine.abandon(procedure, act)
            case "ended":
                engine.cancel(procedure, sitting)
            case _:
                engine.resume(procedure, sitting)

    def _engine(self) -> Engine:
        store = _Watched(self._wiring.store, self._director)
        locks = FileLocks(self._wiring.folders.locks, self._clock.now)
        new_id: Callable[[], ProcedureId] = lambda: self._bundle.procedure.id  # noqa: E731
        return Engine(DEFINITIONS, store, self._clock, locks, new_id, self._director.boundary)

    def _steps(self) -> Steps:
        made = make_steps(
            cards=SoftwareCards(self._wiring.folders.sandbox / "cards", now=self._clock.now),
            keystores=self._wiring.keystores(ENVIRONMENT),
            authority=self._far_side.services,
            keys=self._keys,
        )
        return {name: _Struck(step, self._director) for name, step in made.items()}

    # --- the end --------------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        """Leave the home so that somebody can go on there: the sandbox's clock goes on from the last line."""
        self._far_side.leave_for_others()
        clock = SandboxClock(self._wiring.folders.sandbox)
        clock.move(self._clock.moment - datetime.now(UTC) - clock.offset())

    def ended(self) -> Rerun:
        """How it stands."""
        director = self._director
        procedure = self._wiring.store.load(self._bundle.procedure.id)
        accepted = tuple(one.operation for one in self._sandbox.authority.accepted())
        return Rerun(self._home, procedure, director.written, tuple(director.troubles.acted), accepted)


# --- between the engine and what it needs -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Watched:
    """A store; the director hears of each line before and after it is written."""

    store: Store
    director: Director

    def insert(self, procedure: Procedure, lines: Sequence[Line], identity: str) -> Procedure:
        self.director.check(lines)
        stored = self.store.insert(procedure, lines, identity)
        self.director.wrote(lines)
        return stored

    def save(self, procedure: Procedure, lines: Sequence[Line], identity: str | None = None) -> Procedure:
        self.director.check(lines)
        stored = self.store.save(procedure, lines, identity)
        self.director.wrote(lines)
        return stored

    def load(self, procedure: ProcedureId) -> Procedure:
        return self.store.load(procedure)

    def forget(self, procedure: ProcedureId) -> None:
        self.store.forget(procedure)

    def journal(self, procedure: ProcedureId) -> list[WrittenLine]:
        return self.store.journal(procedure)


@dataclass(frozen=True, slots=True)
class _StandIn:
    """Implements `workflow.ports.Person`."""

    director: Director
    role: Role
    file: Path | None

    def fill(self, form: Form, offer: Offer) -> Mapping[str, Any]:
        if self.director.wants_back:
            raise GoBack
        return answers_of(form, offer, self.role, self.file)

    def secret(self, name: str, about: str) -> Secret:
        if self.director.wants_back:
            raise GoBack
        return secret_of(name)

    def again(self, error: EhcertError) -> bool:
        return False

    def entered(self, procedure: Procedure, state: State) -> None:
        self.director.entered(procedure, state)


class _Struck:
    """A step before which the director may strike."""

    def __init__(self, step: Any, director: Director) -> None:
        self._step = step
        self._director = director

    def __call__(self, *arguments: Any) -> Any:
        self._director.troubles.strike()
        return self._step(*arguments)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._step, name)
        if name not in ("offer", "prepare", "find_out"):
            return found

        def call(*arguments: Any) -> Any:
            self._director.troubles.strike()
            return found(*arguments)

        return call
