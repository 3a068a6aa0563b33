"""Examines the store: its key, its file, the anchor, and every procedure with its journal."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator

from adapters.cli.checkup.findings import Finding
from adapters.cli.options import ENVIRONMENTS
from adapters.cli.wiring import Wiring
from adapters.system.locks import FileLocks
from adapters.system.store_key import read_store_key
from state.copying import file_of
from state.database import HEAD, make_indexes, only_indexes, open_database, problems
from state.examination import Defect, Examined, Flaw
from state.keys import StoreKeys
from state.repair import Repair, proof_of
from workflow.definitions import DEFINITIONS
from workflow.errors import AnchorDamagedError, StoreError, StoreNewerError, StoreUnusableError
from workflow.procedure import Procedure, ProcedureId
from workflow.record import identity_of
from workflow.texts import mark

_CODES = {
    Flaw.CHANGED: "journal_changed",
    Flaw.MISSING: "journal_missing",
    Flaw.CUT: "journal_cut",
    Flaw.SWAPPED: "journal_swapped",
    Flaw.DOUBLED: "journal_doubled",
    Flaw.FORGED: "journal_forged",
}
_GONE = mark("its file is missing, although procedures were stored")


class StoreCheckup:
    """Looks at the store from the outside in; `procedures` are those found sound, once `examine` has run."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self.procedures: list[Procedure] = []

    def examine(self) -> Iterator[Finding]:
        """What is found, until something keeps from looking further."""
        yield Finding("sqlite_version", {"version": sqlite3.sqlite_version})
        if not self._is_there():
            gone = self._wiring.folders.anchor_file.exists()
            yield Finding("store_unusable", {"reason": _GONE}) if gone else Finding("store_absent")
            return
        opened = True
        for finding in self._opening():
            yield finding
            opened = opened and not finding.bad
        if opened:
            yield from self._guarded()

    def _is_there(self) -> bool:
        file = file_of(self._wiring.store_url())
        return file is None or file.exists()

    def _opening(self) -> Iterator[Finding]:
        """The key and the file."""
        try:
            read_store_key(self._wiring.folders.store_key_file)
        except StoreUnusableError as error:
            missing = not self._wiring.folders.store_key_file.exists()
            yield Finding("store_key_missing" if missing else "store_key_unusable", error.details)
        try:
            open_database(self._wiring.store_url())
        except StoreNewerError:
            yield Finding("store_newer")
        except StoreError as error:
            yield Finding("store_unusable", {"reason": error.details.get("reason", "")})
        else:
            yield Finding("store_opens", {"version": HEAD})

    def _guarded(self) -> Iterator[Finding]:
        """The rest: a damaged page may end it early."""
        try:
            yield from self._file()
            yield from self._anchor()
            yield from self._all_procedures()
            yield from (Finding("provider_damaged", {"id": name}) for name in self._wiring.providers.damaged())
        except StoreUnusableError as error:
            yield Finding("store_corrupt", {"reason": error.details["reason"]})

    def _file(self) -> Iterator[Finding]:
        engine = open_database(self._wiring.store_url())
        found = problems(engine)
        if not found:
            yield Finding("store_sound")
        elif only_indexes(found):
            yield Finding("store_index_damaged", {"reason": found[0]}, lambda: _reindexed(self._wiring))
        else:
            yield Finding("store_corrupt", {"reason": found[0]})

    def _anchor(self) -> Iterator[Finding]:
        store, path = self._wiring.store, self._wiring.folders.anchor_file

        def make_anew() -> bool:
            store.make_anchor()
            return True

        try:
            missing = store.anchor_is_missing() and bool(store.ids())
            if not missing:
                store.check_anchor()
        except (AnchorDamagedError, StoreUnusableError):
            yield Finding("anchor_damaged", {"path": path}, make_anew)
            return
        yield Finding("anchor_missing", {"path": path}, make_anew) if missing else Finding("anchor_sound")

    def _all_procedures(self) -> Iterator[Finding]:
        sound = 0
        for name in self._wiring.store.ids():
            examined = self._wiring.store.examine(name, trusting=True)
            if examined.procedure is not None:
                self.procedures.append(examined.procedure)
            if examined.defects:
                yield from self._defects(examined)
            elif examined.procedure is not None and _is_newer(examined.procedure):
                yield Finding("procedure_newer", {"id": name})
            else:
                sound += 1
        yield Finding("procedures_sound", {"count": sound})

    def _defects(self, examined: Examined) -> Iterator[Finding]:
        provable = proof_of(examined) is not None
        repair = functools.cache(functools.partial(self._repair, examined)) if provable else None
        for defect in examined.defects:
            details = {"id": examined.id, "line": defect.line, "defect": defect.text}
            yield Finding(_code(examined, defect, provable), details, repair)

    def _repair(self, examined: Examined) -> bool:
        given = str(examined.row["environment"]) if examined.row is not None else ""
        clock = self._wiring.clock(given if given in ENVIRONMENTS else self._wiring.settings.environment)
        keys = StoreKeys.of(read_store_key(self._wiring.folders.store_key_file))
        repair = Repair(self._wiring.store, keys, DEFINITIONS, identity_of)
        with FileLocks(self._wiring.folders.locks, clock.now).hold(ProcedureId(examined.id)):
            return repair.repair(ProcedureId(examined.id), clock.now())


def _code(examined: Examined, defect: Defect, provable: bool) -> str:
    if defect.flaw is not None:
        return _CODES[defect.flaw]
    if defect in examined.age_defects:
        return "procedure_older"
    return "procedure_damaged_provable" if provable else "procedure_damaged"


def _is_newer(procedure: Procedure) -> bool:
    definition = DEFINITIONS.get(procedure.definition)
    return definition is None or procedure.definition_version > definition.version


def _reindexed(wiring: Wiring) -> bool:
    engine = open_database(wiring.store_url())
    make_indexes(engine)
    return not problems(engine)
