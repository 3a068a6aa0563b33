"""Secrets that live in memory only."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A PIN or a password: it can be used, not shown, compared, stored or copied."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not stored")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a secret is not copied")
