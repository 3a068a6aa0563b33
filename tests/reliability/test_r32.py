"""R32, hooks and notifications: hostile values reach the user's command as they are shown, and no shell ever.

That a value came through is seen by the command itself, which writes down its arguments and its variables; that no
shell was between by the file that no value made.
"""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from adapters.cli.words import masked, safe_line
from adapters.system.notify import notify
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register

MARK = "zq7"
VALUES = {
    "single quotes": "it's 'zq7'",
    "double quotes": 'say "zq7"',
    "an open quote": "'zq7",
    "quotes and a command": "'; touch zq7; '",
    "a command": "$(touch zq7)",
    "a command in backquotes": "`touch zq7`",
    "the next command": "x; touch zq7",
    "a command if it goes well": "x && touch zq7",
    "a pipe": "x | tee zq7",
    "into a file": "x > zq7",
    "in the background": "x & touch zq7 &",
    "a new line": "x\ntouch zq7",
    "a carriage return": "x\r\ntouch zq7",
    "an option": "--zq7",
    "short options": "-rf zq7",
    "the end of the options": "-- zq7",
    "a variable": "$HOME ${PATH} %PATH% zq7",
    "a pattern": "* ? [zq7] {zq7,b} ~",
    "a backslash at the end": "zq7\\",
    "a function of a shell": "() { :; }; touch zq7",
    "terminal signs": "\x1b]0;zq7\x07",
    "NUL": "zq7\0; touch zq7",
    "from right to left": "zq7\u202etxt.exe",
    "half a pair": "zq7\udcff",
    "equals signs": "EHCERT_SECRET_PIN=zq7",
    "very long": "zq7" * 100_000,
}
NAMES = ("event", "text", "command", "about", "environment")
_WRITER = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open('written', 'w'))"
_LONGEST = 2000


def told(value: str, arguments: tuple[str, ...]) -> Verdict:
    """A notification with this value in every variable."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "writer.py"
        script.write_text(_WRITER.replace("'written'", repr(str(Path(folder) / "written"))))
        values = {name: masked(safe_line(value)) for name in NAMES}
        failed = notify([sys.executable, str(script), *arguments], values)
        if failed is not None:
            return Verdict(True, (Problem(Harm.LOST, failed.reason),))
        got, environment = json.loads((Path(folder) / "written").read_text())
        made = sorted(path.name for path in Path(folder).iterdir() if path.name not in ("writer.py", "written"))
        problems = [Problem(Harm.LEAKED, f"made: {made}")] if made or Path("zq7").exists() else []
        problems += _wrong(values, environment)
        if got != list(arguments):
            problems.append(Problem(Harm.LOST, f"other arguments: {got}"))
        reached = all(MARK in environment[f"EHCERT_NOTICE_{name.upper()}"] for name in NAMES)
        return Verdict(reached, tuple(problems))


def _wrong(values: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Problem]:
    for name, value in values.items():
        if environment[f"EHCERT_NOTICE_{name.upper()}"] != value[:_LONGEST]:
            yield Problem(Harm.LOST, f"{name} came as another value")
    secret = [name for name in environment if name.startswith("EHCERT_SECRET")]
    if secret:
        yield Problem(Harm.LEAKED, f"variables of secrets: {secret}")


def cases() -> list[Case]:
    """Every value in the variables; those that may stand in a setting also as an argument of it."""
    arguments = {name: (value,) for name, value in VALUES.items() if "\0" not in value and len(value) < _LONGEST}
    return [
        *(Case(f"variable: {name}", functools.partial(told, value, ())) for name, value in VALUES.items()),
        *(Case(f"argument: {name}", functools.partial(told, MARK, given)) for name, given in arguments.items()),
    ]


ROW = register(Row("R32", "hooks and notifications", cases, share=1.0))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_a_hostile_value_is_only_a_value(case: Case) -> None:
    assert_clean(case)


def test_there_are_twenty_values() -> None:
    assert len(VALUES) >= 20
