"""Replaces personal data by pseudonyms: the same value by the same one, and whatever is not known to be harmless."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from workflow.procedure import Line, WrittenLine

_KINDS = {
    "ssin": "national-number",
    "bis": "national-number",
    "first_names": "given-names",
    "surname": "surname",
    "email_private": "email",
    "email_general": "email",
    "phone_private": "phone",
    "phone_general": "phone",
    "dn": "dn",
    "path": "file",
    "copy": "file",
    "file": "file",
    "newest": "file",
    "certificate": "certificate",
    "chain": "certificate",
    "token": "etk",
    "texts": "contract-text",
    "sha256": "hash",
    "text_sha256": "hash",
    "fingerprint": "hash",
    "serial": "serial-number",
    "identifier": "number",
    "application_id": "application",
    "chosen": "choice",
    "address": "address",
    "by": "user",
    "holder": "holder",
}
"""What the pseudonyms of a value are called, by its name; every other one is a 'value'."""

_NAMES = frozenset(
    {
        "code",
        "refusal_code",
        "operation",
        "to",
        "stored",
        "state",
        "kind",
        "trigger",
        "language",
        "words",
        "type",
        "identifier_type",
        "status",
        "definition",
        "environment",
        "learned",
        "forgotten",
        "action",
        "form",
        "field",
        "upper",
        "id",
        "start",
    }
)
"""Fields that only hold names that programs give: of states, codes, operations, facts."""

_TEXTS = frozenset({"reason", "problem", "purpose", "message", "refusal", "possible", "address"})
"""Fields that may hold a text of ours: it stays. Any other text may name people."""

_CHOICES = frozenset({"person", "typed"})
_COUNTS = frozenset({"minutes", "seconds", "attempts_left", "line", "version", "count"})
_SAID = frozenset({"True", "False", "None", "?"})
_NAME = re.compile(r"(?!.*[0-9]{7})[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MESSAGE = re.compile(r"_?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX = re.compile(r"[0-9a-fA-F]{40,64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.+Z-]{4,30})?")
_LONGEST_NUMBER = 10**6


class Pseudonyms:
    """Pseudonyms of one bundle. `is_ours` says whether a text is one of the program's own.

    What stays: moments, PublicKeyIdentifiers, Ids and hashes of messages, codes, names of states, facts and
    operations, yes and no. Everything else is replaced, also what a later version may add. `stands_for` maps each
    value to its pseudonym.
    """

    def __init__(self, is_ours: Callable[[str], bool]) -> None:
        self._is_ours = is_ours
        self._made: Counter[str] = Counter()
        self._is_naming = False
        self.stands_for: dict[str, str] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How many values of each kind were replaced."""
        return dict(sorted(self._made.items()))

    def facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Facts without personal data."""
        self._is_naming = True  # a name or a number is called so, wherever it stands first
        for name, value in facts.items():
            self._replaced(value, name, name)
        self._is_naming = False
        return {self._key(name): self._replaced(value, name, name) for name, value in facts.items()}

    def written(self, line: WrittenLine) -> WrittenLine:
        """A line of a journal without personal data."""
        return replace(line, line=self.line(line.line))

    def line(self, line: Line) -> Line:
        """A line without personal data. What a person typed as a reason or a note is replaced as a whole."""
        details = self.details(line.details, line.kind)
        if "by" in line.details and "reason" in line.details:
            details["reason"] = self.of("note", str(line.details["reason"]))
        return replace(line, details=details, changes=self._changes(line.changes))

    def details(self, details: Mapping[str, Any], about: str = "") -> dict[str, Any]:
        """Any other values by their names; `about` is the kind of the line whose details they are."""
        free = {"reason"} if "by" in details else set()
        return {self._key(name): self._replaced(details[name], name, about) for name in details if name not in free}

    def of(self, kind: str, value: str) -> str:
        """The pseudonym of a value; of the first kind under which it was met."""
        if value not in self.stands_for:
            self._made[kind] += 1
            self.stands_for[value] = f"{kind}-{self._made[kind]}"
        return self.stands_for[value]

    # --- values ---------------------------------------------------------------------------------------------------

    def _changes(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        facts = {name: self.facts(changes[name]) for name in ("learned", "facts") if name in changes}
        return self.details({name: value for name, value in changes.items() if name not in facts}) | facts

    def _replaced(self, value: Any, name: str, fact: str) -> Any:
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            return value if abs(value) < _LONGEST_NUMBER or self._is_naming else self.of("value", str(value))
        if isinstance(value, Mapping):
            return {self._key(key): self._replaced(one, self._told(key, name), fact) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._replaced(one, name, fact) for one in value]
        return self._text(str(value), name, fact)

    def _told(self, key: str, name: str) -> str:
        """A part of a contract's texts is named by its language: then the name of the whole counts."""
        return name if name == "texts" else key

    def _key(self, key: str) -> str:
        return key if _KEY.fullmatch(key) else self.of("name", key)

    def _text(self, value: str, name: str, fact: str) -> str:
        if not value or value in _SAID or _is_moment(value) or self._stays(value, name, fact):
            return value
        kind = _KINDS.get(name, "value")
        if kind == "value" and name == "name":
            kind = "file" if fact == "new_keystore" else "name"
        if kind == "value" and self._is_naming:
            return value
        return self._file(value) if kind == "file" else self.of(kind, value)

    def _stays(self, value: str, name: str, fact: str) -> bool:
        if name in ("public_key_identifier", "replaces"):
            return _HEX.fullmatch(value) is not None
        if name == "message_id":
            return _MESSAGE.fullmatch(value) is not None
        if name == "sha256":  # of a message; that of a file or of a text could be guessed
            return fact == "intent" and _HEX.fullmatch(value) is not None
        if name in _COUNTS:
            return len(value) < len(str(_LONGEST_NUMBER)) and value.lstrip("-").isdigit()
        if name == "chosen":
            return value in _CHOICES
        return (name in _NAMES and _NAME.fullmatch(value) is not None) or (name in _TEXTS and self._is_ours(value))

    def _file(self, value: str) -> str:
        """The folder and the name for themselves, so that one sees which files have a name or a folder in common."""
        path = PureWindowsPath(value) if "\\" in value else PurePosixPath(value)
        if path.name == value or not path.name:
            return self.of("file", value)
        return f"{self.of('folder', str(path.parent))}/{self.of('file', path.name)}"


def _is_moment(value: str) -> bool:
    if not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
