"""The version of this program."""

from __future__ import annotations

VERSION = "0.1.0"


def version() -> str:
    """The version; a test compares it with pyproject.toml (importlib.metadata would double the start-up time)."""
    return VERSION
