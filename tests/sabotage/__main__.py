# ruff: noqa: T201
"""`python -m tests.sabotage [WORD …]`: put each defect in a copy of the program; the rows that it names must turn red.

With words only the defects with one of them in their name are tried; JOBS is the number of defects at a time. Fails
when a row stays green, when the case that turned red is red without the defect, too, and when a defect does not find
its place.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tests.sabotage.defects import DEFECTS, Bite, Change, Defect

ROOT = Path(__file__).parent.parent.parent
PARTS = ("workflow", "steps", "state", "adapters", "tests", "pyproject.toml")
_SECONDS = 900


class MisplacedError(Exception):
    """A defect that does not find its place."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a row did with a defect: its first red case and what was wrong, or how many cases stayed green."""

    case: str | None
    words: str
    tried: int


def place_of(change: Change, root: Path = ROOT) -> Path:
    """The one file with the text of a change. Raises `MisplacedError`."""
    place = root / change.place
    searched = [place] if place.is_file() else sorted(place.rglob("*.py"))
    files = [path for path in searched if change.old in path.read_text()]
    if len(files) != 1 or files[0].read_text().count(change.old) != 1:
        found = ", ".join(str(path.relative_to(root)) for path in files) or "nowhere"
        raise MisplacedError(f"{change.old.strip()[:60]!r} must stand once in {change.place}; found: {found}")
    return files[0]


def sabotage(root: Path, defect: Defect) -> None:
    """Put a defect in a copy. Raises `MisplacedError`."""
    for change in defect.changes:
        path = place_of(change, root)
        path.write_text(path.read_text().replace(change.old, change.new))


def copied(folder: Path) -> Path:
    """A copy of the program and its tests, without what was compiled."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return folder


def struck(root: Path, bite: Bite) -> Found:
    """Run the cases of a bite in a copy, until one turns red."""
    command = [sys.executable, "-m", "tests.sabotage.biting", json.dumps(asdict(bite))]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return Found("?", f"did not end within {_SECONDS} s", 0)
    try:
        return Found(**json.loads(ended.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        # The program does not even start: that is no row turned red.
        return Found(None, ended.stderr[-600:], 0)


def bitten(root: Path, sound: Path, bite: Bite) -> Found:
    """What a bite finds in a copy with a defect; the case that turns red must be green in the sound one."""
    found = struck(root, bite)
    if found.case is None:
        return found
    control = struck(sound, Bite(bite.row, glob.escape(found.case), 1))
    if control.case is None and control.tried == 1:
        return found
    return Found(None, f"{found.case} is red without the defect, too: {control.words}", found.tried)


def tried(sound: Path, defect: Defect) -> tuple[list[str], bool]:
    """Put one defect in a copy of its own and look at its rows; returns lines, and whether every row turned red."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ehcert-sabotage-") as folder:
        root = copied(Path(folder))
        try:
            sabotage(root, defect)
        except MisplacedError as error:
            return [f"{defect.name}: {error}"], False
        found = [(bite, bitten(root, sound, bite)) for bite in defect.bites]
    lines = [f"{defect.name} ({time.monotonic() - begun:.0f} s)", *(_told(bite, one) for bite, one in found)]
    return lines, all(one.case is not None for _, one in found)


def _told(bite: Bite, found: Found) -> str:
    if found.case is None:
        return f"  {bite.row} STAYS GREEN after {found.tried} cases '{bite.cases}' {found.words}"
    return f"  {bite.row} red: {found.case}: {found.words[:160]}"


def main(words: list[str]) -> int:
    """Returns 0 when every defect turned its rows red."""
    chosen = [one for one in DEFECTS if not words or any(word in one.name for word in words)]
    jobs, noticed = int(os.environ.get("JOBS", os.cpu_count() or 1)), 0
    with tempfile.TemporaryDirectory(prefix="ehcert-sound-") as folder, ThreadPoolExecutor(jobs) as pool:
        sound = copied(Path(folder))
        for lines, red in pool.map(partial(tried, sound), chosen):
            print("\n".join(lines), flush=True)
            noticed += red
    print(f"{noticed} of {len(chosen)} defects turned their rows red")
    return 0 if chosen and noticed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
