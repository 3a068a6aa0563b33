"""What a backup holds and where it belongs: the procedures, the store key, and the keystores of open procedures."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.cli.options import ENVIRONMENTS
from adapters.cli.version import version
from adapters.cli.wiring import Wiring
from adapters.keystore.folder import KeystoreFolder
from adapters.system import files
from adapters.system.backup import Backup, Part
from adapters.system.locks import FileLocks
from adapters.system.store_key import read_store_key, store_key
from state.copying import check_unfilled, file_of, is_filled, pour, snapshot
from state.database import HEAD, open_database
from state.store import DatabaseStore
from steps.new_keystore import located
from workflow.definitions import DEFINITIONS
from workflow.errors import (
    BackupDamagedError,
    BackupNewerError,
    BackupNotPossibleError,
    KeystoreChangedError,
    NothingToBackUpError,
    StoreDamagedError,
    StoreNewerError,
    StoreUnusableError,
)
from workflow.procedure import Procedure, ProcedureId
from workflow.restoring import doubted
from workflow.texts import mark

if TYPE_CHECKING:
    from sqlalchemy import Engine

_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: how many procedures and keystores, the open procedures, and the damaged ones."""

    procedures: int
    keystores: int
    open: tuple[Procedure, ...]
    damaged: tuple[ProcedureId, ...]


# --- what goes in -------------------------------------------------------------------------------------------------


def gathered(wiring: Wiring) -> Backup:
    """All that is to be kept. Raises `BackupNotPossibleError`, `NothingToBackUpError`, `StoreUnusableError`."""
    file = store_file(wiring)
    if not file.exists() or not wiring.folders.store_key_file.exists():
        raise NothingToBackUpError(path=file)
    procedures = wiring.store.procedures(ended=True, limit=_MANY)
    definitions = {one.definition: one.definition_version for one in sorted(procedures, key=_version_of)}
    about = {
        "program": version(),
        "made_at": datetime.now(UTC).isoformat(),
        "schema": HEAD,
        "definitions": definitions,
        "procedures": len(procedures),
    }
    parts = [
        Part({"kind": "store"}, snapshot(file)),
        Part({"kind": "store_key"}, read_store_key(wiring.folders.store_key_file)),
        *_keystores(wiring, [one for one in procedures if not one.ended]),
    ]
    return Backup(about, tuple(parts))


def store_file(wiring: Wiring) -> Path:
    """The file of the store. Raises `BackupNotPossibleError` when a server keeps it."""
    file = file_of(wiring.store_url())
    if file is None:
        raise BackupNotPossibleError(key=wiring.folders.store_key_file)
    return file


def _version_of(procedure: Procedure) -> int:
    return procedure.definition_version


def _keystores(wiring: Wiring, procedures: list[Procedure]) -> Iterator[Part]:
    """Every unfinished keystore, and those of open procedures also when they are finished."""
    for environment in ENVIRONMENTS:
        folder = wiring.keystores(environment)
        paths = {file.path for file in folder.files() if file.pending}
        facts = [one.facts for one in procedures if one.environment == environment]
        found = [located(folder, fact) for fact in facts if "new_keystore" in fact]
        for path in sorted(paths | {path for path in found if path is not None}):
            about = {"environment": environment, "name": path.name, "pending": folder.describe(path).pending}
            yield Part({"kind": "keystore", **about}, path.read_bytes())


# --- what comes out -----------------------------------------------------------------------------------------------


def check_empty(wiring: Wiring) -> None:
    """Before a passphrase is asked for. Raises `StoreNotEmptyError`, `BackupNotPossibleError`."""
    file = store_file(wiring)
    if file.exists():
        check_unfilled(open_database(f"sqlite:///{file}"))


def restore(wiring: Wiring, backup: Backup, path: Path) -> Restored:
    """Put a backup in place, where no procedures are. Whatever goes wrong, everything is as it was.

    `path` is for the errors. Raises `StoreNotEmptyError`, `BackupNewerError`, `BackupDamagedError`, `BusyError`,
    `KeystoreChangedError`, `FolderNotWritableError`.
    """
    _check_not_newer(backup, path)
    target = store_file(wiring)
    files.private_folder(wiring.folders.data)
    with (
        _nobody_at_work(wiring),
        tempfile.TemporaryDirectory(prefix=files.TEMPORARY, dir=wiring.folders.data) as beside,
    ):
        key = _only(backup, "store_key", path)
        source = Path(beside) / "store.sqlite"
        files.write_new(source, _only(backup, "store", path))
        opened = _open(f"sqlite:///{source}", path)
        copy = DatabaseStore(opened, key)
        found, damaged = _doubted(wiring, copy)
        _check_keystores(wiring, backup, path)
        # A store never stands without a key, not even one that is about to be replaced.
        store_key(wiring.folders.store_key_file)
        procedures, keystores = _put_in_place(wiring, backup, key, opened, open_database(f"sqlite:///{target}"))
    wiring.store.make_anchor()
    return Restored(procedures, keystores, tuple(found), tuple(damaged))


def _check_not_newer(backup: Backup, path: Path) -> None:
    definitions: dict[str, Any] = backup.about["definitions"]
    today = {name: definition.version for name, definition in DEFINITIONS.items()}
    if backup.about["schema"] > HEAD or any(number > today.get(name, 0) for name, number in definitions.items()):
        raise BackupNewerError(path=path)


def _only(backup: Backup, kind: str, path: Path) -> bytes:
    found = [part.content for part in backup.parts if part.about["kind"] == kind]
    if len(found) != 1:
        raise BackupDamagedError(path=path, reason=mark("a part of it is missing"))
    return found[0]


def _open(url: str, path: Path) -> Engine:
    try:
        return open_database(url)
    except StoreNewerError as error:
        raise BackupNewerError(path=path) from error
    except StoreUnusableError as error:
        raise BackupDamagedError(path=path, reason=error.details["reason"]) from error


@contextlib.contextmanager
def _nobody_at_work(wiring: Wiring) -> Iterator[None]:
    """Hold every procedure that some process may hold: it has the present store key in its memory."""
    locks = FileLocks(wiring.folders.locks, wiring.clock("production").now)
    with contextlib.ExitStack() as held:
        for file in sorted(wiring.folders.locks.glob("*.lock")):
            held.enter_context(locks.hold(ProcedureId(file.stem)))
        yield


def _doubted(wiring: Wiring, copy: DatabaseStore) -> tuple[list[Procedure], list[ProcedureId]]:
    """Let each open procedure ask eHealth first: since the backup, anything may have been sent."""
    open_ones, damaged = [], list(copy.damaged(limit=_MANY))
    for listed in copy.procedures(limit=_MANY):
        try:
            stored = copy.load(listed.id)
        except StoreDamagedError:
            damaged.append(listed.id)
            continue
        now = wiring.clock(stored.environment).now()
        procedure, line = doubted(DEFINITIONS[stored.definition], stored, now, "restored")
        open_ones.append(copy.save(procedure, [line]))
    return open_ones, damaged


def _put_in_place(wiring: Wiring, backup: Backup, key: bytes, source: Engine, target: Engine) -> tuple[int, int]:
    """Keystores, then the rows and the key in one transaction; what was written is removed again when it fails."""
    undo = contextlib.ExitStack()
    kept = [part for part in backup.parts if part.about["kind"] == "keystore"]
    try:
        for part in kept:
            _put(wiring.keystores(part.about["environment"]), part, undo)
        return pour(source, target, lambda: _put_key(wiring, key, undo)), len(kept)
    except BaseException:
        if not is_filled(target):
            undo.close()
        raise


def _check_keystores(wiring: Wiring, backup: Backup, path: Path) -> None:
    """That each has the name of a keystore, and none would take the name of another file."""
    for part in backup.parts:
        if part.about["kind"] == "keystore":
            try:
                _is_there(wiring.keystores(part.about["environment"]), part)
            except ValueError as error:
                raise BackupDamagedError(path=path, reason=mark("it holds a name that no keystore has")) from error


def _is_there(folder: KeystoreFolder, part: Part) -> bool:
    present = folder.find(part.about["name"])
    if present is not None and present.read_bytes() != part.content:
        raise KeystoreChangedError(path=present, reason=mark("the backup holds another file of this name"))
    return present is not None


def _put(folder: KeystoreFolder, part: Part, undo: contextlib.ExitStack) -> None:
    if _is_there(folder, part):
        return
    name = part.about["name"]
    folder.check()
    path = (folder.pending if part.about["pending"] else folder.folder) / name
    undo.callback(files.remove, path)
    files.write_new(path, part.content)


def _put_key(wiring: Wiring, key: bytes, undo: contextlib.ExitStack) -> None:
    file = wiring.folders.store_key_file
    before = file.read_bytes() if file.exists() else None
    undo.callback(lambda: files.remove(file) if before is None else files.replace(file, before))
    files.remove(wiring.folders.anchor_file)  # it was sealed with the key that goes
    files.replace(file, key)
