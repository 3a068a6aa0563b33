"""Damages a store on disk, and asks what the next command would make of it."""

from __future__ import annotations

import random

from tests.state.shelves import SSINS, Shelf
from workflow.errors import EhcertError, Exit, StoreError
from workflow.procedure import ProcedureId

NAMES = (ProcedureId("aaaaaaaa"), ProcedureId("bbbbbbbb"))
NOTICED = {"store_damaged", "journal_damaged", "store_unusable", "store_newer", "anchor_damaged"}


def outcome(shelf: Shelf, name: ProcedureId) -> str:
    """`same`, or the code of the error; anything else fails the test."""
    try:
        loaded = shelf.store().load(name)
    except StoreError as error:
        return error.code if error.exit is Exit.STORE else "another exit code"
    assert len(loaded.facts) == (10 if name == NAMES[0] else 8)
    assert loaded.facts["holder"]["surname"] == "Exemple"
    return "same"


def begins_again(shelf: Shelf) -> bool:
    """Whether a second procedure of a person who has one could be begun, which would request twice."""
    try:
        shelf.add("cccccccc", SSINS[0])
    except EhcertError:
        return False
    return True


def flipped(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def zeroed(data: bytes, page: int) -> bytes:
    size = int.from_bytes(data[16:18], "big")
    return data[: page * size] + bytes(size) + data[(page + 1) * size :]
