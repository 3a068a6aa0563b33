"""What `ehcert doctor` can find: each with a stable code, a sentence and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from workflow.errors import EhcertError
from workflow.texts import mark


class Level(Enum):
    """How grave a finding is; only a failure makes the exit code 1."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of finding: templates that the details of a finding fill in."""

    level: Level
    text: str
    remedy: str = ""


_F, _W, _N, _OK = Level.FAILURE, Level.WARNING, Level.NOTE, Level.OK
_REPAIR = mark("ehcert doctor --repair repairs it")
_HELPDESK = mark("nothing here proves how it was: restore a backup, or ask your helpdesk; do not request again")

KINDS: dict[str, Kind] = {
    # files and folders
    "files_private": Kind(_OK, mark("all files and folders are private")),
    "file_readable_by_others": Kind(_F, mark("others can read {path}"), _REPAIR),
    "file_is_link": Kind(_F, mark("{path} is a link that ehcert did not make"), mark("look where it leads, remove it")),
    "file_of_other_user": Kind(_F, mark("{path} belongs to another user"), mark("give it to yourself, or remove it")),
    "folder_unreadable": Kind(_F, mark("{path} cannot be read"), mark("give yourself the right to read it")),
    "keystore_readable_by_others": Kind(
        _W, mark("others can read the keystore {path}"), mark("chmod 600, unless your practice software needs it so")
    ),
    "left_over": Kind(_W, mark("{path} is left over from an interrupted command"), _REPAIR),
    # the store
    "store_absent": Kind(_N, mark("no procedure was ever stored here")),
    "store_opens": Kind(_OK, mark("the store opens; its schema is version {version}")),
    "store_unusable": Kind(_F, mark("the store cannot be used: {reason}"), _HELPDESK),
    "store_newer": Kind(_F, mark("the store was written by a newer ehcert"), mark("install the newest ehcert")),
    "store_sound": Kind(_OK, mark("the database file is sound")),
    "store_corrupt": Kind(
        _F, mark("the database file is damaged: {reason}"), mark("restore a backup; the other procedures can be read")
    ),
    "store_index_damaged": Kind(_F, mark("an index of the database is damaged: {reason}"), _REPAIR),
    "sqlite_version": Kind(
        _N, mark("SQLite {version}: used with its rollback journal, which is safe with every version")
    ),
    "store_key_missing": Kind(_F, mark("the store key {path} is missing"), mark("put it back from a backup")),
    "store_key_unusable": Kind(_F, mark("the store key cannot be used: {reason}"), mark("put it back from a backup")),
    "anchor_sound": Kind(_OK, mark("the store is as new as this computer left it")),
    "anchor_missing": Kind(
        _W, mark("{path} is missing: an older copy of the store could not be told from the newest"), _REPAIR
    ),
    "anchor_damaged": Kind(_F, mark("{path} is damaged: it guards against older copies of the store"), _REPAIR),
    # procedures
    "procedures_sound": Kind(_OK, mark("procedures whose facts and journal are sound: {count}")),
    "procedure_damaged": Kind(_F, mark("procedure {id} is damaged: {defect}"), _HELPDESK),
    "procedure_damaged_provable": Kind(_F, mark("procedure {id} is damaged: {defect}"), _REPAIR),
    "procedure_older": Kind(
        _F, mark("procedure {id}: {defect}"), mark("put the newest copy of the store back; nothing is sent before that")
    ),
    "journal_changed": Kind(_F, mark("procedure {id}: line {line} of its journal was changed"), _REPAIR),
    "journal_missing": Kind(_F, mark("procedure {id}: line {line} of its journal is missing"), _REPAIR),
    "journal_cut": Kind(_F, mark("procedure {id}: its journal is cut off from line {line}"), _REPAIR),
    "journal_swapped": Kind(
        _F, mark("procedure {id}: line {line} of its journal stands in the place of another"), _REPAIR
    ),
    "journal_doubled": Kind(_F, mark("procedure {id}: line {line} of its journal is a copy of another"), _REPAIR),
    "journal_forged": Kind(_F, mark("procedure {id}: line {line} of its journal was not written by ehcert"), _REPAIR),
    "procedure_newer": Kind(
        _F, mark("procedure {id} was last changed by a newer ehcert"), mark("install the newest ehcert")
    ),
    # records of care providers
    "provider_damaged": Kind(
        _F,
        mark("the record {id} of a care provider was changed by another hand, or cannot be read"),
        mark("remove it with ehcert provider remove {id}, and make it anew"),
    ),
    # keystores
    "keystore_folder_writable": Kind(_OK, mark("the keystore folder {path} can be written to")),
    "keystore_folder_absent": Kind(_N, mark("the keystore folder {path} does not exist yet")),
    "keystore_folder_unwritable": Kind(
        _F, mark("cannot write in {path}: {reason}"), mark("make room, or give yourself the right to write there")
    ),
    "keystore_missing": Kind(
        _F, mark("procedure {id}: its keystore {name} is missing"), mark("put the file back in {path}, from a backup")
    ),
    "keystore_orphan": Kind(
        _W,
        mark("the unfinished keystore {path} belongs to no procedure under way"),
        mark("keep it while a request may be under way elsewhere; otherwise it can be removed"),
    ),
    # surroundings
    "clock_right": Kind(_OK, mark("the clock agrees with that of eHealth ({environment})")),
    "clock_off": Kind(_F, mark("the clock of this computer is wrong by {minutes} minutes"), mark("set the clock")),
    "clock_unknown": Kind(_N, mark("the clock could not be compared: eHealth ({environment}) cannot be reached now")),
    "card_reader_ready": Kind(_OK, mark("the eID software and a card reader are there")),
    "card_reader_not_ready": Kind(_W, mark("card: {reason}"), mark("{remedy}")),
}


@dataclass(slots=True)
class Finding:
    """One finding. `repair` does what can be done about it and returns whether it helped."""

    code: str
    details: Mapping[str, Any] = field(default_factory=dict)
    repair: Callable[[], bool] | None = None
    repaired: bool = False
    failed: EhcertError | None = None

    @property
    def kind(self) -> Kind:
        """Its level and texts."""
        return KINDS[self.code]

    @property
    def bad(self) -> bool:
        """Whether it still is a failure."""
        return self.kind.level is Level.FAILURE and not self.repaired
