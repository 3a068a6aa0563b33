# ruff: noqa: T201
"""Makes the golden homes of a release: one home in every state that a stored procedure can be in.

`python -m tests.reliability.golden_making` in the tree of the release writes `golden/VERSION.tar.xz`; row R14 opens
them in every later version (docs/contributing.md, "Releases"). A home holds the store, the keystores and the far side;
its secrets are those of the tests. The facts name files by their whole path, so each home is made, and later
unpacked, in a place of its own under `PLACE`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.cli.version import version
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import PROVIDER
from tests.reliability.boundaries import all_boundaries, stored_boundaries
from tests.reliability.courses import COURSES, Start
from tests.reliability.driving import Journey, drive, struck_at
from tests.reliability.processes import Home, few_rounds, make_template, warm_up
from tests.reliability.typing_at import at_a_terminal

PLACE = Path("/tmp/ehcert-golden")
FOLDER = Path(__file__).parent / "golden"
MADE = "golden.json"
"""In each home: when it was made by the computer's clock, the state, and what is special about it."""

_PATIENCE = 30.0
Make = Callable[[Home], None]


def killed_at(boundary: str) -> Make:
    """A home whose program was killed at a boundary."""

    def make(home: Home) -> None:
        journey = Journey()
        drive(home, journey, struck_at(boundary), until=lambda j: j.killed == 1)
        _expect(journey.killed == 1, f"{boundary} was not passed")

    return make


def resting(until: str) -> Make:
    """A home in which the last command ended by itself, in this state."""

    def make(home: Home) -> None:
        drive(home, Journey(), until=lambda _: home.states()[-1:] == [until])

    return make


def in_doubt(home: Home) -> None:
    """The request may have left, eHealth was asked at once, and does not know it yet."""
    killed_at("renew.submitting.intent_written")(home)
    ended = home.resume()
    _expect(ended.answer.get("error", {}).get("code") == "in_doubt", str(ended))


def in_trouble(home: Home) -> None:
    """The last look failed: nobody gave the PIN."""
    killed_at("renew.submitting.before")(home)
    ended = home.run("resume", "--answers", "answers.yaml", "--json", secrets=False)
    _expect(ended.answer.get("error", {}).get("code") == "secret_missing", str(ended))


def validated_by_hand(home: Home) -> None:
    """A person at eHealth has to look at the request."""
    _know_as_not_automatic(home)
    home.renew()


def refused(home: Home) -> None:
    """A person at eHealth looked at the request, and refused it."""
    validated_by_hand(home)
    sandbox = Sandbox.open(home.sandbox)
    for request in sandbox.authority.accepted():
        if request.operation == "generateCertificate":
            sandbox.authority.refuse(str(request.public_key_identifier))
    sandbox.close()
    home.move_clock(timedelta(minutes=6))
    home.resume()


def cancelled(home: Home) -> None:
    """Nothing was sent, and the person wanted to stop."""
    killed_at("renew.submitting.before")(home)
    home.run("cancel", _only(home), "--json")


def expired(home: Home) -> None:
    """The certificate ended before anything was sent."""
    killed_at("renew.submitting.before")(home)
    home.move_clock(timedelta(days=61))
    home.resume()


def abandoned(home: Home) -> None:
    """The request was sent, and the person gave up."""
    resting("awaiting_delivery")(home)
    home.run("abandon", _only(home), "--reason", "a test", "--json")


def gone_back(home: Home) -> None:
    """At the form of the keystore the person went back to the card, and closed the window."""
    killed_at("renew.awaiting_keystore.before")(home)
    typist = at_a_terminal(home, "resume")
    typist.wait_for("back")
    typist.type("<")
    deadline = time.monotonic() + _PATIENCE
    while home.states() != ["awaiting_card"] and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(typist.process, signal.SIGKILL)
    typist.finish()


def makers() -> dict[tuple[str, str], Make]:
    """By definition and name, how each home is made; a name begins with the state in which the procedure is left."""
    made: dict[tuple[str, str], Make] = {}
    stored = stored_boundaries()
    for definition, names in all_boundaries().items():
        for boundary in names:
            state, moment = boundary.split(".")[1:]
            if boundary in stored:
                made[definition, state] = killed_at(boundary)
            elif moment in _SENDING and f"{definition}.{state}.before" in stored:
                made[definition, f"{state}, {_SENDING[moment]}"] = killed_at(boundary)
        goal = COURSES[definition].definition.goal
        made[definition, goal] = resting(goal)
    return made | {("renew", name): make for name, make in OF_THE_RENEWAL.items()}


_SENDING = {"after_intent": "intended", "answered": "sent"}
OF_THE_RENEWAL: dict[str, Make] = {
    "awaiting_card": gone_back,
    "awaiting_delivery, looked": resting("awaiting_delivery"),
    "awaiting_validation": validated_by_hand,
    "submitting, in doubt": in_doubt,
    "submitting, in trouble": in_trouble,
    "abandoned": abandoned,
    "cancelled": cancelled,
    "refused": refused,
    "expired": expired,
}


def make(release: str, archive: Path) -> None:
    """Make every home and pack them. Raises `RuntimeError` when one is not in the state of its name."""
    warm_up()
    few_rounds()
    shutil.rmtree(PLACE / release, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive, "w:xz") as packed:
        templates = {start: make_template(Path(folder) / start.name, start) for start in Start}
        for (definition, name), maker in makers().items():
            course = COURSES[definition]
            place = PLACE / release / slug(f"{definition} {name}") / "home"
            place.parent.mkdir(parents=True, mode=0o700)
            home = Home(templates[course.starts], place, course)
            with home.served():
                maker(home)
            state = name.partition(",")[0]
            _expect(home.states() == [state], f"{definition} {name}: {home.states()}")
            made = datetime.now(UTC).isoformat()
            note = {"made": made, "name": f"{definition} {name}", "definition": definition, "state": state}
            (place / MADE).write_text(json.dumps(note))
            packed.add(place, place.relative_to(PLACE / release), filter=_plain)
            print(f"{definition} {name}", flush=True)
    shutil.rmtree(PLACE / release)


def slug(name: str) -> str:
    """The folder of a home."""
    return name.replace(", ", "-").replace(" ", "-")


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without what differs from computer to computer, and without what the harness left."""
    if Path(entry.name).name.startswith(("out.", "err.", "trace")):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _only(home: Home) -> str:
    found = home.run("status", "--json").answer["procedures"]
    return str(found[0]["id"])


def _know_as_not_automatic(home: Home) -> None:
    sandbox = Sandbox.open(home.sandbox)
    sandbox.know(replace(PROVIDER, automatic=False))
    sandbox.close()


def _expect(so: bool, otherwise: str) -> None:
    if not so:
        raise RuntimeError(otherwise)


def main(words: list[str]) -> int:
    """Make the homes of the version of this tree, or of the one that is named; returns the exit code."""
    release = words[0] if words else version()
    archive = FOLDER / f"{release}.tar.xz"
    if archive.exists():
        print(f"{archive.name} is there, and never made again: set the new version first", file=sys.stderr)
        return 1
    make(release, archive)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
