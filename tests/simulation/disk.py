"""Store and keystores on a disk that fails: what the real adapters raise, and what a crash leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from steps.ports.keystore import Keystore
from tests.simulation.nemesis import Nemesis
from tests.world.keystores import MemoryKeystores
from tests.world.memory import MemoryStore
from workflow.errors import EhcertError, FolderNotWritableError, KeystoreDamagedError, StoreUnusableError
from workflow.procedure import Line, Procedure, ProcedureId

_DATABASE = Path("/data/ehcert.sqlite")


def _unusable(reason: str) -> EhcertError:
    return StoreUnusableError(path=_DATABASE, reason=reason)


class FragileStore(MemoryStore):
    """A store of which each write happens whole or not at all, whatever the caller hears."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__()
        self._nemesis = nemesis

    def insert(self, procedure: Procedure, lines: Sequence[Line], identity: str) -> Procedure:
        """See `workflow.ports.Store.insert`."""
        change = super().insert
        return self._nemesis.write("store.insert", lambda: change(procedure, lines, identity), _unusable)

    def load(self, procedure: ProcedureId) -> Procedure:
        """See `workflow.ports.Store.load`."""
        self._nemesis.read("store.load", _unusable)
        return super().load(procedure)

    def save(self, procedure: Procedure, lines: Sequence[Line], identity: str | None = None) -> Procedure:
        """See `workflow.ports.Store.save`."""
        change = super().save
        return self._nemesis.write("store.save", lambda: change(procedure, lines, identity), _unusable)

    def forget(self, procedure: ProcedureId) -> None:
        """See `workflow.ports.Store.forget`."""
        change = super().forget
        self._nemesis.write("store.forget", lambda: change(procedure), _unusable)


class FragileKeystores(MemoryKeystores):
    """Keystore files that are there whole or not at all; between two folders one may be in both."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__()
        self._nemesis = nemesis

    def check(self) -> None:
        """See `steps.ports.keystore.Keystores.check`."""
        self._nemesis.write("keystores.check", lambda: None, self._not_writable)

    def open(self, path: Path, password: str) -> Keystore:
        """See `steps.ports.keystore.Keystores.open`."""
        self._nemesis.read("keystores.open", lambda reason: KeystoreDamagedError(path=path, reason=reason))
        return super().open(path, password)

    def create(self, name: str, keystore: Keystore, password: str) -> Path:
        """See `steps.ports.keystore.Keystores.create`."""
        change = super().create
        return self._nemesis.write("keystores.create", lambda: change(name, keystore, password), self._not_writable)

    def replace(self, path: Path, keystore: Keystore, password: str) -> None:
        """See `steps.ports.keystore.Keystores.replace`."""
        change = super().replace
        self._nemesis.write("keystores.replace", lambda: change(path, keystore, password), self._not_writable)

    def change_password(self, path: Path, old: str, new: str, at: datetime) -> None:
        """See `steps.ports.keystore.Keystores.change_password`; the copy of before is there first."""
        change = super().change_password
        self._nemesis.write("keystores.change_password", lambda: change(path, old, new, at), self._not_writable)

    def finish(self, path: Path) -> Path:
        """See `steps.ports.keystore.Keystores.finish`; the file is linked in one folder before it leaves the other."""
        change = super().finish

        def linked() -> None:
            if path in self.content:
                self.content.setdefault(self.folder / path.name, self.content[path])

        return self._nemesis.write("keystores.finish", lambda: change(path), self._not_writable, linked)

    def discard(self, path: Path) -> None:
        """See `steps.ports.keystore.Keystores.discard`."""
        change = super().discard
        self._nemesis.write("keystores.discard", lambda: change(path), self._not_writable)

    def _not_writable(self, reason: str) -> EhcertError:
        return FolderNotWritableError(path=self.folder, reason=reason)
