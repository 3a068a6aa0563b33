"""Two homes of one person, as on two computers; both speak with the same sandbox."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from adapters.sandbox.home import Sandbox
from tests.reliability.driving import Journey, drive, struck_at
from tests.reliability.judging import check
from tests.reliability.processes import Ended, Home

PASSPHRASE = "four words in a row"
GIVEN = {"EHCERT_SECRET_BACKUP_PASSPHRASE": PASSPHRASE}


def interrupted_at(home: Home, boundary: str) -> None:
    """A renewal whose process was killed at this boundary."""
    course = Journey()
    drive(home, course, struck_at(boundary), until=lambda one: one.killed == 1)
    assert course.killed == 1


def another_computer(home: Home, folder: Path) -> Home:
    """A home without procedures; the person has his current keystore there too."""
    other = Home(home.folder, folder)
    for name in ("procedures.sqlite", "store.key", "anchor.json", "anchor.lock"):
        (folder / "data" / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "data" / "locks", ignore_errors=True)
    for unfinished in (other.sandbox / "keystore" / "pending").glob("*"):
        unfinished.unlink()
    return other


def back_up(home: Home, file: Path) -> Ended:
    """`ehcert backup`."""
    return home.run("backup", str(file), "--json", variables=GIVEN)


def restore(home: Home, file: Path, passphrase: str = PASSPHRASE) -> Ended:
    """`ehcert restore`."""
    return home.run("restore", str(file), "--json", variables={"EHCERT_SECRET_BACKUP_PASSPHRASE": passphrase})


def let_time_pass(*homes: Home) -> None:
    """Two days for everybody."""
    for home in homes:
        home.move_clock(timedelta(days=2))


def finish(home: Home, far_side: Home) -> list[str]:
    """Resume until it ends or does not go on; returns the states it was left in, or the codes of errors."""
    seen = []
    for _ in range(8):
        ended = home.resume()
        seen.append(ended.state or str(ended.answer.get("error", {}).get("code", ended.errors)))
        if ended.state == "done" or ended.answer.get("error", {}).get("exit") not in (None, 6):
            break
        let_time_pass(home, *([far_side] if far_side is not home else []))
    return seen


def problems(far_side: Home, home: Home) -> list[str]:
    """What the far side's log says, with the keystores of this home."""
    sandbox = Sandbox.open(far_side.sandbox)
    try:
        return [str(problem) for problem in check(sandbox, home.keystores(), renewed=True)]
    finally:
        sandbox.close()


def accepted(far_side: Home) -> dict[str, int]:
    """How many changes of each operation the far side carried out."""
    sandbox = Sandbox.open(far_side.sandbox)
    try:
        return dict(sandbox.authority.accepted_counts())
    finally:
        sandbox.close()


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but those of the sandbox's far side and of running commands."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("out.", "err."))
    }
