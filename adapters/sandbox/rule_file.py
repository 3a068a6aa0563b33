"""The rules of a sandbox in its folder, so that every process that opens it plays by the same ones."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from adapters.sandbox.desk import Rules
from adapters.sandbox.files import write_json

_FILE: Final = "rules.json"


def keep_rules(folder: Path, rules: Rules) -> None:
    """Write the rules down; durations in seconds."""
    write_json(folder / _FILE, {field.name: _to_json(getattr(rules, field.name)) for field in fields(Rules)})


def kept_rules(folder: Path) -> Rules:
    """The rules that were written down last, or the usual ones."""
    try:
        known = json.loads((folder / _FILE).read_text("utf-8"))
    except FileNotFoundError:
        return Rules()
    usual = Rules()
    values = {
        field.name: _from_json(known[field.name], usual, field.name) for field in fields(Rules) if field.name in known
    }
    return Rules(**values)


def _to_json(value: Any) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _from_json(value: Any, usual: Rules, name: str) -> Any:
    return timedelta(seconds=value) if isinstance(getattr(usual, name), timedelta) else value
