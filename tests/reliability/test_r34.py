"""R34: keystores of several environments in one place: one of another environment is refused by name, and untouched.

The fault is the file itself: the issuer of its certificate is the authority of another environment.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.keys import RsaKeys
from steps.certificates import environment_of
from steps.open_keystore import OpenKeystore
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore
from tests.adapters.keystore.samples import PASSWORD, issue
from tests.adapters.keystore.test_environments import (
    ISSUERS,
    OWNER,
    PAIRS,
    SUFFIXES,
    Unasked,
    folder_at,
    work,
)
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from workflow.errors import KeystoreOfOtherEnvironmentError


@functools.cache
def _keys() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    return RsaKeys().make(), RsaKeys().make()


def enrolled(environment: str) -> Keystore:
    """A keystore with a certificate of the authority of an environment."""
    own, authority = _keys()
    leaf = issue("SSIN=75031299943", own, ISSUERS[environment], authority)
    return Keystore((KeyEntry(AUTHENTICATION, own, (leaf,)),))


def as_written(place: Path, mine: str, other: str) -> Path:
    """The file of the other environment, as `ehcert` writes it there."""
    folder = folder_at(place / "other", other)
    return folder.finish(folder.create(OWNER, enrolled(other), PASSWORD))


def renamed(place: Path, mine: str, other: str) -> Path:
    """The file of the other environment, under the name that this one would give it."""
    written = as_written(place, mine, other)
    return written.rename(written.with_name(OWNER + SUFFIXES[mine]))


def beside(place: Path, mine: str, other: str) -> Path:
    """Both environments use one folder, with one holder."""
    for environment in (mine, other):
        folder = folder_at(place, environment)
        folder.finish(folder.create(OWNER, enrolled(environment), PASSWORD))
    return place / "keystore" / (OWNER + SUFFIXES[other])


def mixed(mine: str, other: str, put: Callable[[Path, str, str], Path]) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        path = put(place, mine, other)
        content = path.read_bytes()
        own = folder_at(place, mine)
        issuer = own.open(path, PASSWORD).keys[0].chain[0].issuer

        problems = [*_refused(own, path, mine, other)]

        if path.read_bytes() != content:
            problems.append(Problem(Harm.LOST, "the file of the other environment was changed"))
        if put is beside:
            problems += _own_is_seen(own, mine)
    return Verdict(environment_of(issuer) == other, tuple(problems))


def _refused(own: KeystoreFolder, path: Path, mine: str, other: str) -> list[Problem]:
    nobody: Any = Unasked()  # any question to eHealth fails the case
    try:
        OpenKeystore(own, nobody)(work(mine, path))
    except KeystoreOfOtherEnvironmentError as error:
        named = (error.details["found"], error.details["environment"])
        return [] if named == (other, mine) else [Problem(Harm.STUCK, f"refused, naming {named}")]
    return [Problem(Harm.LOST, f"a keystore of '{other}' was taken for one of '{mine}'")]


def _own_is_seen(own: KeystoreFolder, mine: str) -> list[Problem]:
    seen = [file.path.name for file in own.files()]
    return [] if seen == [OWNER + SUFFIXES[mine]] else [Problem(Harm.LOST, f"offered: {seen}")]


def cases() -> list[Case]:
    return [
        Case(f"{other} in {mine}, {put.__name__.replace('_', ' ')}", partial(mixed, mine, other, put))
        for mine, other in PAIRS
        for put in (as_written, renamed, beside)
    ]


R34 = register(Row("R34", "keystores of several environments in one place", cases, share=1.0))


@pytest.mark.parametrize("case", R34.chosen(), ids=str)
def test_a_keystore_of_another_environment_is_refused_by_name(case: Case) -> None:
    assert_clean(case)
