"""Files of the sandbox: private, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.system import files
from adapters.system.files import sync_folder

__all__ = ["PRIVATE_FILE", "PRIVATE_FOLDER", "private_folder", "sync_folder", "write_json", "write_whole"]

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def private_folder(path: Path) -> Path:
    """The folder, made with mode 0700 when it is missing, like its missing parents."""
    files.private_folder(path)
    return path


def write_whole(path: Path, content: bytes) -> None:
    """Another process sees the old or the new content."""
    files.replace(path, content)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object, whole or not at all."""
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
