"""A person's renewal in one process with real files: real keystores, a real database, and the sandbox's eHealth."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from cryptography.hazmat.primitives.serialization import load_der_private_key

from adapters.keystore import bags
from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.keystore.writing import Rounds
from state.database import open_database
from state.store import DatabaseStore
from steps.late_arrival import LATE_ARRIVAL
from steps.ports.keystore import Keystore
from tests.reliability.counting import Harm, Problem
from tests.reliability.judging import check
from tests.world.watched import Died
from tests.world.world import ENVIRONMENT, World
from workflow.errors import EhcertError, KeystoreError, StillInDoubtError, TemporaryError
from workflow.procedure import Procedure

STORE_KEY = bytes(range(32))
FEW = Rounds(parts=10, checksum=10)
_SITTINGS = 40


@dataclass
class Desk:
    """A world whose keystores and store lie in `folder`; `errors` is what the person was told, in order."""

    folder: Path
    world: World
    keystores: KeystoreFolder
    errors: list[EhcertError] = field(default_factory=list)

    @property
    def store_file(self) -> Path:
        """The database of procedures."""
        return self.folder / "data" / "procedures.sqlite"

    @property
    def file(self) -> Path:
        """The keystore that the procedure made, where it should be."""
        path = self.keystores.find(self.name)
        assert path is not None
        return path

    @property
    def name(self) -> str:
        """The name of the keystore that the procedure made."""
        [procedure] = self.world.all_procedures()
        return str(procedure.facts["new_keystore"]["name"])

    def halt_before(self, state: str) -> None:
        """Take the renewal up to a state and die there."""
        self.world.crash_at(f"renew.{state}.before")
        with contextlib.suppress(Died):
            self.world.finish()
            raise AssertionError(f"it never came to '{state}'")

    def sit(self) -> EhcertError | None:
        """One sitting; the error that the person was told."""
        try:
            self.world.resume() if self.world.all_procedures() else self.world.renew()
        except EhcertError as error:
            self.errors.append(error)
            return error
        return None

    def finish(self) -> Procedure | None:
        """Sit down again and again; the procedure when it has ended."""
        for _ in range(_SITTINGS):
            known = self.world.all_procedures()
            if known and known[0].ended:
                return known[0]
            error = self.sit()
            self.world.clock.move(_pause(error))
        return None

    def opened(self) -> list[Keystore]:
        """Every keystore in both folders that opens with a password that the person knows, the fullest first."""
        found = []
        known = [str(self.world.person.secrets[f"{kind}keystore_password"]) for kind in ("new_", "")]
        for path in self.keystores.candidates():
            for password in known:
                with contextlib.suppress(KeystoreError):
                    found.append(self.keystores.open(path, password))
        return sorted(found, key=lambda one: (len(one.keys), sum(len(entry.chain) for entry in one.keys)), reverse=True)

    def judged(self, ended: Procedure | None) -> list[Problem]:
        """All harm that can be seen from outside, at the end."""
        problems = check(self.world.sandbox, self.opened())
        if ended is None:
            problems.append(Problem(Harm.STUCK, f"no end after {[error.code for error in self.errors[-5:]]}"))
        elif ended.state != "done":
            problems.append(Problem(Harm.LOST, f"it ended as '{ended.state}'"))
        return problems


@contextlib.contextmanager
def a_desk(*, stored: bool = False) -> Iterator[Desk]:
    """A desk, cleared away afterwards; its store is a real database when it is to be `stored`."""
    folder = Path(tempfile.mkdtemp(prefix="ehcert-desk-"))
    place = folder / "keystore"
    keystores = KeystoreFolder(place, place / "pending", ENVIRONMENT, Encryption.COMPATIBLE, FEW)
    url = f"sqlite:///{folder / 'data' / 'procedures.sqlite'}"
    open_store = (lambda: DatabaseStore(open_database(url), STORE_KEY)) if stored else None
    world = World(open_store=open_store, keystores=keystores)
    try:
        with mock.patch.object(bags, "load_der_private_key", _loaded_at_once):
            yield Desk(folder, world, keystores)
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)


def _loaded_at_once(data: bytes, password: bytes | None, **_: bool) -> Any:
    """Without the check that the numbers of a key fit, which takes most of the time and is not what fails here."""
    return load_der_private_key(data, password, unsafe_skip_rsa_key_validation=True)


def _pause(error: EhcertError | None) -> timedelta:
    if error is None:
        return timedelta(days=1)
    if isinstance(error, StillInDoubtError):
        return LATE_ARRIVAL
    return timedelta(minutes=2) if isinstance(error, TemporaryError) else timedelta(hours=1)
