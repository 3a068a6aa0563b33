"""R27 and R28: no secret and no national number lies where it must not, and every file is private.

The fault of R27 is a crash, proved by the signal of which the process died; the one of R28 is a loose umask, proved by
a file that the same process family makes under it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from adapters.sandbox.people import PROVIDER
from tests.reliability.boundaries import all_boundaries
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.courses import course_of
from tests.reliability.driving import Journey, a_home, drive, end_of, struck_at
from tests.reliability.judging import files_under, leaks
from tests.reliability.processes import SECRETS, Home
from tests.world.person import ANSWERS

pytestmark = [pytest.mark.slow, pytest.mark.soap]

PERSON = {
    "national number": PROVIDER.ssin,
    "names": f"{PROVIDER.first_names} {PROVIDER.surname}",
    "names in upper case": "ZOE ELISE EXEMPLE",
    "e-mail": "exemple@example.org",
    "BIS number": str(ANSWERS["person"]["bis"]),
    "name of a foreigner": str(ANSWERS["person"]["surname"]),
}


def leaked(home: Home, journey: Journey) -> list[Problem]:
    """Secrets and personal data in any file of ours, in what was printed, and private keys in the clear anywhere.

    The far side's folder is its own; the answers file is the person's. A keystore's name may hold the number.
    """
    files = files_under(home.folder / "data", home.folder / "config")
    ours = {name: content for name, content in files.items() if not name.startswith(str(home.sandbox))}
    keystores = {name: content for name, content in files.items() if name.endswith(".p12")}
    names = {keystore: Path(keystore).name for keystore in keystores}
    printed = {}
    for number, ended in enumerate(journey.ended):
        text = f"{ended.answer} {ended.errors}"
        for name in names.values():
            text = text.replace(name, "")
        printed[f"output {number}"] = text.encode()
    found = leaks(SECRETS, ours | keystores | printed) + leaks(PERSON, ours | printed)
    return found + list(_bare_keys(home, ours | keystores | printed))


def _bare_keys(home: Home, sinks: dict[str, bytes]) -> Iterator[Problem]:
    for keystore in home.keystores():
        for entry in keystore.keys:
            prime = entry.private_key.private_numbers().p.to_bytes(128, "big")
            for sink, content in sinks.items():
                if prime in content or prime.hex().encode() in content:
                    yield Problem(Harm.LEAKED, f"a private key in {sink}")


def leaking(boundary: str) -> Verdict:
    with a_home(course_of(boundary)) as home:
        journey = Journey()
        drive(home, journey, struck_at(boundary), until=lambda j: j.killed == 1)
        problems = leaked(home, journey)
        problems += end_of(home, journey)
        journey.ended.append(home.run("status", "--all", "--json"))
        problems += leaked(home, journey)
    return Verdict(journey.killed == 1, tuple(problems))


def loose(umask: int, boundary: str) -> Verdict:
    before = os.umask(umask)
    try:
        with a_home(course_of(boundary)) as home:
            witness = home.folder / "witness"
            witness.touch()
            fired = stat.S_IMODE(witness.stat().st_mode) == 0o666 & ~umask
            witness.unlink()
            journey = Journey()
            drive(home, journey, struck_at(boundary), until=lambda j: j.killed == 1)
            problems = loose_files(home)
            problems += end_of(home, journey) + loose_files(home)
    finally:
        os.umask(before)
    return Verdict(fired and journey.killed == 1, tuple(problems))


def loose_files(home: Home) -> list[Problem]:
    """Every file and folder of ours that others may read or change."""
    paths = [home.folder / "data", *(home.folder / "data").rglob("*")]
    loose = [path for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    return [Problem(Harm.LEAKED, f"{path.relative_to(home.folder)} is not private") for path in loose]


def r27_cases() -> list[Case]:
    return [Case(name, partial(leaking, name)) for names in all_boundaries().values() for name in names]


def r28_cases() -> list[Case]:
    names = [name for found in all_boundaries().values() for name in found]
    return [Case(f"{umask:03o} {name}", partial(loose, umask, name)) for umask in (0, 0o022) for name in names[3::4]]


R27 = register(Row("R27", "secrets and personal data stay out", r27_cases, share=0.1))
R28 = register(Row("R28", "every file and folder is private", r28_cases, share=0.2))


@pytest.mark.parametrize("case", R27.chosen(), ids=str)
def test_no_secret_lies_anywhere_after_a_crash(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("case", R28.chosen(), ids=str)
def test_every_file_is_private_under_a_loose_umask(case: Case) -> None:
    assert_clean(case)
