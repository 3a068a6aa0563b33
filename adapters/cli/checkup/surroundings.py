"""Examines what is around the store: keystore folders, the clock, the card reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.cli.checkup.findings import Finding
from adapters.cli.wiring import Wiring
from adapters.keystore.folder import KeystoreFolder
from adapters.system import files
from steps.clock import check_clock
from steps.new_keystore import located
from workflow.errors import CardError, ClockOffError, EhcertError, FolderNotWritableError
from workflow.procedure import Procedure


def examine_keystores(folder: KeystoreFolder, procedures: Sequence[Procedure]) -> Iterator[Finding]:
    """The folders of one environment, and whether keystores and the procedures of this environment belong together."""
    for place in dict.fromkeys((folder.folder, folder.pending)):
        try:
            if place.is_dir():
                files.check_writable(place)
                yield Finding("keystore_folder_writable", {"path": place})
            else:
                yield Finding("keystore_folder_absent", {"path": place})
        except FolderNotWritableError as error:
            yield Finding("keystore_folder_unwritable", error.details)
    expected = set()
    for one in procedures:
        if one.ended or "new_keystore" not in one.facts:
            continue
        path = located(folder, one.facts)
        expected.add(path)
        if path is None:
            name = one.facts["new_keystore"]["name"]
            yield Finding("keystore_missing", {"id": one.id, "name": name, "path": folder.pending})
    for file in folder.files():
        if file.pending and file.path not in expected:
            yield Finding("keystore_orphan", {"path": file.path})


def examine_clock(wiring: Wiring, environment: str) -> Iterator[Finding]:
    """Compare with the clock of eHealth, when it can be reached."""
    try:
        check_clock(wiring.clock(environment).now(), wiring.authority(environment).service_time())
    except ClockOffError as error:
        yield Finding("clock_off", error.details)
    except EhcertError:
        yield Finding("clock_unknown", {"environment": environment})
    else:
        yield Finding("clock_right", {"environment": environment})


def examine_cards(wiring: Wiring, environment: str) -> Iterator[Finding]:
    """The eID software and a reader; no PIN is asked for."""
    try:
        wiring.cards(environment).check()
    except CardError as error:
        yield Finding("card_reader_not_ready", {"reason": error.text, "remedy": error.hint})
    else:
        yield Finding("card_reader_ready")
