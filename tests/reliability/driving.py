"""Takes a procedure to its end by commands, through whatever strikes on the way."""

from __future__ import annotations

import atexit
import functools
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.system.boundaries import HIT_VARIABLE
from tests.reliability.counting import Harm, Problem
from tests.reliability.courses import COURSES, RESUME, Course, Start
from tests.reliability.processes import Ended, Home, few_rounds, make_template, warm_up
from workflow.definition import Final

_MOST_COMMANDS = 20
Command = Callable[[Home, tuple[str, ...]], Ended]
"""How a command is run: the usual way, or under something that strikes."""


@dataclass
class Journey:
    """What happened on the way: every command that ended, and how."""

    ended: list[Ended] = field(default_factory=list)

    @property
    def killed(self) -> int:
        """How many commands died by the signal that cannot be caught."""
        return sum(one.signal == signal.SIGKILL for one in self.ended)


@functools.cache
def _template(start: Start) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ehcert-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    warm_up()
    few_rounds()
    return make_template(folder / "home", start)


@contextmanager
def a_home(course: Course = COURSES["renew"]) -> Iterator[Home]:
    """A home with a served sandbox, thrown away afterwards."""
    template = _template(course.starts)
    folder = Path(tempfile.mkdtemp(prefix="ehcert-case-"))
    try:
        home = Home(template, folder / "home", course)
        with home.served():
            yield home
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def usual(home: Home, arguments: tuple[str, ...]) -> Ended:
    """Run a command undisturbed."""
    return home.run(*arguments)


def with_variables(variables: Mapping[str, str]) -> Command:
    """Run commands with more variables in their environment."""
    return lambda home, arguments: home.run(*arguments, variables=variables)


def struck_at(boundary: str, striking: str = "SIGKILL") -> Command:
    """Run commands that are struck at a boundary."""
    return with_variables({HIT_VARIABLE: f"{boundary}={striking}"})


def drive(
    home: Home, journey: Journey, command: Command = usual, until: Callable[[Journey], bool] | None = None
) -> bool:
    """Give commands until the procedure has ended, or `until` holds; whether one of them came true."""
    for _ in range(_MOST_COMMANDS):
        state = home.state()
        if isinstance(state, Final):
            return True
        journey.ended.append(command(home, RESUME if state else home.course.begin))
        if until is not None and until(journey):
            return True
        home.let_time_pass()
    return False


def end_of(home: Home, journey: Journey) -> list[Problem]:
    """Drive to the end undisturbed, and judge."""
    if not drive(home, journey):
        last = journey.ended[-1]
        return [Problem(Harm.STUCK, f"still in {home.states()}: {last.answer.get('error', last.errors[-300:])}")]
    if home.states()[-1:] != [home.course.definition.goal]:
        return [Problem(Harm.LOST, f"ended in {home.states()}")]
    return home.judged()
